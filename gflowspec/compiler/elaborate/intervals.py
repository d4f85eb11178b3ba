"""Interval arithmetic over exact numbers; it types every arithmetic expression."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from fractions import Fraction

import attrs

from gflowspec.core.frozen import Frozen
from gflowspec.core.types import IntType, RealType, Type

Number = int | Fraction
#: Endpoints with more bits than this become "no bound".
MAX_BITS = 8192


@attrs.frozen(eq=False, repr=False)
class Interval(Frozen):
    """All numbers from ``lo`` to ``hi``; None is no bound; ``lo_open`` excludes ``lo``."""

    lo: Number | None = None
    hi: Number | None = None
    lo_open: bool = False

    def contains(self, value: Number) -> bool:
        """Whether a number lies inside."""
        above = self.lo is None or (value > self.lo if self.lo_open else value >= self.lo)
        return above and (self.hi is None or value <= self.hi)

    def within(self, other: Interval) -> bool:
        """Whether all of it lies inside ``other``."""
        above = other.lo is None or (
            self.lo is not None
            and (self.lo > other.lo or (self.lo == other.lo and self.lo_open >= other.lo_open))
        )
        return above and (other.hi is None or (self.hi is not None and self.hi <= other.hi))

    def apart(self, other: Interval) -> bool:
        """Whether the two have no number in common."""
        meeting = self.meet(other)
        return meeting.empty

    @property
    def empty(self) -> bool:
        """Whether there is no number in it."""
        if self.lo is None or self.hi is None:
            return False
        return self.lo > self.hi or (self.lo == self.hi and self.lo_open)

    def meet(self, other: Interval) -> Interval:
        """The intersection."""
        if self.lo is None or (other.lo is not None and other.lo > self.lo):
            lo, lo_open = other.lo, other.lo_open
        elif other.lo == self.lo:
            lo, lo_open = self.lo, self.lo_open or other.lo_open
        else:
            lo, lo_open = self.lo, self.lo_open
        hi = _choose(min, self.hi, other.hi)
        return Interval(lo, hi, lo_open)

    def join(self, other: Interval) -> Interval:
        """The smallest interval around both."""
        if self.lo is None or other.lo is None:
            lo, lo_open = None, False
        else:
            lo = min(self.lo, other.lo)
            lo_open = all(i.lo_open for i in (self, other) if i.lo == lo)
        hi = None if self.hi is None or other.hi is None else max(self.hi, other.hi)
        return Interval(lo, hi, lo_open)


def _choose(
    choose: Callable[[Number, Number], Number], a: Number | None, b: Number | None
) -> Number | None:
    if a is None or b is None:
        return b if a is None else a
    return choose(a, b)


def of_type(of: Type) -> Interval:
    """The values of a number type."""
    if isinstance(of, IntType):
        return Interval(of.lo, of.hi)
    if isinstance(of, RealType):
        return Interval(of.lo, of.hi, of.lo_open)
    return Interval()


def as_type(interval: Interval, *, integer: bool, exact: bool = True) -> IntType | RealType:
    """The number type of an interval."""
    lo, hi = (_modest(interval.lo), _modest(interval.hi))
    if integer:
        return IntType(
            None if lo is None else math.ceil(lo), None if hi is None else math.floor(hi)
        )
    return RealType(
        None if lo is None else Fraction(lo),
        None if hi is None else Fraction(hi),
        interval.lo_open and lo is not None,
        exact,
    )


def _modest(value: Number | None) -> Number | None:
    if value is None:
        return None
    return value if bits(value) <= MAX_BITS else None


def bits(value: Number) -> int:
    """Size of a rational: bits of the larger of numerator and denominator."""
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def add(a: Interval, b: Interval) -> Interval:
    """All sums."""
    lo = None if a.lo is None or b.lo is None else a.lo + b.lo
    hi = None if a.hi is None or b.hi is None else a.hi + b.hi
    return Interval(lo, hi, lo is not None and (a.lo_open or b.lo_open))


def negate(a: Interval) -> Interval:
    """All negatives; a bound that was excluded is included, which is safe."""
    return Interval(
        None if a.hi is None else -a.hi,
        None if a.lo is None else -a.lo,
    )


def subtract(a: Interval, b: Interval) -> Interval:
    """All differences."""
    return add(a, negate(b))


_Extended = Number | float


def _low(a: Interval) -> _Extended:
    return -math.inf if a.lo is None else a.lo


def _high(a: Interval) -> _Extended:
    return math.inf if a.hi is None else a.hi


def _times(x: _Extended, y: _Extended) -> _Extended:
    """A product in which 0 times infinity is 0 and nothing exact becomes a float."""
    if x == 0 or y == 0:
        return 0
    if isinstance(x, float) or isinstance(y, float):
        return math.inf if (x > 0) == (y > 0) else -math.inf
    return x * y


def _finite(value: _Extended) -> Number | None:
    return None if isinstance(value, float) else value


def multiply(a: Interval, b: Interval) -> Interval:
    """All products."""
    corners = [_times(x, y) for x in (_low(a), _high(a)) for y in (_low(b), _high(b))]
    positive = _positive(a) and _positive(b)
    return Interval(_finite(min(corners)), _finite(max(corners)), positive and min(corners) == 0)


def _positive(a: Interval) -> bool:
    return a.lo is not None and (a.lo > 0 or (a.lo == 0 and a.lo_open))


def has_zero(a: Interval) -> bool:
    """Whether 0 may be among the values."""
    return a.contains(0)


def divide(a: Interval, b: Interval) -> Interval:
    """All quotients by what is not zero in ``b``."""
    if has_zero(b) or (b.lo == 0 or b.hi == 0):
        positive = _positive(a) and _positive(b)
        nonnegative = a.lo is not None and a.lo >= 0 and b.lo is not None and b.lo >= 0
        return Interval(0, None, positive) if nonnegative else Interval()
    lo = Fraction(0) if b.lo is None else Fraction(1) / b.lo
    hi = Fraction(0) if b.hi is None else Fraction(1) / b.hi
    return multiply(a, Interval(min(lo, hi), max(lo, hi), min(lo, hi) == 0 and _positive(b)))


def floor_divide(a: Interval, b: Interval) -> Interval:
    """All floors of quotients."""
    quotient = divide(a, b)
    return Interval(
        None if quotient.lo is None else math.floor(quotient.lo),
        None if quotient.hi is None else math.floor(quotient.hi),
    )


def remainder(a: Interval, b: Interval) -> Interval:
    """All remainders of floor division of integers; they have the sign of the divisor."""
    if b.lo is not None and b.lo > 0:
        if a.lo is not None and a.lo >= 0 and a.hi is not None and a.hi < b.lo:
            return Interval(a.lo, a.hi)
        hi = None if b.hi is None else b.hi - 1
        if a.lo is not None and a.lo >= 0:
            hi = _choose(min, hi, a.hi)
        return Interval(0, hi)
    if b.hi is not None and b.hi < 0:
        return Interval(None if b.lo is None else b.lo + 1, 0)
    reach = _high(join_all((b, negate(b))))
    top = None if isinstance(reach, float) else reach - 1
    return Interval(None if top is None else -top, top)


def power(a: Interval, b: Interval) -> Interval:
    """All powers with integer exponents; those with negative ones are bounded by 0 at most."""
    if b.lo is None or b.lo < 0 or b.hi is None:
        return Interval(0, None, _positive(a)) if a.lo is not None and a.lo >= 0 else Interval()
    if b.hi < b.lo:
        return Interval()  # a generator without values, as in `for i in 2 ^ 70..3`
    ends = [end for end in (a.lo, a.hi) if end is not None]
    if any(bits(end) > 1 and bits(end) * b.hi > MAX_BITS for end in ends):
        return Interval(0 if a.lo is not None and a.lo >= 0 else None, None)
    low, high = int(b.lo), int(b.hi)
    if a.lo is None or a.hi is None:
        return Interval(a.lo**low, None) if a.lo is not None and a.lo >= 1 else Interval()
    exponents = {low, high, min(low + 1, high), max(high - 1, low)}
    corners = [base**exponent for base in (a.lo, a.hi) for exponent in exponents]
    if has_zero(a):
        corners += [0 if high > 0 else 1]
    return Interval(min(corners), max(corners), _positive(a) and min(corners) == 0)


def real_power(a: Interval, b: Interval) -> Interval:
    """All powers whose exponents need not be integers; NaN, too, if a base may be negative.

    A power grows with its base and is convex in its exponent, so that the integers around the
    exponents bound it. It is a float64: what is positive may become 0, what is large infinite.
    """
    if a.lo is None or a.lo < 0:
        return Interval()
    if a.hi is None or b.lo is None or b.lo < 0 or b.hi is None:
        return Interval(0)
    low, high = math.floor(b.lo), math.ceil(b.hi)
    if any(bits(end) > 1 and bits(end) * high > MAX_BITS for end in (a.lo, a.hi)):
        return Interval(0)
    corners = [base**exponent for base in (a.lo, a.hi) for exponent in (low, high)]
    largest = max(corners)
    return Interval(min(corners), largest if largest <= sys.float_info.max else None)


def absolute(a: Interval) -> Interval:
    """All absolute values."""
    if a.lo is not None and a.lo >= 0:
        return a
    negative = negate(a)
    if a.hi is not None and a.hi <= 0:
        return negative
    hi = None if a.lo is None or a.hi is None else max(-a.lo, a.hi)
    return Interval(0, hi)


def least(items: Iterable[Interval]) -> Interval:
    """All minima."""
    values = tuple(items)
    lows = [_low(item) for item in values]
    lo = _finite(min(lows))
    is_open = lo is not None and all(i.lo_open for i in values if i.lo == lo)
    return Interval(lo, _finite(min(_high(item) for item in values)), is_open)


def greatest(items: Iterable[Interval]) -> Interval:
    """All maxima."""
    values = tuple(items)
    lo = _finite(max(_low(item) for item in values))
    is_open = lo is not None and any(i.lo_open for i in values if i.lo == lo)
    return Interval(lo, _finite(max(_high(item) for item in values)), is_open)


def join_all(items: Iterable[Interval]) -> Interval:
    """The smallest interval around all of at least one."""
    values = iter(items)
    result = next(values)
    for item in values:
        result = result.join(item)
    return result


def repeat_sum(a: Interval, count: int, *, optional: bool) -> Interval:
    """Sums of ``count`` values, or of up to ``count`` if terms are ``optional``."""
    times = Interval(0 if optional else count, count)
    if not optional:
        return Interval(
            None if a.lo is None else a.lo * count,
            None if a.hi is None else a.hi * count,
            a.lo_open and count > 0,
        )
    return multiply(a, times).join(Interval(0, 0))


def repeat_product(a: Interval, count: int, *, optional: bool) -> Interval:
    """Products of ``count`` values, or of up to ``count`` if factors are ``optional``."""
    exponent = Interval(0 if optional else count, count)
    if a.lo is not None and a.lo >= 0:
        return power(a, exponent)
    reach = power(absolute(a), exponent)
    return Interval(None if reach.hi is None else -reach.hi, reach.hi).join(Interval(1, 1))
