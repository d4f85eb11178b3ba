"""The states that obligations are checked on: all, those of the scope, or a sample."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import attrs

from gflowspec.compiler.algebra.terms import conjuncts
from gflowspec.compiler.derive.pipeline import rules_of
from gflowspec.compiler.report import Strength
from gflowspec.ir.derived import Derived
from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import Expr
from gflowspec.ir.reward import Reward
from gflowspec.semantics.explore import Edge, Exploration, explore_some
from gflowspec.semantics.machine import State, machine
from gflowspec.semantics.masks import is_terminating
from gflowspec.semantics.transition import Step, parents, successors
from gflowspec.semantics.work import work_of_state

#: Nodes that are evaluated to enumerate an instance.
EXPLORE_BUDGET = 40_000_000
#: Mask evaluations that random walks may cost.
WALK_BUDGET = 100_000
#: Work of one step of a walk, and elements of the children it makes, at most.
STEP_BUDGET = 20_000_000
#: Nodes of a mask that count as one evaluation of it, for both directions.
WORK_OF_MASK = 40
#: Random walks at most.
WALKS = 200


@attrs.define(eq=False)
class Ground:
    """Where obligations are checked.

    Attributes:
        derived: The instance, or its scope.
        rewards: Rewards that are defined there.
        exploration: The states and edges.
        strength: What a check without a counter-example establishes.
        detail: How the report names it.
    """

    derived: Derived
    rewards: tuple[Reward, ...]
    exploration: Exploration
    strength: Strength
    detail: str

    @property
    def environment(self) -> Environment:
        """The environment of ``derived``."""
        return self.derived.environment

    @property
    def complete(self) -> bool:
        """Whether all reachable states are there."""
        return self.exploration.complete

    @property
    def note(self) -> str:
        """How a finding was found, as a sentence for a message."""
        count = len(self.exploration.states)
        match self.strength:
            case Strength.ENUMERATED:
                return f"found by enumerating all {count} states of the full instance"
            case Strength.SCOPE:
                return f"found by enumerating all states of the scope ({self.detail})"
            case _:
                return f"found by random walks ({self.detail})"

    @cached_property
    def parents(self) -> tuple[tuple[Step, ...], ...]:
        """The derived parents of every state."""
        return tuple(tuple(parents(self.derived, state)) for state in self.exploration.states)

    @cached_property
    def outgoing(self) -> tuple[int, ...]:
        """The number of edges that leave each state."""
        counts = [0] * len(self.exploration.states)
        for edge in self.exploration.edges:
            counts[edge.parent] += 1
        return tuple(counts)

    @cached_property
    def terminating(self) -> tuple[bool, ...]:
        """The states in which a trajectory can end."""
        return tuple(is_terminating(self.derived, state) for state in self.exploration.states)

    @cached_property
    def invariants(self) -> tuple[Expr, ...]:
        """Conjuncts of the declared invariants."""
        return conjuncts(*rules_of(self.environment).invariants)


def full_ground(derived: Derived, rewards: tuple[Reward, ...], limit: int) -> Ground | None:
    """All states of an instance; None if there are more than ``limit``, or it costs too much."""
    found = explore_some(derived, limit, EXPLORE_BUDGET)
    if not found.complete:
        return None
    detail = f"{len(found.states)} states"
    return Ground(derived, rewards, found, Strength.ENUMERATED, detail)


def scope_ground(derived: Derived, rewards: tuple[Reward, ...], limit: int) -> Ground | None:
    """All states of a scope; None if there are more than ``limit``, or it costs too much."""
    found = full_ground(derived, rewards, limit)
    if found is None:
        return None
    found.strength = Strength.SCOPE
    parameters = parameters_text(derived.environment.parameters)
    found.detail = f"{parameters}, {found.detail}" if parameters else found.detail
    return found


def parameters_text(parameters: Mapping[str, Any]) -> str:
    """``dim=2 side=5``: parameters with short values."""
    shown = [(name, str(value)) for name, value in parameters.items()]
    return " ".join(f"{name}={value}" for name, value in shown if len(value) <= 20)


def sampled_ground(derived: Derived, rewards: tuple[Reward, ...]) -> Ground | None:
    """States on random walks, the same for the same environment; None if a step costs too much."""
    actions = derived.sizes.forward_actions
    work = work_of_state(derived)
    if work + actions * len(derived.codec.fields) > STEP_BUDGET:
        return None
    source = machine(derived).source
    walk = _Walk([source], {source: 0}, [0], [None])
    generator = random.Random(0)
    cost, walks = 0, 0
    per_step = max(1, actions, work // WORK_OF_MASK)
    while walks < WALKS and cost < WALK_BUDGET:
        walks += 1
        state = source
        while cost < WALK_BUDGET:
            cost += per_step
            steps = list(successors(derived, state))
            if not steps:
                break
            step = generator.choice(steps)
            walk.visit(state, steps, step)
            state = step.state
    detail = f"{walks} random walks, {len(walk.states)} states"
    return Ground(derived, rewards, walk.exploration(), Strength.SAMPLED, detail)


@attrs.define
class _Walk:
    """The part of the state graph that random walks have seen."""

    states: list[State]
    index: dict[State, int]
    depth: list[int]
    found_by: list[Edge | None]
    edges: dict[Edge, None] = attrs.field(factory=dict)

    def visit(self, state: State, steps: Sequence[Step], chosen: Step) -> None:
        """Adds the chosen child, and the edges to children that are known."""
        parent = self.index[state]
        if chosen.state not in self.index:
            child = len(self.states)
            self.index[chosen.state] = child
            self.states.append(chosen.state)
            self.depth.append(self.depth[parent] + 1)
            self.found_by.append(Edge(parent, child, chosen.flat))
        for step in steps:
            if step.state in self.index:
                self.edges[Edge(parent, self.index[step.state], step.flat)] = None

    def exploration(self) -> Exploration:
        return Exploration(
            tuple(self.states),
            self.index,
            tuple(self.edges),
            tuple(self.depth),
            tuple(self.found_by),
            complete=False,
        )
