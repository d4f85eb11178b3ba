"""Values as people and JSON see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isfinite, prod
from typing import Any

from gflowspec.core.types import ArrayType, EnumType, ListType, SetType, SlotType, TupleType, Type
from gflowspec.ir.environment import Environment


def plain(value: Any, of: Type) -> Any:
    """A value made of what JSON has.

    Enum members become their names, an empty slot None, arrays nested lists, sets sorted lists,
    exact rationals an int, a float of at most 17 digits or the string ``"n/d"``; a float that is
    not finite becomes None.
    """
    match of:
        case EnumType(_, members):
            return members[value]
        case SlotType(element):
            return None if value is None else plain(value, element)
        case ArrayType(shape, element):
            return _nested([plain(item, element) for item in value], shape)
        case ListType(element, _):
            return [plain(item, element) for item in value]
        case SetType(_, _, element):
            return [plain(item, element) for item in sorted(value)]
        case TupleType(items):
            return [plain(item, kind) for item, kind in zip(value, items, strict=True)]
        case _:
            return plain_scalar(value)


def _nested(items: Sequence[Any], shape: Sequence[int]) -> list[Any]:
    if len(shape) == 1:
        return list(items)
    width = prod(shape[1:])
    return [_nested(items[i * width : (i + 1) * width], shape[1:]) for i in range(shape[0])]


def plain_scalar(value: Any) -> Any:
    """A value of a scalar type as JSON has it; sequences of them become lists."""
    if isinstance(value, Fraction):
        return _rational(value)
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, range | tuple | frozenset):
        return [plain_scalar(item) for item in value]
    return value


def _rational(value: Fraction) -> int | float | str:
    if value.denominator == 1:
        return value.numerator
    decimal = float(value)
    text = repr(decimal)
    if len(text.replace(".", "").lstrip("-0")) <= 17 and Fraction(text) == value:
        return decimal
    return f"{value.numerator}/{value.denominator}"


def plain_state(environment: Environment, state: Sequence[Any]) -> Mapping[str, Any]:
    """State variables by name, as plain values."""
    return {
        variable.name: plain(value, variable.type)
        for variable, value in zip(environment.state, state, strict=True)
    }


def plain_arguments(
    environment: Environment, action: str, arguments: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Arguments of an action by name, as plain values."""
    binders = next(item.binders for item in environment.actions if item.name == action)
    kinds = {binder.name: binder.type for binder in binders}
    return {name: plain(value, kinds[name]) for name, value in arguments.items()}


def text(value: Any, of: Type) -> str:
    """A value as it is shown in messages: ``[0, empty, 2]``."""
    return _text(plain(value, of))


def _text(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(_text(item) for item in value)}]"
    return str(value)


def state_text(environment: Environment, state: Sequence[Any]) -> str:
    """A state as it is shown in messages: ``t = 1, w = [0, empty]``."""
    return ", ".join(
        f"{variable.name} = {text(value, variable.type)}"
        for variable, value in zip(environment.state, state, strict=True)
    )


def call_text(environment: Environment, action: str, arguments: Mapping[str, Any]) -> str:
    """An action as it is shown in messages and taken by ``step``: ``write(p=0, v=3)``."""
    if action == "stop":
        return action
    shown = plain_arguments(environment, action, arguments)
    return f"{action}({', '.join(f'{name}={_text(value)}' for name, value in shown.items())})"
