"""Sets, held as one truth value for each element that the set could have."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from math import comb, prod
from typing import Any

import attrs

from gflowspec.core import values
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    SetType,
    TupleType,
    Type,
    cardinality,
    describe,
)
from gflowspec.core.values import Unreadable
from gflowspec.ir.views.base import View


@attrs.frozen(eq=False, repr=False)
class SetView(View):
    """``set[lo..hi] of T`` as ``array[n] of bool``, one axis for each part of a tuple.

    Integers stand at their value less the lower bound of their type, other scalars at their
    position. Shown as ``{0, 3}``; in JSON a sorted list.
    """

    declared: SetType

    @property
    def axes(self) -> tuple[Type, ...]:
        """The scalar types that the parts of an element have; one for scalar elements."""
        element = self.declared.element
        return element.items if isinstance(element, TupleType) else (element,)

    @property
    def lowered(self) -> ArrayType:
        """See `View.lowered`."""
        shape = tuple(cardinality(axis) or 0 for axis in self.axes)
        return ArrayType(shape, BoolType(), holds=self.declared)

    @property
    def limits(self) -> tuple[int, int]:
        """Least and greatest size; a set without bounds may have every element."""
        size = prod(self.lowered.shape)
        return self.declared.lo, size if self.declared.hi is None else min(self.declared.hi, size)

    @property
    def count(self) -> int:
        """See `View.count`: the number of subsets of each size, added up."""
        size = prod(self.lowered.shape)
        low, high = self.limits
        return sum(comb(size, k) for k in range(low, high + 1))

    def members(self, value: Any) -> frozenset[Any]:
        """The elements of a held value."""
        return frozenset(
            element for element, there in zip(self._elements(), value, strict=True) if there
        )

    def held(self, members: frozenset[Any]) -> tuple[bool, ...]:
        """The value that holds these elements."""
        return tuple(element in members for element in self._elements())

    def every(self, initial: Any) -> Iterator[tuple[bool, ...]]:
        """See `View.every`; small ones first."""
        del initial
        low, high = self.limits
        elements = self._elements()
        for size in range(low, high + 1):
            for members in combinations(elements, size):
                yield self.held(frozenset(members))

    def plain(self, value: Any) -> Any:
        """See `View.plain`."""
        return values.plain(self.members(value), self.declared)

    def text(self, value: Any) -> str:
        """See `View.text`."""
        return values.text(self.members(value), self.declared)

    def read(self, given: Any) -> tuple[bool, ...]:
        """See `View.read`."""
        if not isinstance(given, list):
            message = f"a list of the elements is needed, not {values.plain_text(given)}"
            raise Unreadable(message)
        members = [values.read(item, self.declared.element) for item in given]
        low, high = self.limits
        if len(set(members)) != len(members):
            message = f"{values.plain_text(given)} names an element twice"
            raise Unreadable(message)
        if not low <= len(members) <= high:
            message = f"{values.plain_text(given)} is no {describe(self.declared)}"
            raise Unreadable(message)
        return self.held(frozenset(members))

    def _elements(self) -> list[Any]:
        """Every element the set could have, in the order of the held array."""
        rows = product(*(scalars(axis) for axis in self.axes))
        scalar = not isinstance(self.declared.element, TupleType)
        return [row[0] if scalar else row for row in rows]


def scalars(of: Type) -> tuple[Any, ...]:
    """All values of a finite scalar type, in order."""
    match of:
        case IntType(int() as lo, int() as hi):
            return tuple(range(lo, hi + 1))
        case BoolType():
            return (False, True)
        case EnumType(_, members):
            return tuple(range(len(members)))
    message = f"{describe(of)} is no finite scalar type"
    raise ValueError(message)
