"""States and actions as a person types them: JSON states, ``step(i=0)``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from gflowspec.cli.usage import usage
from gflowspec.core.errors import UsageError
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    SlotType,
    Type,
    describe,
)
from gflowspec.ir.environment import Environment
from gflowspec.lang.nearest import nearest
from gflowspec.semantics.transition import Step
from gflowspec.semantics.values import call_text


def read_state(environment: Environment, text: str) -> tuple[Any, ...]:
    """A state from JSON, ``{"x": [0, 3]}``; variables that are left out keep their initial value.

    Raises:
        UsageError: It is not JSON, names an unknown variable, or has a value of another type.
    """
    try:
        given = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(usage("GFS600", f"--state is not JSON: {error}")) from None
    if not isinstance(given, Mapping):
        raise UsageError(usage("GFS600", '--state must be an object, such as {"x": [0, 3]}'))
    names = [variable.name for variable in environment.state]
    for name in given:
        if name not in names:
            near = nearest(name, names)
            helps = [f"did you mean `{near}`?"] if near else [f"there are: {', '.join(names)}"]
            raise UsageError(usage("GFS600", f"--state: no variable `{name}`", helps=helps))
    return tuple(
        _value(given[variable.name], variable.type, variable.name)
        if variable.name in given
        else variable.initial
        for variable in environment.state
    )


def _value(given: Any, of: Type, place: str) -> Any:
    match of:
        case SlotType(element):
            return None if given is None else _value(given, element, place)
        case ArrayType(shape, element):
            return tuple(_flat(given, shape, element, place))
        case BoolType() if isinstance(given, bool):
            return given
        case EnumType(_, members) if given in members:
            return members.index(given)
        case IntType(lo, hi) if isinstance(given, int) and not isinstance(given, bool):
            if (lo is None or given >= lo) and (hi is None or given <= hi):
                return given
    said = f"--state: {json.dumps(given)} is no {describe(of)}, the type of `{place}`"
    raise UsageError(usage("GFS600", said))


def _flat(given: Any, shape: tuple[int, ...], element: Type, place: str) -> Iterable[Any]:
    if not isinstance(given, list) or len(given) != shape[0]:
        said = f"--state: `{place}` needs a list of {shape[0]}"
        raise UsageError(usage("GFS600", said))
    for item in given:
        if len(shape) == 1:
            yield _value(item, element, place)
        else:
            yield from _flat(item, shape[1:], element, place)


def find_step(environment: Environment, text: str, steps: Iterable[Step]) -> Step:
    """The step that ``text`` names, whatever its spaces.

    Raises:
        UsageError: It is not among ``steps``; the enabled ones are listed.
    """
    known = {_squeezed(call_text(environment, step.action, step.arguments)): step for step in steps}
    wanted = _squeezed(text)
    if not wanted.endswith(")"):
        wanted += "()"
    if wanted in known:
        return known[wanted]
    near = nearest(wanted, known)
    shown = ", ".join(list(known)[:12]) or "none"
    more = f" and {len(known) - 12} more" if len(known) > 12 else ""
    raise UsageError(
        usage(
            "GFS600",
            f"`{text}` is not possible here",
            notes=[f"possible: {shown}{more}"],
            helps=[f"did you mean `{near}`?"] if near else [],
        )
    )


def _squeezed(text: str) -> str:
    return "".join(text.split())
