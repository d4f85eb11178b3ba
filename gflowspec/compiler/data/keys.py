"""Keys of a ``map``: their order, how files write them, and where each stands in the table.

A map is kept as an array: a key has components (one for a number, a bool or a member of an enum,
several for a tuple or an array), and each component is an axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import attrs

from gflowspec.compiler.data.limits import MAX_VALUES
from gflowspec.compiler.data.problems import (
    missing_keys,
    repeated_key,
    unfit,
    unknown_key,
)
from gflowspec.compiler.data.raw import Raw
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    TupleType,
    Type,
    describe,
)

#: Missing keys that a message shows.
_SHOWN = 5


@attrs.frozen
class Axis:
    """One component of a key.

    Attributes:
        type: Its type.
        names: How its values are written, in order.
    """

    type: Type
    names: tuple[str, ...]

    @property
    def low(self) -> int:
        """What the first value is as a number."""
        return self.type.lo or 0 if isinstance(self.type, IntType) else 0


def axes_of(key: Type) -> tuple[Axis, ...] | None:
    """The components of a key type; None if it has too many keys, or is not made of them."""
    parts = _scalars(key)
    if parts is None:
        return None
    sizes = [_size(part) for part in parts]
    if None in sizes or prod(size for size in sizes if size is not None) > MAX_VALUES:
        return None
    return tuple(Axis(part, _names(part)) for part in parts)


def _scalars(key: Type) -> list[Type] | None:
    match key:
        case IntType() | BoolType() | EnumType():
            return [key]
        case TupleType(items):
            found = [_scalars(item) for item in items]
            if None in found:
                return None
            return [part for item in found if item is not None for part in item]
        case ArrayType(element=element):
            inner = _scalars(element)
            small = inner is not None and key.size * len(inner) <= 64
            return inner * key.size if small and inner is not None else None
        case _:
            return None


def _size(of: Type) -> int | None:
    match of:
        case IntType(lo, hi):
            return None if lo is None or hi is None else hi - lo + 1
        case EnumType(members=members):
            return len(members)
        case _:
            return 2


def _names(of: Type) -> tuple[str, ...]:
    match of:
        case IntType(lo, hi) if lo is not None and hi is not None:
            return tuple(str(value) for value in range(lo, hi + 1))
        case EnumType(members=members):
            return members
        case _:
            return ("false", "true")


def positions(raw: Raw, key: Type, axes: Sequence[Axis]) -> list[int]:
    """The place in the table of each key of a file, by rows; each key stands there once.

    Raises:
        DataProblem: GFS203 for a key that the type does not have, or that stands there twice;
            GFS212 if keys are missing.
    """
    places = [{name: i for i, name in enumerate(axis.names)} for axis in axes]
    sizes = [len(axis.names) for axis in axes]
    width = prod(raw.shape[1:])
    found: list[int] = []
    taken = bytearray(prod(sizes))
    for row in range(raw.shape[0] if raw.shape else 0):
        cells = raw.cells[row * width : (row + 1) * width]
        parts = _parts(cells, axes)
        at = 0
        for known, size, part in zip(places, sizes, parts, strict=False):
            at = at * size + known.get(part, -1) if at >= 0 and part in known else -1
        if at < 0 or len(parts) != len(axes):
            raise unknown_key(raw.place(row * width), _quoted(cells), describe(key))
        if taken[at]:
            raise repeated_key(raw.place(row * width), _quoted(cells))
        taken[at] = 1
        found.append(at)
    if len(found) < len(taken):
        missing = [at for at in range(len(taken)) if not taken[at]]
        shown = [name_of(at, axes) for at in missing[:_SHOWN]]
        raise missing_keys(len(missing), len(taken), shown)
    return found


def _parts(cells: Sequence[Any], axes: Sequence[Axis]) -> list[str]:
    """The components of a key: a cell each, or all in one text."""
    words = [_word(cell) for cell in cells]
    if len(words) == 1 and len(axes) > 1:
        return split(words[0], axes)
    return words


def _word(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell).strip()


def split(text: str, axes: Sequence[Axis]) -> list[str]:
    """A text such as ``0 1 1``, ``0,1,1``, or ``ACG`` where each name is one letter."""
    if all(len(name) == 1 for axis in axes for name in axis.names) and len(text) == len(axes):
        return list(text)
    return text.replace(",", " ").replace(";", " ").split()


def name_of(at: int, axes: Sequence[Axis]) -> str:
    """How the key at a place is written."""
    parts = []
    for axis in reversed(axes):
        parts.append(axis.names[at % len(axis.names)])
        at //= len(axis.names)
    parts.reverse()
    letters = all(len(name) == 1 for axis in axes for name in axis.names)
    return ("" if letters else " ").join(parts)


def _quoted(cells: Sequence[Any]) -> str:
    return '"' + " ".join(_word(cell)[:40] for cell in cells[:8]) + '"'


def in_order(values: Sequence[Any], places: Sequence[int]) -> Iterator[Any]:
    """Values sorted by the places of their keys."""
    if len(values) != len(places):
        raise unfit(f"there are {len(places):,} keys and {len(values):,} values")
    table: list[Any] = [None] * len(places)
    for place, value in zip(places, values, strict=True):
        table[place] = value
    return iter(table)
