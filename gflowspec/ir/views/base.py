"""What a view is."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Iterator
from itertools import product
from typing import Any

import attrs

from gflowspec.core import values
from gflowspec.core.frozen import Frozen
from gflowspec.core.types import ArrayType, Type, cardinality


@attrs.frozen(eq=False, repr=False)
class View(Frozen, metaclass=ABCMeta):
    """The declared type of a state variable, seen through the value that holds it.

    Collections are held as arrays (``lowered``). A view turns such an array into what the author
    of the specification declared, and back. All methods are pure.

    Attributes:
        declared: The type as it was declared.
    """

    declared: Type

    @property
    @abstractmethod
    def lowered(self) -> Type:
        """The type of the values that hold it: a scalar, a slot, or an array of those."""

    @property
    @abstractmethod
    def count(self) -> int | None:
        """How many values the declared type has; None where no closed form is known."""

    def size_at(self, place: int) -> int | None:
        """How many values a place of the held value can have; places count row-major."""
        of = self.lowered
        return cardinality(of.element if isinstance(of, ArrayType) else of)

    def holds(self, value: Any) -> bool:
        """Whether a value is held by this type, limits on its size apart."""
        return values.belongs(value, self.lowered)

    def every(self, initial: Any) -> Iterator[Any]:
        """All held values of the declared type, lazily.

        Places that can have one value only keep that of ``initial``.
        """
        of = self.lowered
        if not isinstance(of, ArrayType):
            return values.every(of)
        choices = tuple(values.every(of.element))
        return product(
            *(
                (value,) if self.size_at(place) == 1 else choices
                for place, value in enumerate(initial)
            )
        )

    @abstractmethod
    def plain(self, value: Any) -> Any:
        """A held value made of what JSON has."""

    @abstractmethod
    def text(self, value: Any) -> str:
        """A held value as messages show it."""

    @abstractmethod
    def read(self, given: Any) -> Any:
        """The held value that ``plain`` shows as ``given``.

        Raises:
            Unreadable: If it is no value of the declared type.
        """
