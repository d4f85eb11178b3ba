"""Whether a number exists: no part of it leaves the domain of a function or the range of float64.

Bounds say nothing of this: the square root of a negative number is bounded, and is no number.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from gflowspec.compiler.provers.interval import Interval
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.core.types import IntType, RealType
from gflowspec.ir.expr import Binary, Call, Conditional, Expr, children, walk

#: The least argument of functions that are not defined below.
_LEAST: Mapping[str, int] = {"sqrt": 0, "log": 0, "log1p": -1}
#: Functions of an infinite argument that still are no NaN.
_TOTAL = frozenset({"exp", "sqrt", "log", "log1p", "tanh", "erf", "sigmoid", "normal_pdf"})
#: Functions that choose among their arguments, whatever the size of these.
_CHOOSING = frozenset({"abs", "clip", "max", "min"})
#: Numbers that a float64 can hold.
FLOAT64 = Interval(-sys.float_info.max, sys.float_info.max)


def is_defined(expr: Expr) -> bool:
    """Whether no value of an expression is NaN, by the bounds of its parts.

    Exact parts always have a value: divisors and indices were checked before.
    """
    return all(_is_applicable(node) for node in walk(expr) if _is_inexact(node))


def is_inside(inner: Interval, outer: Interval) -> bool:
    """Whether ``outer`` covers ``inner``."""
    return outer.lo <= inner.lo and inner.hi <= outer.hi


def _is_inexact(node: Expr) -> bool:
    return isinstance(node.type, RealType) and not node.type.exact


def _is_applicable(node: Expr) -> bool:
    """Whether the operation of a node gives a number for all values of its operands."""
    match node:
        case Conditional():
            return True
        case Call(function=name) if name in _CHOOSING:
            return True
        case Call(function=name, arguments=(argument,)) if name in _TOTAL:
            fits = _is_inexact(argument) or is_inside(bounds(argument), FLOAT64)
            return fits and (name not in _LEAST or bounds(argument).lo >= _LEAST[name])
        case Binary("^", left, right) if not isinstance(right.type, IntType):
            if bounds(left).lo < 0:
                return False
    numbers = [part for part in children(node) if isinstance(part.type, IntType | RealType)]
    return all(is_inside(bounds(part), FLOAT64) for part in numbers)
