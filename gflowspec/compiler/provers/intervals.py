"""Interval analysis: bounds of a number from the types of what it is made of.

Bounds of exact expressions are exact; those of inexact ones are widened by one unit in the last
place at each step, so that rounding cannot push a value outside.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache

from gflowspec.compiler.provers.interval import (
    EVERYTHING,
    INFINITY,
    UNIT,
    Bound_,
    Interval,
    is_infinite,
    raised,
)
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    ListType,
    RealType,
    SeqType,
    SlotType,
    Type,
)
from gflowspec.ir.expr import (
    Aggregate,
    Binary,
    Bound,
    Call,
    Collection,
    Conditional,
    Const,
    Expr,
    Generator,
    Index,
    Range,
    StateVar,
    Unary,
    Updated,
)


def bounds(expr: Expr) -> Interval:
    """Bounds of a number-valued expression; everything where nothing is known."""
    match expr:
        case Const(value=value):
            return _constant(value)
        case StateVar() | Bound():
            return of_type(expr.type)
        case Unary("-", operand):
            return -bounds(operand)
        case Binary(op=op):
            return _meet_type(_binary(op, expr), expr.type)
        case Conditional(then=then, otherwise=otherwise):
            return bounds(then).union(bounds(otherwise))
        case Index(base=base):
            return element_bounds(base)
        case Aggregate():
            return _meet_type(_aggregate(expr), expr.type)
        case Call():
            return _meet_type(_call(expr), expr.type)
        case _:
            return of_type(expr.type)


def of_type(of: Type) -> Interval:
    """Bounds that the type states; of the element for a slot."""
    match of:
        case IntType(lo, hi) | RealType(lo, hi):
            return Interval(-INFINITY if lo is None else lo, INFINITY if hi is None else hi)
        case BoolType():
            return UNIT
        case EnumType(_, members):
            return Interval(0, len(members) - 1)
        case SlotType(element):
            return of_type(element)
        case _:
            return EVERYTHING


def _meet_type(found: Interval, of: Type) -> Interval:
    return found.meet(of_type(of)) if isinstance(of, IntType | RealType) else found


def _constant(value: object) -> Interval:
    if isinstance(value, bool) or not isinstance(value, int | Fraction | float):
        return UNIT if isinstance(value, bool) else EVERYTHING
    return EVERYTHING if value != value else Interval(value, value)  # noqa: PLR0124 - is it NaN


def element_bounds(container: Expr) -> Interval:
    """Bounds of the elements of a container."""
    match container:
        case Const(value=value) if isinstance(value, tuple | frozenset | range):
            return _table_bounds(container)
        case Range(lower=lower, upper=upper):
            return Interval(bounds(lower).lo, bounds(upper).hi)
        case Collection(items=items) if items:
            return _cover(bounds(item) for item in items)
        case Updated(base=base, value=value):
            return element_bounds(base).union(bounds(value))
        case Conditional(then=then, otherwise=otherwise):
            return element_bounds(then).union(element_bounds(otherwise))
        case Index(base=base):
            return element_bounds(base)
        case Aggregate(kind=("list" | "set"), body=body):
            return bounds(body)
        case _:
            return of_elements(container.type)


@lru_cache(maxsize=1024)
def _table_bounds(table: Const) -> Interval:
    """Bounds of the elements of a constant, which proofs ask for over and over."""
    return values_bounds(table.value)


def of_elements(of: Type) -> Interval:
    """Bounds that a container type states for its elements."""
    if isinstance(of, ArrayType | ListType | SeqType):
        return of_type(of.element)
    return EVERYTHING


def values_bounds(values: Iterable[object]) -> Interval:
    """The hull of constants; nested tuples are flattened, empty slots left out."""
    found = [
        values_bounds(value) if isinstance(value, tuple | range) else _constant(value)
        for value in values
        if value is not None
    ]
    return _cover(found)


def _cover(parts: Iterable[Interval]) -> Interval:
    items = list(parts)
    if not items:
        return EVERYTHING
    return Interval(min(item.lo for item in items), max(item.hi for item in items))


def _binary(op: str, expr: Binary) -> Interval:
    left, right = bounds(expr.left), bounds(expr.right)
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return _quotient(left, right)
        case "//":
            return _rounded(_quotient(left, right), math.floor)
        case "%":
            return _remainder(left, right, whole=isinstance(expr.type, IntType))
        case "^":
            return _power(left, right)
        case _:
            return EVERYTHING


def _quotient(left: Interval, right: Interval) -> Interval:
    if right.lo <= 0 <= right.hi:
        return EVERYTHING
    inverse = Interval(_inverse(right.hi), _inverse(right.lo))
    return left * inverse


def _inverse(value: Bound_) -> Bound_:
    if is_infinite(value):
        return 0
    return 1 / value if isinstance(value, float) else Fraction(1) / value


def _rounded(of: Interval, function: Callable[[Bound_], int]) -> Interval:
    lo = of.lo if is_infinite(of.lo) else function(of.lo)
    hi = of.hi if is_infinite(of.hi) else function(of.hi)
    return Interval(lo, hi)


def _remainder(left: Interval, right: Interval, *, whole: bool) -> Interval:
    if right.lo <= 0:
        return EVERYTHING
    if left.lo >= 0 and left.hi < right.lo:
        return left
    return Interval(0, right.hi - 1 if whole else right.hi)


def _power(left: Interval, right: Interval) -> Interval:
    exponent = right.lo
    if right.lo != right.hi or is_infinite(exponent) or exponent != int(exponent) or exponent < 0:
        return Interval(0, INFINITY) if left.lo >= 0 else EVERYTHING
    count = int(exponent)
    if not left.finite or count > 64:
        return Interval(0, INFINITY) if count % 2 == 0 or left.lo >= 0 else EVERYTHING
    ends = [raised(left.lo, count), raised(left.hi, count)]
    if count % 2 == 0 and left.lo <= 0 <= left.hi:
        ends.append(0)
    return Interval(min(ends), max(ends))


def _aggregate(expr: Aggregate) -> Interval:
    most = math.prod(len(generator.carrier) for generator in expr.generators)
    fixed = all(_is_fixed(generator) for generator in expr.generators)
    if expr.kind == "count":
        return Interval(0, most)
    if expr.kind in ("min", "max"):
        return bounds(expr.body)
    if expr.kind == "sum":
        body = bounds(expr.body)
        if not fixed:
            body = body.union(Interval(0, 0))
        return body * Interval(most, most)
    if expr.kind == "prod":
        return _product_bounds(bounds(expr.body), most, fixed=fixed)
    return EVERYTHING


def _is_fixed(generator: Generator) -> bool:
    """Whether the generator takes every value of its carrier, whatever the state."""
    if generator.condition is not None:
        return False
    match generator.domain:
        case Const() | Range(lower=Const(), upper=Const()):
            return True
        case _:
            return isinstance(generator.domain.type, ArrayType)


def _product_bounds(body: Interval, most: int, *, fixed: bool) -> Interval:
    if body.lo < 0 or most > 64 or not body.finite:
        return Interval(0, INFINITY) if body.lo >= 0 else EVERYTHING
    full = Interval(raised(body.lo, most), raised(body.hi, most))
    return full if fixed else full.union(Interval(min(1, full.lo), max(1, full.hi)))


_MONOTONE: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "log": math.log,
    "log1p": math.log1p,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "erf": math.erf,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
}
_RANGES = {
    "exp": Interval(0, INFINITY),
    "sqrt": Interval(0, INFINITY),
    "tanh": Interval(-1, 1),
    "erf": Interval(-1, 1),
    "sigmoid": UNIT,
    "cos": Interval(-1, 1),
    "sin": Interval(-1, 1),
    "normal_pdf": Interval(0, Fraction(3989422804014327, 10**16) + Fraction(1, 10**15)),
    "indicator": UNIT,
}
_ROUNDING: dict[str, Callable[[Bound_], int]] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "round": round,
}


def _call(expr: Call) -> Interval:
    name, arguments = expr.function, expr.arguments
    if name in _RANGES and name not in _MONOTONE:
        return _RANGES[name]
    if name in ("count_filled", "hamming", "len"):
        return Interval(0, _length(arguments[0].type))
    if name == "number":
        return _number(arguments[0], bounds(arguments[1]))
    if name == "number_of":
        return bounds(arguments[0]) + Interval(1, 1)
    found = [bounds(item) for item in arguments]
    if name in _MONOTONE:
        return _monotone(name, found[0])
    if name in _ROUNDING:
        return _rounded(found[0], _ROUNDING[name])
    return _COMBINED[name](found) if name in _COMBINED else of_type(expr.type)


def _least(parts: list[Interval]) -> Interval:
    return Interval(min(part.lo for part in parts), min(part.hi for part in parts))


def _greatest(parts: list[Interval]) -> Interval:
    return Interval(max(part.lo for part in parts), max(part.hi for part in parts))


_COMBINED: dict[str, Callable[[list[Interval]], Interval]] = {
    "abs": lambda parts: _absolute(parts[0]),
    "min": _least,
    "max": _greatest,
    "clip": lambda parts: _least([_greatest([parts[0], parts[1]]), parts[2]]),
    "or_else": lambda parts: parts[0].union(parts[1]),
}


def _monotone(name: str, argument: Interval) -> Interval:
    lo = _at(name, argument.lo, -INFINITY)
    hi = _at(name, argument.hi, INFINITY)
    lo = lo if math.isinf(lo) else math.nextafter(math.nextafter(lo, -INFINITY), -INFINITY)
    hi = hi if math.isinf(hi) else math.nextafter(math.nextafter(hi, INFINITY), INFINITY)
    return Interval(lo, hi).meet(_RANGES.get(name, EVERYTHING))


def _at(name: str, end: Bound_, otherwise: float) -> float:
    try:
        return _MONOTONE[name](float(end))
    except (OverflowError, ValueError):
        return otherwise


def _absolute(of: Interval) -> Interval:
    if of.lo >= 0:
        return of
    if of.hi <= 0:
        return -of
    return Interval(0, max(-of.lo, of.hi))


def _length(of: Type) -> Bound_:
    match of:
        case ArrayType():
            return of.size
        case ListType(_, most):
            return most
        case SeqType(_, hi, _):
            return hi
        case _:
            return INFINITY


def _number(digits: Expr, base: Interval) -> Interval:
    length = _length(digits.type)
    if is_infinite(length) or length > 4096 or not base.finite or element_bounds(digits).lo < 0:
        return EVERYTHING
    return Interval(0, base.hi ** int(length) - 1)
