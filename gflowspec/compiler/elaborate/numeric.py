"""Built-in functions on numbers, conditions and enums."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor

from gflowspec.compiler.elaborate import intervals
from gflowspec.compiler.elaborate.application import Application, Rule
from gflowspec.compiler.elaborate.session import ERROR, any_error, is_error
from gflowspec.compiler.elaborate.types import as_element, number_type
from gflowspec.core.types import BoolType, EnumType, IntType, RealType
from gflowspec.ir.expr import Expr


def _abs(a: Application) -> Expr:
    x = a.number(0)
    if is_error(x):
        return ERROR
    return a.call(number_type((x,), intervals.absolute(a.interval(x))), (x,))


def _clip(a: Application) -> Expr:
    parts = tuple(a.number(i) for i in range(3))
    if any_error(parts):
        return ERROR
    x, lo, hi = (a.interval(part) for part in parts)
    values = intervals.least((intervals.greatest((x, lo)), hi))
    return a.call(number_type(parts, values), parts)


def _extreme(a: Application) -> Expr:
    parts = tuple(a.number(i) for i in range(len(a.arguments)))
    if any_error(parts):
        return ERROR
    choose = intervals.least if a.name == "min" else intervals.greatest
    return a.call(number_type(parts, choose(a.interval(part) for part in parts)), parts)


def _rounded(a: Application) -> Expr:
    x = a.number(0)
    if is_error(x):
        return ERROR
    values = a.interval(x)
    lo = None if values.lo is None else floor(values.lo)
    hi = None if values.hi is None else -floor(-values.hi)
    return a.call(IntType(lo, hi), (x,))


_ZERO = Fraction(0)
_ONE = Fraction(1)
#: Ranges of the functions that leave the rationals; they hold for every argument.
_RANGES: Mapping[str, RealType] = {
    "exp": RealType(_ZERO, None, exact=False),
    "log": RealType(exact=False),
    "log1p": RealType(exact=False),
    "sqrt": RealType(_ZERO, None, exact=False),
    "cos": RealType(-_ONE, _ONE, exact=False),
    "sin": RealType(-_ONE, _ONE, exact=False),
    "tanh": RealType(-_ONE, _ONE, exact=False),
    "sigmoid": RealType(_ZERO, _ONE, exact=False),
    "erf": RealType(-_ONE, _ONE, exact=False),
    "normal_pdf": RealType(_ZERO, Fraction(2, 5), exact=False),
}


def _inexact(a: Application) -> Expr:
    x = a.number(0)
    return ERROR if is_error(x) else a.call(_RANGES[a.name], (x,))


def _indicator(a: Application) -> Expr:
    if not isinstance(a.arguments[0].type, BoolType):
        return a.refuse(0, "a condition")
    return a.call(IntType(0, 1))


def _number_of(a: Application) -> Expr:
    found = as_element(a.arguments[0], a.context)
    if is_error(found):
        return ERROR
    if not isinstance(found.type, EnumType):
        return a.refuse(0, "a member of an enum")
    return a.call(IntType(1, len(found.type.members)), (found,))


#: How each function types its calls.
NUMERIC: Mapping[str, Rule] = {
    "abs": _abs,
    "clip": _clip,
    "min": _extreme,
    "max": _extreme,
    "floor": _rounded,
    "ceil": _rounded,
    "round": _rounded,
    **dict.fromkeys(_RANGES, _inexact),
    "indicator": _indicator,
    "number_of": _number_of,
}
