"""Shortest paths, as counter-examples show them."""

from __future__ import annotations

from collections.abc import Sequence

from gflowspec.core.diagnostics import TraceStep
from gflowspec.ir.derived import Derived
from gflowspec.semantics.explore import Edge, Exploration
from gflowspec.semantics.machine import State
from gflowspec.semantics.transition import describe_action
from gflowspec.semantics.values import plain_arguments, plain_state, state_texts


def path_to(exploration: Exploration, state: int) -> tuple[Edge, ...]:
    """The edges of a shortest path from the source to the state with that position."""
    path: list[Edge] = []
    edge = exploration.found_by[state]
    while edge is not None:
        path.append(edge)
        edge = exploration.found_by[edge.parent]
    return tuple(reversed(path))


def trace_to(derived: Derived, exploration: Exploration, state: int) -> tuple[TraceStep, ...]:
    """A shortest path from the source to a state; the last step has no action."""
    return trace_of(derived, exploration, path_to(exploration, state), state)


def trace_of(
    derived: Derived, exploration: Exploration, path: Sequence[Edge], last: int
) -> tuple[TraceStep, ...]:
    """Consecutive edges as a trace that ends in the state ``last``."""
    steps = [trace_step(derived, exploration.states[edge.parent], edge.flat) for edge in path]
    return (*steps, trace_step(derived, exploration.states[last]))


def trace_step(derived: Derived, state: State, flat: int | None = None) -> TraceStep:
    """One state of a trace and the forward action taken there, if any."""
    environment = derived.environment
    shown, texts = plain_state(environment, state), state_texts(environment, state)
    if flat is None:
        return TraceStep(shown, texts=texts)
    name, arguments = describe_action(derived, flat)
    if name == "stop":
        return TraceStep(shown, name, texts=texts)
    return TraceStep(shown, name, plain_arguments(environment, name, arguments), texts)
