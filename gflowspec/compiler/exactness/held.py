"""Intervals of numbers over a denominator, and what arithmetic makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import Any

import attrs

from gflowspec.core.types import ArrayType, BoolType, EnumType, IntType, ListType, SlotType, Type

#: Exact arithmetic is done in int64 while every intermediate is smaller than this.
LIMIT = 1 << 62
#: Exponents up to this are multiplied out, or tabulated.
LARGEST_EXPONENT = 64


class Lane(Enum):
    """How a value is held."""

    TRUTH = "truth"
    EXACT = "exact"
    FLOAT = "float"


@attrs.frozen(kw_only=True)
class Held:
    """What is known of the values of an expression, those of an array together.

    Attributes:
        lane: How they are held.
        scale: EXACT values n stand for n / scale.
        low: Smallest n.
        high: Largest n.
        amount: The n of a scalar constant.
        cause: What took a FLOAT out of the exact lane, in words.
    """

    lane: Lane
    scale: int = 1
    low: int = 0
    high: int = 1
    amount: int | None = None
    cause: str = ""


#: A truth value.
TRUTH = Held(lane=Lane.TRUTH)
#: Causes, in words.
DIVIDES = "it divides by something that is not constant"
_TOO_LARGE = "its numerator or denominator may reach 2^62"


# ---- values -----------------------------------------------------------------------------------


def integer(number: int) -> Held:
    """An integer constant."""
    return Held(lane=Lane.EXACT, low=number, high=number, amount=number)


def as_number(value: Held) -> Held:
    """A truth value as 0 or 1."""
    return Held(lane=Lane.EXACT) if value.lane is Lane.TRUTH else value


def of_constants(values: Iterable[Any], of: Type) -> Held:
    """Values of one type that are known."""
    flat = list(_scalars(values))
    if isinstance(_scalar_type(of), BoolType):
        return TRUTH
    numbers = [item for item in flat if isinstance(item, int | Fraction)]
    if any(isinstance(item, float) for item in flat):
        return Held(lane=Lane.FLOAT, cause="it reads a number that is not exact")
    scale = lcm(*(Fraction(item).denominator for item in numbers))
    low, high = (int(f(numbers, default=0) * scale) for f in (min, max))
    if isinstance(_scalar_type(of), SlotType):
        low -= 1  # what stands for `empty`
    if scale >= LIMIT or not _fits(low, high):
        return Held(lane=Lane.FLOAT, cause=_TOO_LARGE)
    amount = low if len(flat) == 1 and low == high else None
    return Held(lane=Lane.EXACT, scale=scale, low=low, high=high, amount=amount)


def _scalars(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, tuple | frozenset | range):
            yield from _scalars(value)
        else:
            yield value


def _scalar_type(of: Type) -> Type:
    while isinstance(of, ArrayType | ListType):
        of = of.element
    return of


def of_component(of: Type) -> Held:
    """A component of the state."""
    match _scalar_type(of):
        case SlotType(element):
            inner = as_number(of_component(element))
            return attrs.evolve(inner, low=inner.low - 1)
        case BoolType():
            return TRUTH
        case EnumType(_, members):
            return Held(lane=Lane.EXACT, high=len(members) - 1)
        case IntType(lo, hi) if lo is not None and hi is not None:
            return Held(lane=Lane.EXACT, low=lo, high=hi)
        case _:
            return Held(lane=Lane.FLOAT, cause="it is not an integer")


def _fits(low: int, high: int) -> bool:
    return max(-low, high) < LIMIT


def common(*values: Held) -> tuple[Held, ...] | None:
    """EXACT values over one denominator; None if any is inexact or too large."""
    numbers = [as_number(value) for value in values]
    if any(value.lane is Lane.FLOAT for value in numbers):
        return None
    scale = lcm(*(value.scale for value in numbers))
    found = [_rescaled(value, scale) for value in numbers]
    return tuple(found) if all(_fits(value.low, value.high) for value in found) else None


def _rescaled(value: Held, scale: int) -> Held:
    factor = scale // value.scale
    amount = None if value.amount is None else value.amount * factor
    return attrs.evolve(
        value, scale=scale, low=value.low * factor, high=value.high * factor, amount=amount
    )


def in_float(*operands: Held, cause: str = _TOO_LARGE) -> Held:
    """A result in float64; ``cause`` counts where the operands were exact."""
    return Held(lane=Lane.FLOAT, cause=cause_of(*operands) if _any_float(operands) else cause)


def _any_float(values: Iterable[Held]) -> bool:
    return any(value.lane is Lane.FLOAT for value in values)


def cause_of(*values: Held) -> str:
    """What took the first inexact one out of the exact lane."""
    return next((value.cause for value in values if value.cause), _TOO_LARGE)


def exactly(low: int, high: int, scale: int, operands: tuple[Held, ...]) -> Held:
    """A result over all operands; a constant if they are."""
    if not _fits(low, high) or scale >= LIMIT:
        return in_float(*operands)
    known = all(value.amount is not None for value in operands) and low == high
    if not known:
        return Held(lane=Lane.EXACT, scale=scale, low=low, high=high)
    divisor = gcd(low, scale)
    return attrs.evolve(integer(low // divisor), scale=scale // divisor)


def hull(left: Held, right: Held) -> Held:
    """Either of two values."""
    if left.lane is right.lane is Lane.TRUTH:
        return left
    pair = common(left, right)
    if pair is None:
        return in_float(left, right)
    a, b = pair
    low, high = min(a.low, b.low), max(a.high, b.high)
    return Held(lane=Lane.EXACT, scale=a.scale, low=low, high=high)


# ---- operations -------------------------------------------------------------------------------


def negated(value: Held) -> Held:
    """``-value``."""
    number = as_number(value)
    if number.lane is Lane.FLOAT:
        return number
    amount = None if number.amount is None else -number.amount
    return attrs.evolve(number, low=-number.high, high=-number.low, amount=amount)


def add(left: Held, right: Held) -> Held:
    """``left + right``."""
    pair = common(left, right)
    if pair is None:
        return in_float(left, right)
    a, b = pair
    return exactly(a.low + b.low, a.high + b.high, a.scale, (a, b))


def _subtract(left: Held, right: Held) -> Held:
    return add(left, negated(right))


def _multiply(left: Held, right: Held) -> Held:
    a, b = as_number(left), as_number(right)
    if _any_float((a, b)):
        return in_float(a, b)
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return exactly(min(corners), max(corners), a.scale * b.scale, (a, b))


def _divide(left: Held, right: Held) -> Held:
    if not right.amount or left.lane is Lane.FLOAT:
        return in_float(left, right, cause=DIVIDES)
    numerator = right.scale if right.amount > 0 else -right.scale
    return _multiply(left, attrs.evolve(integer(numerator), scale=abs(right.amount)))


def _floor_divide(left: Held, right: Held) -> Held:
    pair = common(left, right)
    if pair is None:
        return in_float(left, right)
    bound = max(abs(pair[0].low), abs(pair[0].high)) + 1
    return Held(lane=Lane.EXACT, low=-bound, high=bound)


def _remainder(left: Held, right: Held) -> Held:
    pair = common(left, right)
    if pair is None:
        return in_float(left, right)
    a, b = pair
    return Held(lane=Lane.EXACT, scale=a.scale, low=min(0, b.low), high=max(0, b.high))


def _power(left: Held, right: Held) -> Held:
    exponent = right.amount if right.scale == 1 else None
    if exponent is not None and 0 <= exponent <= LARGEST_EXPONENT:
        return reduce(lambda result, _: _multiply(result, left), range(exponent), integer(1))
    base = left.amount if left.scale == 1 else None
    if base is not None and right.lane is Lane.EXACT and right.scale == 1:
        fits = right.high * base.bit_length() < LIMIT.bit_length()
        if right.low >= 0 and right.high <= LARGEST_EXPONENT and fits:
            powers = [base**exponent for exponent in range(right.low, right.high + 1)]
            return Held(lane=Lane.EXACT, low=min(powers), high=max(powers))
    return in_float(left, right, cause="`^` with this exponent is not exact")


#: The operators of the language.
BINARY: Mapping[str, Callable[[Held, Held], Held]] = {
    "+": add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "//": _floor_divide,
    "%": _remainder,
    "^": _power,
}


def summed(body: Held, count: int) -> Held:
    """The sum of ``count`` values."""
    if body.lane is Lane.FLOAT or not _fits(count * body.low, count * body.high):
        return in_float(body)
    return attrs.evolve(body, low=count * body.low, high=count * body.high, amount=None)


def multiplied(body: Held, count: int) -> Held:
    """The product of ``count`` values."""
    if body.lane is Lane.FLOAT:
        return body
    bound = max(abs(body.low), abs(body.high), 1) ** count
    scale = body.scale**count
    if not (_fits(0, bound) and _fits(0, scale)):
        return in_float(body)
    return Held(lane=Lane.EXACT, scale=scale, low=-bound if body.low < 0 else 0, high=bound)
