"""Numbers of the language: int and Fraction are exact, float is IEEE 754 and absorbs them."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from gflowspec.semantics.errors import EvaluationError

Number = int | Fraction | float

#: A power with more bits than this is refused instead of being computed.
MAX_POWER_BITS = 1 << 14


def divide(left: Number, right: Number) -> Number:
    """``/``: exact for exact operands, a limit of IEEE 754 (infinity, NaN) for floats."""
    if isinstance(left, float) or isinstance(right, float):
        if right == 0:
            return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left)
        return float(left) / float(right)
    if right == 0:
        message = "division by zero"
        raise EvaluationError(message, code="GFS124")
    return Fraction(left) / right


def floor_divide(left: Number, right: Number) -> Number:
    """``//``: the greatest integer below the quotient."""
    if right == 0:
        message = "division by zero"
        raise EvaluationError(message, code="GFS124")
    return left // right


def remainder(left: Number, right: Number) -> Number:
    """``%``: what floor division leaves; it has the sign of ``right``."""
    if right == 0:
        message = "division by zero"
        raise EvaluationError(message, code="GFS124")
    return left % right


def power(left: Number, right: Number) -> Number:
    """``^``: exact for integer exponents of exact bases, else a float.

    Raises:
        TypeError: An empty slot is no number, as for the operators of Python.
    """
    if left is None or right is None:
        message = "an empty slot has no power"
        raise TypeError(message)
    if isinstance(right, Fraction) and right.denominator == 1:
        right = int(right)
    if isinstance(right, int) and not isinstance(left, float):
        return _integer_power(left, right)
    try:
        result = float(left) ** float(right)
    except OverflowError:
        return math.inf
    except ZeroDivisionError:
        return math.inf
    return math.nan if isinstance(result, complex) else result


def _integer_power(base: int | Fraction, exponent: int) -> Number:
    size = max(abs(base.numerator), base.denominator).bit_length()
    if size > 1 and size * abs(exponent) > MAX_POWER_BITS:
        message = f"a power with more than {MAX_POWER_BITS} bits"
        raise EvaluationError(message, code="GFS131")
    if exponent < 0:
        if base == 0:
            message = "division by zero"
            raise EvaluationError(message, code="GFS124")
        return Fraction(base) ** exponent
    return base**exponent


def total(
    function: Callable[[float], float], outside: Callable[[float], float]
) -> Callable[[Number], float]:
    """``function`` on floats, with a value of IEEE 754 where Python raises."""

    def wrapped(x: Number) -> float:
        value = float(x)
        try:
            return function(value)
        except (OverflowError, ValueError):
            return outside(value)

    return wrapped


def log_ratio(x: Number) -> float:
    """The logarithm, to full precision for rationals beyond the range of a float too."""
    if isinstance(x, float):
        if math.isnan(x) or x < 0:
            return math.nan
        return -math.inf if x == 0 else math.log(x)
    if x <= 0:
        return -math.inf if x == 0 else math.nan
    ratio = Fraction(x)
    shift = ratio.numerator.bit_length() - ratio.denominator.bit_length()
    if abs(shift) <= 1000:
        return math.log(ratio)
    scaled = ratio / 2**shift if shift > 0 else ratio * 2**-shift
    return math.log(scaled) + shift * math.log(2)


def sigmoid(x: Number) -> float:
    """1 / (1 + exp(-x)), without overflow."""
    value = float(x)
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    small = math.exp(value)
    return small / (1 + small)


def normal_pdf(x: Number) -> float:
    """Density of the standard normal law."""
    value = float(x)
    return math.exp(-0.5 * value * value) / math.sqrt(2 * math.pi)


def log1p_outside(x: float) -> float:
    """``log1p`` where the standard library raises: -inf at -1, NaN below."""
    return -math.inf if x == -1 else math.nan


def rounding(function: Callable[[Number], int]) -> Callable[[Number], int]:
    """``floor``, ``ceil``, ``round``: an infinite argument has no integer."""

    def wrapped(x: Number) -> int:
        try:
            return function(x)
        except (OverflowError, ValueError):
            message = "an infinite or undefined number cannot be rounded"
            raise EvaluationError(message) from None

    return wrapped
