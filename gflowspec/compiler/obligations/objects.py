"""O9: terminal states and objects correspond one to one, or the difference is said."""

from __future__ import annotations

from collections import Counter
from typing import Any

from gflowspec.compiler.algebra.rewrite import canonical
from gflowspec.compiler.obligations.ground import Ground
from gflowspec.compiler.obligations.reward_messages import parallel_edges, shared_object
from gflowspec.compiler.obligations.subject import Finding, Subject
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.values import text
from gflowspec.ir.derived import DerivedAction
from gflowspec.ir.environment import EffectKind
from gflowspec.ir.expr import Bound, Const, StateVar
from gflowspec.semantics.evaluate import compile_expr
from gflowspec.semantics.machine import machine
from gflowspec.semantics.transition import describe_action
from gflowspec.semantics.values import call_text, state_text


def prove_objects(subject: Subject) -> str | None:
    """O9 where the object is the state."""
    made = subject.environment.object
    if made is None:
        return "the object is the state"
    whole = [variable.name for variable in subject.environment.state]
    found = canonical(made)
    if isinstance(found, StateVar) and whole == [found.name]:
        return "the object is the state"
    return None


def check_objects(ground: Ground) -> Finding:
    """Looks for two ends with one object (a warning), and counts parallel edges (a note)."""
    diagnostics: list[Diagnostic] = []
    shared = _shared(ground)
    if shared is not None:
        diagnostics.append(shared)
    parallel = _parallel(ground)
    if parallel is not None:
        diagnostics.append(parallel)
    return Finding(False, tuple(diagnostics))


def objects_of(ground: Ground) -> list[tuple[int, Any]]:
    """Position and object of every state in which a trajectory can end."""
    made = ground.environment.object
    ends = [position for position, end in enumerate(ground.terminating) if end]
    if made is None:
        return [(position, ground.exploration.states[position]) for position in ends]
    code = compile_expr(canonical(made))
    compiled = machine(ground.derived)
    states = ground.exploration.states
    return [(position, code(compiled.frame(states[position]))) for position in ends]


def _shared(ground: Ground) -> Diagnostic | None:
    made = ground.environment.object
    if made is None:
        return None
    first: dict[Any, int] = {}
    for position, value in objects_of(ground):
        other = first.setdefault(value, position)
        if other != position:
            states = ground.exploration.states
            one, two = (state_text(ground.environment, states[p]) for p in (other, position))
            return shared_object(made.span, text(value, made.type), one, two, ground.note)
    return None


def count_parallel(ground: Ground) -> int:
    """Edges beyond the first between the same two states."""
    pairs = {(edge.parent, edge.child) for edge in ground.exploration.edges}
    return len(ground.exploration.edges) - len(pairs)


def _parallel(ground: Ground) -> Diagnostic | None:
    count = count_parallel(ground)
    if count == 0:
        return None
    seen = Counter((edge.parent, edge.child) for edge in ground.exploration.edges)
    pair = next(pair for pair, times in seen.items() if times > 1)
    calls = [
        call_text(ground.environment, *describe_action(ground.derived, edge.flat))
        for edge in ground.exploration.edges
        if (edge.parent, edge.child) == pair
    ]
    states = ground.exploration.states
    start, end = (state_text(ground.environment, states[k]) for k in pair)
    example = f"{' and '.join(f'`{call}`' for call in calls[:2])} lead from {start} to {end}"
    return parallel_edges(ground.environment.span, count, example, ground.note)


def has_no_parallel_edges(subject: Subject) -> bool:
    """Whether different actions or arguments always write something different.

    Shown for actions with one effect each, on different variables, whose arguments are all read
    off the place or the value that is written.
    """
    written: set[str] = set()
    for action in subject.derived.actions:
        if len(action.stores) != 1 or action.stores[0].variable in written:
            return False
        written.add(action.stores[0].variable)
        if not _tells_arguments(action):
            return False
    return True


def _tells_arguments(action: DerivedAction) -> bool:
    places = [item.name for item in action.stores[0].indices if isinstance(item, Bound)]
    stored = [item.binder.name for item in action.payloads]
    effect = action.action.effects[0]
    if effect.kind is EffectKind.INCREMENT:
        if isinstance(effect.value, Bound):
            stored.append(effect.value.name)
        elif not isinstance(effect.value, Const):
            return False
    names = [binder.name for binder in action.action.binders]
    return sorted([*places, *stored]) == sorted(names)
