"""Breadth-first enumeration of what is reachable from the source."""

from __future__ import annotations

from typing import NamedTuple

import attrs

from gflowspec.core.errors import TooManyStates
from gflowspec.ir.derived import Derived
from gflowspec.semantics.machine import State, machine
from gflowspec.semantics.machine import source as source_of
from gflowspec.semantics.transition import successors
from gflowspec.semantics.work import work_of_edge, work_of_state


class Edge(NamedTuple):
    """An edge of the state graph; ``parent`` and ``child`` are positions in ``states``."""

    parent: int
    child: int
    flat: int


@attrs.frozen(eq=False)
class Exploration:
    """The states reachable from the source, in the order of their distance.

    Attributes:
        states: ``states[0]`` is the source.
        index: The position of each state.
        edges: All edges whose parent was expanded, grouped by parent; ``stop`` is none of them.
        depth: Length of the shortest path from the source.
        found_by: The edge that first led to each state; None for the source.
        complete: Whether every reachable state is there.
    """

    states: tuple[State, ...]
    index: dict[State, int]
    edges: tuple[Edge, ...]
    depth: tuple[int, ...]
    found_by: tuple[Edge | None, ...]
    complete: bool


def explore(derived: Derived, limit: int) -> Exploration:
    """All reachable states.

    Raises:
        TooManyStates: If there are more than ``limit``.
    """
    found = explore_some(derived, limit)
    if not found.complete:
        raise TooManyStates(len(found.states), limit)
    return found


def explore_some(derived: Derived, limit: int, budget: int | None = None) -> Exploration:
    """The reachable states, or the first of them (``complete`` is then False).

    Args:
        derived: The environment.
        limit: States that are kept at most.
        budget: Work that may be done, in the unit of ``semantics.cost``; None for any.
    """
    if budget is not None and work_of_state(derived) > budget:
        first = source_of(derived.environment)
        return Exploration((first,), {first: 0}, (), (0,), (None,), complete=False)
    per_state, per_edge, work = work_of_state(derived), work_of_edge(derived), 0
    source = machine(derived).source
    states, index, depth = [source], {source: 0}, [0]
    found_by: list[Edge | None] = [None]
    edges: list[Edge] = []
    complete = True
    for parent, state in enumerate(states):
        work += per_state
        if budget is not None and work > budget:
            complete = False
            break
        for step in successors(derived, state):
            child = index.get(step.state)
            if child is None:
                if len(states) >= limit:
                    complete = False
                    continue
                child = len(states)
                index[step.state] = child
                states.append(step.state)
                depth.append(depth[parent] + 1)
                found_by.append(Edge(parent, child, step.flat))
            work += per_edge
            edges.append(Edge(parent, child, step.flat))
        if not complete:
            break
    return Exploration(tuple(states), index, tuple(edges), tuple(depth), tuple(found_by), complete)


def ranks(exploration: Exploration) -> tuple[int, ...] | None:
    """Length of the longest path from the source to each state; None if there is a cycle."""
    waiting = [0] * len(exploration.states)
    for edge in exploration.edges:
        waiting[edge.child] += 1
    outgoing: list[list[int]] = [[] for _ in exploration.states]
    for edge in exploration.edges:
        outgoing[edge.parent].append(edge.child)
    rank = [0] * len(exploration.states)
    ready = [i for i, count in enumerate(waiting) if count == 0]
    done = 0
    while ready:
        parent = ready.pop()
        done += 1
        for child in outgoing[parent]:
            rank[child] = max(rank[child], rank[parent] + 1)
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
    return tuple(rank) if done == len(rank) else None


def find_cycle(exploration: Exploration) -> tuple[Edge, ...]:
    """The edges of one cycle, shortest from its nearest state; empty if there is none."""
    outgoing: list[list[Edge]] = [[] for _ in exploration.states]
    for edge in exploration.edges:
        outgoing[edge.parent].append(edge)
    best: tuple[Edge, ...] = ()
    for start in range(len(exploration.states)):
        cycle = _cycle_through(start, outgoing, len(best) or None)
        if cycle and (not best or len(cycle) < len(best)):
            best = cycle
        if best and exploration.depth[start] > 0 and len(best) <= 2:
            break
    return best


def _cycle_through(start: int, outgoing: list[list[Edge]], below: int | None) -> tuple[Edge, ...]:
    came: dict[int, Edge] = {}
    layer, length = [start], 0
    while layer and (below is None or length + 1 < below):
        following: list[int] = []
        length += 1
        for parent in layer:
            for edge in outgoing[parent]:
                if edge.child == start:
                    return _unwind(edge, start, came)
                if edge.child not in came:
                    came[edge.child] = edge
                    following.append(edge.child)
        layer = following
    return ()


def _unwind(last: Edge, start: int, came: dict[int, Edge]) -> tuple[Edge, ...]:
    path = [last]
    while path[-1].parent != start:
        path.append(came[path[-1].parent])
    return tuple(reversed(path))
