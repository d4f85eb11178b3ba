"""Integer-linear normal forms: an expression as a constant plus multiples of other expressions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import attrs

from gflowspec.compiler.provers.interval import Interval
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.core.types import IntType, SlotType, Type
from gflowspec.ir.expr import Binary, Const, Expr, Unary


@attrs.frozen
class Linear:
    """``constant + sum of coefficient * term``; no coefficient is zero."""

    terms: Mapping[Expr, Fraction]
    constant: Fraction

    def plus(self, other: Linear, factor: Fraction | int = 1) -> Linear:
        """``self + factor * other``."""
        terms = dict(self.terms)
        for term, coefficient in other.terms.items():
            total = terms.get(term, Fraction(0)) + factor * coefficient
            if total:
                terms[term] = total
            else:
                terms.pop(term, None)
        return Linear(terms, self.constant + factor * other.constant)

    def scaled(self, factor: Fraction | int) -> Linear:
        """``factor * self``."""
        return Linear({}, Fraction(0)).plus(self, factor)

    def interval(self) -> Interval:
        """Bounds from the types of the terms."""
        total = Interval(self.constant, self.constant)
        for term, coefficient in self.terms.items():
            total = total + bounds(term) * Interval(coefficient, coefficient)
        return total

    @property
    def integral(self) -> bool:
        """Whether the value is an integer whatever the terms are."""
        return self.constant.denominator == 1 and all(
            _is_int(term.type) and coefficient.denominator == 1
            for term, coefficient in self.terms.items()
        )


def _is_int(of: Type) -> bool:
    """Whether a number of this type is whole; a slot that is read as one is filled."""
    return isinstance(of.element if isinstance(of, SlotType) else of, IntType)


def linear(expr: Expr) -> Linear:
    """The normal form; what is not linear stands as a term of its own."""
    match expr:
        case Const() if is_exact(expr.value):
            return Linear({}, Fraction(expr.value))
        case Unary("-", operand):
            return linear(operand).scaled(-1)
        case Binary("+", left, right):
            return linear(left).plus(linear(right))
        case Binary("-", left, right):
            return linear(left).plus(linear(right), -1)
        case Binary("*", left, right):
            return _product(linear(left), linear(right), expr)
        case Binary("/", left, Const() as right) if is_exact(right.value) and right.value != 0:
            return linear(left).scaled(1 / Fraction(right.value))
        case _:
            return Linear({expr: Fraction(1)}, Fraction(0))


def _product(left: Linear, right: Linear, expr: Expr) -> Linear:
    if not left.terms:
        return right.scaled(left.constant)
    if not right.terms:
        return left.scaled(right.constant)
    return Linear({expr: Fraction(1)}, Fraction(0))


def is_exact(value: object) -> bool:
    """Whether a constant is an exact number (``true`` and ``false`` are none)."""
    return isinstance(value, int | Fraction) and not isinstance(value, bool)
