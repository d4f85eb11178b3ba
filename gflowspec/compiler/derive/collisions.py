"""Two states that an irreversible action makes equal, for the message that refuses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any

from gflowspec.core.types import ArrayType
from gflowspec.core.values import every
from gflowspec.ir.environment import Action, Effect, Environment
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import compile_expr, frame_of, offset_code
from gflowspec.semantics.values import call_text, state_text

State = tuple[Any, ...]

#: So many states, and so many bindings of each, are looked at.
ATTEMPTS = 2_000


def collision_notes(environment: Environment, action: Action, effect: Effect) -> tuple[str, ...]:
    """Two states from which the action leads to one, as a note; empty if none was found soon."""
    for before, other, arguments, after in _collisions(environment, action, effect):
        call = call_text(environment, action.name, arguments)
        return (
            f"`{call}` leads from both {state_text(environment, before)} and "
            f"{state_text(environment, other)} to {state_text(environment, after)}",
        )
    return ()


def _collisions(
    environment: Environment, action: Action, effect: Effect
) -> Iterator[tuple[State, State, Mapping[str, Any], State]]:
    names = tuple(variable.name for variable in environment.state)
    guard = None if action.guard is None else compile_expr(action.guard)
    value = compile_expr(effect.value)
    position = environment.position(effect.variable)
    variable = environment.state[position]
    place = offset_code(variable.type, effect.indices, None) if effect.indices else None
    element = variable.type.element if isinstance(variable.type, ArrayType) else variable.type
    for state in islice(_states(environment), ATTEMPTS):
        for arguments in islice(_bindings(action), ATTEMPTS):
            try:
                frame = frame_of(names, state, arguments)
                if guard is not None and not guard(frame):
                    continue
                where = None if place is None else place(frame)
                after = _stored(state, position, where, value(frame))
                for content in every(element):
                    other = _stored(state, position, where, content)
                    changed = frame_of(names, other, arguments)
                    if other == state or (guard is not None and not guard(changed)):
                        continue
                    if _stored(other, position, where, value(changed)) == after:
                        yield state, other, arguments, after
            except EvaluationError:
                continue


def _stored(state: State, position: int, place: int | None, value: Any) -> State:
    content = value
    if place is not None:
        array = state[position]
        content = (*array[:place], value, *array[place + 1 :])
    return (*state[:position], content, *state[position + 1 :])


def _bindings(action: Action) -> Iterator[Mapping[str, Any]]:
    names = [binder.name for binder in action.binders]
    for values in product(*(binder.carrier for binder in action.binders)):
        yield dict(zip(names, values, strict=True))


def _states(environment: Environment) -> Iterator[State]:
    """The initial state, then those that differ from it in one variable, then some others."""
    source = tuple(variable.initial for variable in environment.state)
    yield source
    for position, variable in enumerate(environment.state):
        for value in islice(variable.view.every(variable.initial), ATTEMPTS):
            yield (*source[:position], value, *source[position + 1 :])
    yield from product(
        *(tuple(islice(item.view.every(item.initial), 16)) for item in environment.state)
    )
