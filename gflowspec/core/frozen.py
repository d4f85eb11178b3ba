"""Equality, hash and ``repr`` of frozen data, written once.

attrs generates and compiles these methods for each class. Hundreds of small classes make that the
largest part of the start-up of every command, so a class of the language side derives from
``Frozen`` instead and is declared with ``eq=False, repr=False``.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar

import attrs


class Frozen:
    """Base of frozen attrs classes: two are equal if their class and compared fields are."""

    __slots__ = ()
    #: Gives the fields that take part in equality: all but places and documentation.
    _compared: ClassVar[Callable[[Any], Any]]

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        """Called by attrs when the class is complete."""
        fields: tuple[attrs.Attribute[Any], ...] = cls.__attrs_attrs__  # type: ignore[attr-defined] # set by attrs
        names = [field.name for field in fields if field.eq]
        cls._compared = attrgetter(*names) if names else _nothing

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        cls = self.__class__
        if cls is not other.__class__:
            return NotImplemented
        return bool(cls._compared(self) == cls._compared(other))

    def __hash__(self) -> int:
        cls = self.__class__
        return hash((cls, cls._compared(self)))

    def __repr__(self) -> str:
        fields: tuple[attrs.Attribute[Any], ...] = self.__attrs_attrs__  # type: ignore[attr-defined] # likewise
        shown = [field.name for field in fields if field.repr]
        inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{type(self).__name__}({inside})"


class Term(Frozen):
    """Frozen data in deep trees: the hash is computed once.

    Subclasses have slots, so that attrs pickles their fields and not the hash, which means
    something in one process only.
    """

    __slots__ = ("_hash",)
    _hash: int

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            object.__setattr__(self, "_hash", super().__hash__())
            return self._hash

    __eq__ = Frozen.__eq__


def _nothing(value: object) -> tuple[()]:
    del value
    return ()
