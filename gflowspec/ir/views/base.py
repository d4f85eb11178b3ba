"""What a view is."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from typing import Any

import attrs

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
