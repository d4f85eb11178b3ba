"""Values by their type: as people and JSON see them, which ones there are, and all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import isfinite, prod
from typing import Any

from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    ListType,
    SetType,
    SlotType,
    TupleType,
    Type,
    describe,
)


class Unreadable(ValueError):
    """A plain value that is none of a type; the text says what is wrong with it."""


def plain(value: Any, of: Type) -> Any:
    """A value made of what JSON has.

    Enum members become their names, an empty slot None, arrays nested lists, sets sorted lists,
    tuples lists, exact rationals an int, a float of at most 17 digits or the string ``"n/d"``; a
    float that is not finite becomes None.
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


def text(value: Any, of: Type) -> str:
    """A value as it is shown in messages: ``[0, empty, 2]``, ``{0, 3}``, ``(1, red)``."""
    match of:
        case SlotType(element):
            return "empty" if value is None else text(value, element)
        case SetType(_, _, element):
            return f"{{{', '.join(text(item, element) for item in sorted(value))}}}"
        case TupleType(items):
            shown = (text(item, kind) for item, kind in zip(value, items, strict=True))
            return f"({', '.join(shown)})"
        case ListType(element, _):
            return f"[{', '.join(text(item, element) for item in value)}]"
        case _:
            return plain_text(plain(value, of))


def plain_text(value: Any) -> str:
    """A plain value as it is shown in messages."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(plain_text(item) for item in value)}]"
    return str(value)


def read(given: Any, of: Type) -> Any:
    """The value that ``plain`` shows as ``given``.

    Raises:
        Unreadable: If it is no value of the type.
    """
    match of:
        case SlotType(element):
            return None if given is None else read(given, element)
        case ArrayType(shape, element):
            return tuple(_flat(given, shape, element))
        case TupleType(items) if isinstance(given, list) and len(given) == len(items):
            return tuple(read(item, kind) for item, kind in zip(given, items, strict=True))
        case BoolType() if isinstance(given, bool):
            return given
        case EnumType(_, members) if given in members:
            return members.index(given)
        case IntType(lo, hi) if isinstance(given, int) and not isinstance(given, bool):
            if (lo is None or given >= lo) and (hi is None or given <= hi):
                return given
    message = f"{plain_text(given)} is no {describe(of)}"
    raise Unreadable(message)


def _flat(given: Any, shape: tuple[int, ...], element: Type) -> Iterable[Any]:
    if not isinstance(given, list) or len(given) != shape[0]:
        message = f"a list of {shape[0]} is needed, not {plain_text(given)}"
        raise Unreadable(message)
    for item in given:
        if len(shape) == 1:
            yield read(item, element)
        else:
            yield from _flat(item, shape[1:], element)


def belongs(value: object, of: Type) -> bool:
    """Whether a value belongs to a type that a state may hold."""
    match of:
        case ArrayType():
            return isinstance(value, tuple) and all(belongs(item, of.element) for item in value)
        case SlotType(element):
            return value is None or belongs(value, element)
        case IntType(lo, hi):
            if not isinstance(value, int):
                return False
            return (lo is None or value >= lo) and (hi is None or value <= hi)
        case EnumType(_, members):
            return isinstance(value, int) and 0 <= value < len(members)
        case BoolType():
            return isinstance(value, bool)
        case _:
            return False


def every(of: Type) -> Iterator[Any]:
    """All values of a type that a state may hold, lazily."""
    match of:
        case IntType(int() as lo, int() as hi):
            yield from range(lo, hi + 1)
        case BoolType():
            yield from (False, True)
        case EnumType(_, members):
            yield from range(len(members))
        case SlotType(element):
            yield None
            yield from every(element)
        case ArrayType():
            yield from _tuples(of.element, of.size)
        case _:
            return


def _tuples(element: Type, length: int) -> Iterator[tuple[Any, ...]]:
    """Tuples in which the last place varies fastest; nothing is stored."""
    if length == 0:
        yield ()
        return
    for first in every(element):
        for rest in _tuples(element, length - 1):
            yield (first, *rest)
