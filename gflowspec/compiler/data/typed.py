"""Cells of a file as values of the language: converted, checked, hashed."""

from __future__ import annotations

import hashlib
import math
from array import array
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import attrs

from gflowspec.compiler.data.problems import DataProblem, unfit, wrong_shape, wrong_value
from gflowspec.compiler.data.raw import Raw
from gflowspec.core.canonical import digest
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    RealType,
    StringType,
    Type,
    describe,
)


@attrs.frozen(eq=False)
class Column:
    """Values of one element type.

    Attributes:
        values: As ``core.types`` says.
        type: The tightest type around them.
    """

    values: tuple[Any, ...]
    type: Type


def typed_array(raw: Raw, declared: ArrayType) -> Column:
    """Cells as the elements of an array; their number and every value must fit.

    A file with one column is an array with one axis.

    Raises:
        DataProblem: GFS203.
    """
    shape = raw.shape
    if raw.kind == "text" and len(declared.shape) == 1 and shape[1:] == (1,):
        shape = shape[:1]
    if shape != declared.shape:
        sizes = " x ".join(f"{length:,}" for length in declared.shape)
        raise wrong_shape(raw.described(), f"`{describe(declared)}` ({sizes})")
    return typed_cells(raw, declared.element)


def typed_cells(raw: Raw, element: Type) -> Column:
    """Cells as values of one type, in order.

    Raises:
        DataProblem: GFS203 at the first cell that is none.
    """
    match element:
        case RealType():
            return _reals(raw, element)
        case IntType():
            values = _each(raw, element, _integer, _integer_text)
            if not values:
                return Column((), element)
            lo, hi = min(values), max(values)
            if (element.lo is not None and lo < element.lo) or (
                element.hi is not None and hi > element.hi
            ):
                raise _outside(raw, values, element, lambda v: _in_range(v, element))
            return Column(values, IntType(lo, hi))
        case BoolType():
            return Column(_each(raw, element, _bool, _bool_text), element)
        case EnumType(members=members):
            names = {name: position for position, name in enumerate(members)}
            return Column(_each(raw, element, names.get, names.get), element)
        case StringType():
            text = lambda cell: cell if isinstance(cell, str) else None  # noqa: E731 - a reader
            return Column(_each(raw, element, text, text), element)
        case _:
            raise unfit(
                f"a table holds numbers, bools, members of an enum or text, "
                f"not `{describe(element)}`"
            )


def _each(
    raw: Raw,
    element: Type,
    of_value: Callable[[Any], Any],
    of_text: Callable[[str], Any],
) -> tuple[Any, ...]:
    """All cells through a reader that gives None for what is no value."""
    read = of_text if raw.kind == "text" else of_value
    values = tuple(map(read, raw.cells))
    if None in values:
        position = values.index(None)
        raise _wrong(raw, position, element)
    return values


def _wrong(raw: Raw, position: int, element: Type) -> DataProblem:
    cell = raw.cells[position]
    shown = f'"{cell[:40]}"' if isinstance(cell, str) else repr(cell)[:40]
    return wrong_value(raw.place(position), shown, describe(element))


def _outside(
    raw: Raw, values: Sequence[Any], element: Type, inside: Callable[[Any], bool]
) -> DataProblem:
    position = next(i for i, value in enumerate(values) if not inside(value))
    return _wrong(raw, position, element)


def _reals(raw: Raw, element: RealType) -> Column:
    values = _each(raw, element, _real, _real_text)
    if not all(map(math.isfinite, values)):
        raise _outside(raw, values, element, math.isfinite)
    if not values:
        return Column((), element)
    lo, hi = Fraction(min(values)), Fraction(max(values))
    if not (_in_range(lo, element) and _in_range(hi, element)):
        raise _outside(raw, values, element, lambda v: _in_range(Fraction(v), element))
    return Column(values, RealType(lo, hi, False, exact=False))


def _in_range(value: Any, of: IntType | RealType) -> bool:
    if of.lo is not None and (value < of.lo or (getattr(of, "lo_open", False) and value == of.lo)):
        return False
    return of.hi is None or value <= of.hi


def _integer(cell: Any) -> int | None:
    return cell if type(cell) is int else None


def _integer_text(cell: str) -> int | None:
    try:
        return int(cell)
    except ValueError:
        return None


def _real(cell: Any) -> float | None:
    if type(cell) not in (int, float):
        return None
    try:
        return float(cell)
    except OverflowError:
        return None


def _real_text(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


_BOOLS = {"true": True, "false": False, "1": True, "0": False}


def _bool(cell: Any) -> bool | None:
    return cell if isinstance(cell, bool) else None


def _bool_text(cell: str) -> bool | None:
    return _BOOLS.get(cell.strip().lower())


def digest_of(values: Sequence[Any], of: Type) -> str:
    """A hash of values of a type: the same for every file format that holds them."""
    element = of.element if isinstance(of, ArrayType) else of
    if not isinstance(element, RealType):
        return digest([describe(of), list(values)])
    packed = array("d", values)
    if array("H", [1]).tobytes() == b"\0\1":
        packed.byteswap()
    return digest([describe(of), hashlib.sha256(packed.tobytes()).hexdigest()])
