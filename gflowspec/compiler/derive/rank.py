"""A linear rank by an exact linear program, or the certificate that there is none.

Find weights w with ``w . delta >= 1`` for every case of every action. Its dual,
``maximize sum(y) subject to -1 <= sum_a y_a delta_a <= 1``, starts from the feasible point 0; it is
unbounded exactly when the primal is infeasible, and then its ray is Gordan's certificate:
multiplicities y of actions after which every measure is where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor, gcd, lcm

import attrs

from gflowspec.compiler.algebra.comparisons import is_number
from gflowspec.compiler.algebra.linear import Linear, linear
from gflowspec.compiler.algebra.rewrite import canonical
from gflowspec.compiler.derive.inverse import Inverse
from gflowspec.compiler.derive.masks import Rules
from gflowspec.compiler.derive.measures import Delta, Quantity, deltas, quantities
from gflowspec.compiler.provers.arithmetic import upper_bound_above
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.compiler.provers.simplex import Unbounded, maximize
from gflowspec.ir.derived import Measure
from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import Compare, Expr
from gflowspec.semantics.evaluate import evaluate


@attrs.frozen(kw_only=True)
class Rank:
    """What the linear program found.

    Attributes:
        measure: The rank; the author's own if one was declared; None without any.
        declared: Whether it is the author's.
        horizon: Bound on the number of actions; None without a rank.
        certificate: Actions with multiplicities that cancel out; empty if there is a linear rank.
    """

    measure: Measure | None
    declared: bool
    horizon: int | None
    certificate: tuple[tuple[int, str], ...] = ()


def find_rank(environment: Environment, inverses: Sequence[Inverse], rules: Rules) -> Rank:
    """The rank of an environment."""
    measured = quantities(environment, inverses)
    rows = [row for inverse in inverses for row in deltas(environment, inverse, measured)]
    if environment.measure is not None:
        return _declared(environment, canonical(environment.measure), rules)
    return _linear_rank(environment, measured, rows, rules)


def _declared(environment: Environment, measure: Expr, rules: Rules) -> Rank:
    growth = _growth(environment, linear(measure), rules)
    return Rank(
        measure=Measure(terms=(measure,), weights=(1,)),
        declared=True,
        horizon=None if growth is None else floor(growth),
    )


def _linear_rank(
    environment: Environment, measured: Sequence[Quantity], rows: Sequence[Delta], rules: Rules
) -> Rank:
    found = weights([row.amounts for row in rows], len(measured))
    if isinstance(found, Unbounded):
        certificate = _certificate(rows, found.ray)
        return Rank(measure=None, declared=False, horizon=None, certificate=certificate)
    used = [(item.term, weight) for item, weight in zip(measured, found, strict=True) if weight]
    measure = Measure(
        terms=tuple(term for term, _ in used), weights=tuple(weight for _, weight in used)
    )
    step = min((_dot(found, row.amounts) for row in rows), default=1)
    form = Linear({}, Fraction(0))
    for term, weight in used:
        form = form.plus(linear(term), weight)
    growth = _growth(environment, form, rules)
    horizon = None if growth is None else floor(growth / step)
    return Rank(measure=measure, declared=False, horizon=horizon)


def weights(rows: Sequence[Sequence[int]], count: int) -> tuple[int, ...] | Unbounded:
    """Integers w without common divisor with ``w . row >= 1`` for every row, or a ray.

    Among the rational solutions the one with the smallest sum of absolute values is taken.

    Args:
        rows: One row of ``count`` deltas for each case of an action.
        count: Number of measures.
    """
    constraints = [[row[j] for row in rows] for j in range(count)]
    constraints += [[-value for value in line] for line in constraints]
    found = maximize([1] * len(rows), constraints, [1] * (2 * count))
    if isinstance(found, Unbounded):
        return found
    prices = [found.prices[j] - found.prices[count + j] for j in range(count)]
    scale = lcm(*(price.denominator for price in prices)) if prices else 1
    whole = [int(price * scale) for price in prices]
    divisor = gcd(*whole) or 1
    return tuple(value // divisor for value in whole)


def _dot(left: Sequence[int], right: Sequence[int]) -> int:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _certificate(rows: Sequence[Delta], ray: Sequence[Fraction]) -> tuple[tuple[int, str], ...]:
    scale = lcm(*(value.denominator for value in ray))
    counts = [int(value * scale) for value in ray]
    divisor = gcd(*counts) or 1
    named = [(f"{row.action}({row.case})" if row.case else row.action) for row in rows]
    return tuple(
        (count // divisor, name) for count, name in zip(counts, named, strict=True) if count
    )


def _growth(environment: Environment, form: Linear, rules: Rules) -> Fraction | None:
    """How much a form can grow above its value at the source, given types and invariants."""
    state = tuple(variable.initial for variable in environment.state)
    limits = [found for item in rules.invariants for found in _limits(item)]
    terms = list(dict.fromkeys(term for item in (form, *limits) for term in item.terms))
    start = {term: Fraction(evaluate(term, environment, state)) for term in terms}
    return upper_bound_above(form, limits, start)


def _limits(invariant: Expr) -> list[Linear]:
    """An invariant as linear forms that are at most 0, if it is one."""
    if not isinstance(invariant, Compare) or invariant.op not in ("<=", ">=", "<", ">", "=="):
        return []
    if not is_number(invariant.left.type) or not is_number(invariant.right.type):
        return []
    form = linear(invariant.left).plus(linear(invariant.right), -1)
    whole = all(is_number(term.type) and bounds(term).finite for term in form.terms)
    if not form.integral or not whole:
        return []
    strict = Fraction(int(invariant.op in ("<", ">")))
    forms = []
    if invariant.op in ("<=", "<", "=="):
        forms.append(Linear(form.terms, form.constant + strict))
    if invariant.op in (">=", ">", "=="):
        backwards = form.scaled(-1)
        forms.append(Linear(backwards.terms, backwards.constant + strict))
    return forms
