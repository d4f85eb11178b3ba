"""Values of the language on their way to a worker and back, as JSON.

A worker is told the form of each argument once (``form``), so that it can give the function what
Python has for it: numbers, bools, text, the name of a member of an enum, None for an empty slot,
nested lists for arrays and sequences, sets, tuples, and the list of edges for a graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from gflowspec.core.types import (
    ArrayType,
    BoolType,
    DigraphType,
    EnumType,
    IntType,
    ListType,
    MapType,
    RealType,
    SeqType,
    SetType,
    SlotType,
    StringType,
    TupleType,
    Type,
    describe,
)


def form(of: Type) -> Any:  # noqa: C901, PLR0911 - one case a type
    """How a worker reads a value of a type; None if a function cannot be given one."""
    match of:
        case IntType() | BoolType() | StringType():
            return "plain"
        case RealType():
            return "real"
        case EnumType(members=members):
            return ["enum", list(members)]
        case SlotType(element):
            return _around("slot", element)
        case ArrayType(shape, element):
            inner = form(element)
            return None if inner is None else ["array", list(shape), inner]
        case ListType(element, _) | SeqType(_, _, element):
            return _around("list", element)
        case MapType(_, value):
            return _around("list", value)
        case SetType(_, _, element):
            return _around("set", element)
        case DigraphType(nodes, None):
            return ["graph", nodes, None]
        case DigraphType(nodes, label) if label is not None:
            inner = form(label)
            return None if inner is None else ["graph", nodes, inner]
        case TupleType(items):
            inner = [form(item) for item in items]
            return None if None in inner else ["tuple", inner]
        case _:
            return None


def _around(word: str, element: Type) -> Any:
    inner = form(element)
    return None if inner is None else [word, inner]


def to_wire(value: Any) -> Any:
    """A value as JSON has it; the form says what it means."""
    if isinstance(value, tuple | list | range):
        return [to_wire(item) for item in value]
    if isinstance(value, frozenset):
        return [to_wire(item) for item in sorted(value)]
    return float(value) if isinstance(value, Fraction) else value


class NoResult(Exception):
    """A value that is no result of the declared type; the text says why."""


def from_wire(value: Any, of: Type) -> Any:
    """A result of a function as a value of its declared type.

    Raises:
        NoResult: It is none.
    """
    reader = _READERS.get(type(of))
    if reader is None:
        message = f"a function cannot give `{describe(of)}`"
        raise NoResult(message)
    return reader(value, of)


def can_return(of: Type) -> bool:
    """Whether a function can be declared to give such values."""
    if isinstance(of, ArrayType):
        return can_return(of.element)
    return isinstance(of, IntType | RealType | BoolType | EnumType)


def _wrong(value: Any, of: Type) -> NoResult:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return NoResult(f"it gave {shown}, which is not in `{describe(of)}`")


def _integer(value: Any, of: IntType) -> int:
    if type(value) is not int or not _within(value, of):
        raise _wrong(value, of)
    return value


def _real(value: Any, of: RealType) -> float:
    if type(value) not in (int, float):
        raise _wrong(value, of)
    try:
        number = float(value)
    except OverflowError:
        raise _wrong(value, of) from None
    if not math.isfinite(number) or not _within(Fraction(number), of):
        raise _wrong(value, of)
    if of.lo_open and number == of.lo:
        raise _wrong(value, of)
    return number


def _within(value: int | Fraction, of: IntType | RealType) -> bool:
    return (of.lo is None or value >= of.lo) and (of.hi is None or value <= of.hi)


def _bool(value: Any, of: BoolType) -> bool:
    if not isinstance(value, bool):
        raise _wrong(value, of)
    return value


def _enum(value: Any, of: EnumType) -> int:
    if value not in of.members:
        raise _wrong(value, of)
    return of.members.index(value)


def _array(value: Any, of: ArrayType) -> tuple[Any, ...]:
    level: list[Any] = [value]
    for length in of.shape:
        if any(not isinstance(item, list) or len(item) != length for item in level):
            raise _wrong(value, of)
        level = [cell for item in level for cell in item]
    return tuple(from_wire(cell, of.element) for cell in level)


_READERS: dict[type[Type], Callable[[Any, Any], Any]] = {
    IntType: _integer,
    RealType: _real,
    BoolType: _bool,
    EnumType: _enum,
    ArrayType: _array,
}


class OutOfRange(Exception):
    """An argument that its declared type does not hold; the text says which."""


def check_argument(value: Any, of: Type) -> None:
    """Compare what only the value tells: elaboration compares integers, sets and shapes.

    Raises:
        OutOfRange: The value is outside the declared type.
    """
    match of:
        case RealType():
            inside = math.isfinite(value) and _within(Fraction(value), of)
            if not inside or (of.lo_open and value == of.lo):
                raise _outside(value, of)
        case ArrayType(element=RealType() as element):
            for cell in value:
                check_argument(cell, element)
        case _:
            return


def _outside(value: Any, of: Type) -> OutOfRange:
    return OutOfRange(f"it was given {to_wire(value)!r}, which is not in `{describe(of)}`")


def edges_of(matrix: Any, nodes: int) -> list[tuple[Any, ...]]:
    """The edges of a graph from its row-major matrix of truth values or labels."""
    found: list[tuple[Any, ...]] = []
    for place, cell in enumerate(matrix):
        ends = divmod(place, nodes)
        if cell is True:
            found.append(ends)
        elif cell is not None and cell is not False:
            found.append((*ends, cell))
    return found


def shown_arguments(arguments: Iterable[Any], types: Iterable[Type]) -> str:
    """Arguments as a message shows them."""
    parts = []
    for value, of in zip(arguments, types, strict=True):
        if isinstance(of, EnumType):
            text = of.members[value]
        elif isinstance(of, DigraphType):
            text = str(edges_of(value, of.nodes))
        elif isinstance(value, frozenset):
            text = "{" + ", ".join(map(str, sorted(value))) + "}"
        elif isinstance(value, tuple):
            text = "[" + ", ".join(str(to_wire(item)) for item in value[:12])
            text += ", ...]" if len(value) > 12 else "]"
        else:
            text = "empty" if value is None else repr(to_wire(value))
        parts.append(text if len(text) <= 200 else f"{text[:197]}...")
    return ", ".join(parts)
