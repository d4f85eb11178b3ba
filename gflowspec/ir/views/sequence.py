"""Sequences, held as slots that are filled from the front."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import attrs

from gflowspec.core import values
from gflowspec.core.types import ArrayType, ListType, SeqType, SlotType, cardinality, describe
from gflowspec.core.values import Unreadable
from gflowspec.ir.views.base import View


@attrs.frozen(eq=False, repr=False)
class SeqView(View):
    """``seq[lo..hi] of T`` as ``array[hi] of T?`` without an empty slot before a filled one.

    Shown as ``[0, 2]``; in JSON a list.
    """

    declared: SeqType

    @property
    def lowered(self) -> ArrayType:
        """See `View.lowered`."""
        return ArrayType((self.declared.hi,), SlotType(self.declared.element), prefix=True)

    @property
    def count(self) -> int:
        """See `View.count`: |T|^l added up over the lengths l, as a geometric series."""
        letters, low, high = self.letters, self.declared.lo, self.declared.hi
        if letters == 1:
            return high - low + 1
        total: int = (letters ** (high + 1) - letters**low) // (letters - 1)
        return total

    @property
    def letters(self) -> int:
        """How many values an element has."""
        return cardinality(self.declared.element) or 0

    def members(self, value: Sequence[Any]) -> tuple[Any, ...]:
        """The elements of a held value."""
        return tuple(item for item in value if item is not None)

    def held(self, members: Sequence[Any]) -> tuple[Any, ...]:
        """The value that holds these elements."""
        return (*members, *(None,) * (self.declared.hi - len(members)))

    def holds(self, value: Any) -> bool:
        """See `View.holds`."""
        return super().holds(value) and value == self.held(self.members(value))

    def every(self, initial: Any) -> Iterator[tuple[Any, ...]]:
        """See `View.every`; short ones first."""
        del initial
        elements = tuple(values.every(self.declared.element))
        for length in range(self.declared.lo, self.declared.hi + 1):
            for members in product(elements, repeat=length):
                yield self.held(members)

    def plain(self, value: Any) -> Any:
        """See `View.plain`."""
        return values.plain(self.members(value), self._as_list)

    def text(self, value: Any) -> str:
        """See `View.text`."""
        return values.text(self.members(value), self._as_list)

    def read(self, given: Any) -> tuple[Any, ...]:
        """See `View.read`."""
        if not isinstance(given, list):
            message = f"a list of the elements is needed, not {values.plain_text(given)}"
            raise Unreadable(message)
        members = [values.read(item, self.declared.element) for item in given]
        if not self.declared.lo <= len(members) <= self.declared.hi:
            message = f"{values.plain_text(given)} is no {describe(self.declared)}"
            raise Unreadable(message)
        return self.held(members)

    @property
    def _as_list(self) -> ListType:
        return ListType(self.declared.element, self.declared.hi)
