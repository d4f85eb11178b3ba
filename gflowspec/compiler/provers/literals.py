"""What literals say: equations that others are rewritten by, and linear forms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from gflowspec.compiler.algebra.comparisons import is_number
from gflowspec.compiler.algebra.linear import Linear, linear
from gflowspec.compiler.algebra.rewrite import contains
from gflowspec.compiler.algebra.terms import ORDER, exact, from_linear
from gflowspec.compiler.provers.arithmetic import excluding, infeasible, tightened
from gflowspec.core.types import SlotType
from gflowspec.ir.expr import Bound, Compare, Const, Expr, StateVar, walk


def oriented(literal: Expr) -> tuple[Expr, Expr] | None:
    """An equation as ``term -> value``: what it replaces does not occur in the value."""
    if not isinstance(literal, Compare) or literal.op != "==":
        return None
    left, right = literal.left, literal.right
    if is_number(left.type) and is_number(right.type) and exact(left, right):
        return _solved(linear(left).plus(linear(right), -1))
    for term, value in ((left, right), (right, left)):
        if not isinstance(term, Const) and not contains(value, term):
            heavier = isinstance(value, Const) or weight(term) >= weight(value)
            if heavier:
                return term, value
    return None


def _solved(form: Linear) -> tuple[Expr, Expr] | None:
    """A numeric equation solved for a variable, else for another term, with coefficient 1."""
    candidates = sorted(form.terms, key=lambda term: not isinstance(term, Bound | StateVar))
    for term in candidates:
        coefficient = form.terms[term]
        if abs(coefficient) != 1:
            continue
        rest = form.plus(Linear({term: coefficient}, coefficient * 0), -1)
        value = from_linear(rest.scaled(-1 / coefficient))
        if not contains(value, term):
            return term, value
    return None


@lru_cache(maxsize=10_000)
def weight(expr: Expr) -> int:
    """The number of nodes; asked of the same formulas in every round of a search."""
    return sum(1 for _ in walk(expr))


def arithmetic_fails(literals: Sequence[Expr]) -> bool:
    """Whether no numbers satisfy the linear ones among the literals."""
    forms: list[Linear] = []
    different: list[Linear] = []
    for literal in literals:
        if not isinstance(literal, Compare) or not is_linear(literal):
            continue
        form = linear(literal.left).plus(linear(literal.right), -1)
        forms.extend(_at_most(literal.op, form))
        if literal.op == "!=":
            different.append(form)
    return bool(forms) and infeasible(excluding(forms, different))


def is_linear(literal: Compare) -> bool:
    """Whether linear arithmetic can use a comparison."""
    sides = (literal.left, literal.right)
    ordered = literal.op in ORDER
    numbers = all(
        is_number(side.type)
        or (ordered and isinstance(side.type, SlotType) and is_number(side.type.element))
        for side in sides
    )
    return numbers and exact(*sides)


def _at_most(op: str, form: Linear) -> list[Linear]:
    """``form op 0`` as forms that are at most 0; strict ones are tightened over integers."""
    if op in (">", ">="):
        form, op = form.scaled(-1), {">": "<", ">=": "<="}[op]
    if op == "==":
        return [form, form.scaled(-1)]
    if op == "!=":
        return []
    if op == "<" and form.integral:
        form = Linear(form.terms, form.constant + 1)
    return [tightened(form)]
