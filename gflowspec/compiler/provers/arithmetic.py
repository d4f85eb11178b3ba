"""When a set of linear constraints over integers has no solution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import gcd

from gflowspec.compiler.algebra.linear import Linear
from gflowspec.compiler.provers.interval import Bound_
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.compiler.provers.simplex import Unbounded, maximize
from gflowspec.ir.expr import Expr

#: More terms than this are not worth a linear program.
MOST_TERMS = 24


def tightened(form: Linear) -> Linear:
    """``form <= 0`` divided by the common divisor of its coefficients, rounded to integers."""
    if not form.terms or not form.integral:
        return form
    divisor = gcd(*(int(value) for value in form.terms.values()))
    if divisor <= 1:
        return form
    terms = {term: value / divisor for term, value in form.terms.items()}
    constant = form.constant / divisor
    return Linear(terms, Fraction(-((-constant.numerator) // constant.denominator)))


def excluding(forms: Sequence[Linear], different: Iterable[Linear]) -> list[Linear]:
    """``form <= 0`` becomes ``form + 1 <= 0`` where ``form != 0`` is known too."""
    excluded = [item for form in different for item in (form, form.scaled(-1))]
    result = list(forms)
    for i, form in enumerate(result):
        while result[i].integral and result[i] in excluded:
            result[i] = Linear(result[i].terms, result[i].constant + 1)
            if result[i].constant - form.constant > len(excluded):
                break
    return result


def infeasible(forms: Sequence[Linear]) -> bool:
    """Whether no values of the terms make every form at most 0.

    By Farkas' lemma: some non-negative multiples of the forms add up to a positive constant.
    Bounds of the terms count as constraints.
    """
    if any(form.interval().lo > 0 for form in forms):
        return True
    terms = list(dict.fromkeys(term for form in forms for term in form.terms))
    if not terms or len(terms) > MOST_TERMS:
        return False
    constraints = [*forms, *(bound for term in terms for bound in _bounds(term))]
    rows: list[list[Fraction]] = []
    for term in terms:
        row = [form.terms.get(term, Fraction(0)) for form in constraints]
        rows += [row, [-value for value in row]]
    rows.append([Fraction(1)] * len(constraints))
    limits = [0] * (len(rows) - 1) + [1]
    found = maximize([form.constant for form in constraints], rows, limits)
    return isinstance(found, Unbounded) or found.value > 0


def _bounds(term: Expr) -> list[Linear]:
    found = bounds(term)
    forms = []
    if _finite(found.lo):
        forms.append(Linear({term: Fraction(-1)}, Fraction(found.lo)))
    if _finite(found.hi):
        forms.append(Linear({term: Fraction(1)}, -Fraction(found.hi)))
    return forms


def _finite(value: Bound_) -> bool:
    return abs(value) != float("inf")


def upper_bound_above(
    form: Linear, limits: Sequence[Linear], start: Mapping[Expr, Fraction]
) -> Fraction | None:
    """How much ``form`` can exceed its value at ``start``; None if without limit.

    Args:
        form: What grows.
        limits: Forms that are at most 0; those that do not hold at ``start`` are left out.
        start: A value for every term, within its bounds.
    """
    terms = list(start)
    forms = [*limits, *(bound for term in terms for bound in _bounds(term))]
    rows: list[list[Fraction]] = []
    room: list[Fraction] = []
    for item in forms:
        slack = -(item.constant + sum(c * start[term] for term, c in item.terms.items()))
        if slack >= 0:
            row = [item.terms.get(term, Fraction(0)) for term in terms]
            rows.append([*row, *(-value for value in row)])
            room.append(Fraction(slack))
    gain = [form.terms.get(term, Fraction(0)) for term in terms]
    found = maximize([*gain, *(-value for value in gain)], rows, room)
    return None if isinstance(found, Unbounded) else found.value
