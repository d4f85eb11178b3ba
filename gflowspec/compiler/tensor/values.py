"""What an expression has become: a register and the meaning of its numbers."""

from __future__ import annotations

from enum import Enum

import attrs

from gflowspec.compiler.tensor.builder import Register


class Kind(Enum):
    """How a value is held.

    EXACT values are int64 numbers n that stand for the rational (n + shift) / scale.
    """

    BOOL = "bool"
    EXACT = "exact"
    FLOAT = "float"


@attrs.frozen(kw_only=True, eq=False)
class Value:
    """An expression over a batch of states.

    The dimensions of ``register`` are: the batch; one for each enclosing bound variable
    (``depth`` of them, outermost first, of size 1 where the value does not depend on it); then
    those of the value itself if it is an array or list.

    Attributes:
        register: Where the numbers are.
        kind: How they are held.
        depth: Number of bound-variable dimensions.
        shift: Added to the numbers of an EXACT value before anything is done with it. It is kept
            aside because most of what is done with codes (comparisons, look-ups) can take it on
            the constant side, at no cost at run time.
        scale: Denominator of an EXACT value, positive.
        low: Smallest (n + shift) that can occur, garbage of empty slots included.
        high: Largest (n + shift).
        empty: The (n + shift) that means ``empty``; None for a value that is no slot.
    """

    register: Register
    kind: Kind
    depth: int
    shift: int = 0
    scale: int = 1
    low: int = 0
    high: int = 1
    empty: int | None = None

    @property
    def array(self) -> tuple[int, ...]:
        """The shape of the value itself; empty for a scalar."""
        return self.register.shape[self.depth :]

    @property
    def constant(self) -> bool:
        """Whether it is the same for all states."""
        return self.register.constant is not None

    @property
    def only_empty(self) -> bool:
        """Whether it is the constant ``empty``."""
        return self.empty is not None and self.low == self.high == self.empty

    def empty_meets(self, other: Value) -> bool:
        """Whether ``other`` can hold the number that means ``empty`` here."""
        return self.empty is not None and other.low <= self.empty <= other.high
