"""One interval: a range of numbers that may be without end, and arithmetic on it."""

from __future__ import annotations

import math
from fractions import Fraction

import attrs

Bound_ = int | Fraction | float
INFINITY = math.inf


@attrs.frozen
class Interval:
    """``lo`` to ``hi``, both included; infinite where there is no bound."""

    lo: Bound_ = -INFINITY
    hi: Bound_ = INFINITY

    def __add__(self, other: Interval) -> Interval:
        return Interval(_plus(self.lo, other.lo), _plus(self.hi, other.hi))

    def __neg__(self) -> Interval:
        return Interval(-self.hi, -self.lo)

    def __sub__(self, other: Interval) -> Interval:
        return self + -other

    def __mul__(self, other: Interval) -> Interval:
        products = [_times(a, b) for a in (self.lo, self.hi) for b in (other.lo, other.hi)]
        return Interval(min(products), max(products))

    def union(self, other: Interval) -> Interval:
        """The smallest interval that covers both."""
        return Interval(min(self.lo, other.lo), max(self.hi, other.hi))

    def meet(self, other: Interval) -> Interval:
        """What both allow; possibly empty (``lo > hi``)."""
        return Interval(max(self.lo, other.lo), min(self.hi, other.hi))

    def contains(self, value: Bound_) -> bool:
        """Whether a value is inside."""
        return self.lo <= value <= self.hi

    @property
    def finite(self) -> bool:
        """Whether both ends are numbers."""
        return not (is_infinite(self.lo) or is_infinite(self.hi))


EVERYTHING = Interval()
UNIT = Interval(0, 1)


def is_infinite(end: Bound_) -> bool:
    """Whether an end is no number."""
    return isinstance(end, float) and math.isinf(end)


def raised(end: Bound_, count: int) -> Bound_:
    """A finite end to a power; exact where a float64 is too small for the result."""
    try:
        return end**count
    except OverflowError:
        return Fraction(end) ** count


def _plus(a: Bound_, b: Bound_) -> Bound_:
    if is_infinite(a) or is_infinite(b):
        return float(a if is_infinite(a) else b)
    try:
        return a + b
    except OverflowError:  # an exact number that no float64 can hold, and a float
        return Fraction(a) + Fraction(b)


def _times(a: Bound_, b: Bound_) -> Bound_:
    """The product of ends of intervals: 0 times infinity is 0."""
    if a == 0 or b == 0:
        return 0
    if is_infinite(a) or is_infinite(b):
        return INFINITY if (a > 0) == (b > 0) else -INFINITY
    try:
        return a * b
    except OverflowError:
        return Fraction(a) * Fraction(b)
