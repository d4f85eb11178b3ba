"""``sample path ~ distribution``: values that a seed determines, the same on every machine.

Each path draws from a stream of its own, so that a further ``sample`` line moves no other value.
Python guarantees the numbers of ``random.Random(text).random()``; nothing else of it is used.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import attrs

from gflowspec.core.diagnostics import DiagnosticBag
from gflowspec.lang import ast
from gflowspec.lang.messages import sweeps as messages
from gflowspec.lang.settings.sweeping.literals import elements, literal
from gflowspec.lang.settings.values import Constants

#: Digits that a drawn real keeps, so that it can be typed again.
DIGITS = 6


@attrs.frozen
class Distribution:
    """What a call such as ``log_uniform(1e-4, 1e-2)`` draws: one value for each u in [0, 1)."""

    quantile: Callable[[float], ast.Expr]


def distribution(
    call: ast.Expr, module: str, constants: Constants, bag: DiagnosticBag
) -> Distribution | None:
    """What the call to the right of ``~`` means; None if it was reported."""
    assert isinstance(call, ast.Apply)
    name = call.function.span.text
    make = _KINDS.get(name)
    if make is None:
        bag.add(messages.unknown_distribution(call.function.span, name, _KINDS))
        return None
    wanted = 1 if name == "choice" else 2
    if len(call.arguments) != wanted or any(item.name for item in call.arguments):
        bag.add(messages.distribution_arguments(call.span, name))
        return None
    return make(call, module, constants, bag)


def draw(path: str, of: Distribution, count: int, seed: int) -> tuple[ast.Expr, ...]:
    """``count`` values of a path."""
    stream = random.Random(f"{seed} {path}")
    return tuple(of.quantile(stream.random()) for _ in range(count))


def _bounds(
    call: ast.Apply, module: str, constants: Constants, bag: DiagnosticBag
) -> tuple[Any, Any] | None:
    """Both arguments, numbers of which the first is not larger."""
    values = []
    for argument in call.arguments:
        found = constants(argument.value, module)
        if found is None:
            return None
        if isinstance(found[0], bool) or not isinstance(found[0], int | Fraction | float):
            bag.add(messages.distribution_arguments(argument.span, call.function.span.text))
            return None
        values.append(found[0])
    low, high = values
    if low > high:
        bag.add(messages.distribution_range(call.span, "the first is larger than the second"))
        return None
    return low, high


def _uniform(
    call: ast.Apply, module: str, constants: Constants, bag: DiagnosticBag
) -> Distribution | None:
    bounds = _bounds(call, module, constants, bag)
    if bounds is None:
        return None
    low, high = (Fraction(value) for value in bounds)
    return Distribution(lambda u: _real(float(low + (high - low) * Fraction(u)), low, high, call))


def _log_uniform(
    call: ast.Apply, module: str, constants: Constants, bag: DiagnosticBag
) -> Distribution | None:
    bounds = _bounds(call, module, constants, bag)
    if bounds is None:
        return None
    low, high = (Fraction(value) for value in bounds)
    if low <= 0:
        bag.add(messages.distribution_range(call.span, "a logarithm needs numbers above 0"))
        return None
    first, last = math.log(low), math.log(high)
    return Distribution(lambda u: _real(math.exp(first + (last - first) * u), low, high, call))


def _int_uniform(
    call: ast.Apply, module: str, constants: Constants, bag: DiagnosticBag
) -> Distribution | None:
    bounds = _bounds(call, module, constants, bag)
    if bounds is None:
        return None
    if any(value != int(value) for value in bounds):
        bag.add(messages.distribution_range(call.span, "it draws integers, between integers"))
        return None
    low, high = (int(value) for value in bounds)
    return Distribution(
        lambda u: literal(low + math.floor(Fraction(u) * (high - low + 1)), call.span)
    )


def _choice(
    call: ast.Apply, module: str, constants: Constants, bag: DiagnosticBag
) -> Distribution | None:
    values = elements(call.arguments[0].value, module, constants, bag)
    if values is None:
        return None
    if not values:
        bag.add(messages.empty(call.span, "there is nothing to choose from"))
        return None
    return Distribution(lambda u: values[math.floor(Fraction(u) * len(values))])


def _real(value: float, low: Fraction, high: Fraction, call: ast.Apply) -> ast.Expr:
    """Rounded to a few digits, and within the bounds nevertheless."""
    rounded = Fraction(f"{value:.{DIGITS - 1}e}")
    return literal(min(max(rounded, low), high), call.span)


_KINDS: Mapping[str, Callable[[ast.Apply, str, Constants, DiagnosticBag], Distribution | None]] = {
    "uniform": _uniform,
    "log_uniform": _log_uniform,
    "int_uniform": _int_uniform,
    "choice": _choice,
}
