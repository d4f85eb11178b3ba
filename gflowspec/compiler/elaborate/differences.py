"""Sums and differences of integers that differ by little: what `i + 1 < len(s)` says of `s[i]`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from gflowspec.compiler.elaborate.intervals import Interval, add, multiply
from gflowspec.core.frozen import Frozen
from gflowspec.core.types import IntType
from gflowspec.ir.expr import Binary, Call, Const, Expr, Unary

Key = tuple[Any, ...]


@attrs.frozen(eq=False, repr=False)
class Difference(Frozen):
    """``constant`` plus multiples of integer expressions, each under its structure."""

    terms: Mapping[Key, tuple[Expr, int]]
    constant: int

    def plus(self, other: Difference, factor: int = 1) -> Difference:
        """``self + factor * other``."""
        terms = dict(self.terms)
        for place, (expr, coefficient) in other.terms.items():
            total = terms.get(place, (expr, 0))[1] + factor * coefficient
            terms[place] = (expr, total)
        kept = {place: term for place, term in terms.items() if term[1]}
        return Difference(kept, self.constant + factor * other.constant)

    def interval(self, of: Callable[[Expr], Interval]) -> Interval:
        """All values, where ``of`` gives those of a term."""
        total = Interval(self.constant, self.constant)
        for expr, coefficient in self.terms.values():
            total = add(total, multiply(of(expr), Interval(coefficient, coefficient)))
        return total

    @property
    def has_length(self) -> bool:
        """Whether it speaks of the length of a sequence, together with something else."""
        return len(self.terms) > 1 and any(is_length(expr) for expr, _ in self.terms.values())


def is_length(expr: Expr) -> bool:
    """Whether an expression is the length of a sequence."""
    return isinstance(expr, Call) and expr.function == "count_filled"


def difference(expr: Expr, key: Callable[[Expr], Key]) -> Difference:
    """The linear form of an integer expression; what is not linear is a term of its own."""
    match expr:
        case Const(value=int() as value):
            return Difference({}, value)
        case Unary("-", operand):
            return Difference({}, 0).plus(difference(operand, key), -1)
        case Binary("+", left, right) if _whole(left, right):
            return difference(left, key).plus(difference(right, key))
        case Binary("-", left, right) if _whole(left, right):
            return difference(left, key).plus(difference(right, key), -1)
        case Binary("*", Const(value=int() as factor), other) if _whole(other):
            return Difference({}, 0).plus(difference(other, key), factor)
        case Binary("*", other, Const(value=int() as factor)) if _whole(other):
            return Difference({}, 0).plus(difference(other, key), factor)
        case _:
            return Difference({key(expr): (expr, 1)}, 0)


def _whole(*exprs: Expr) -> bool:
    return all(isinstance(expr.type, IntType) for expr in exprs)
