"""What is known of all elements, as a number, and the other way round.

``len(S) <= 0`` says that nothing is in S. If everything is in S, ``len(S)`` is the number of all
elements: a set that is smaller has room, which is how a policy that fills it cannot get stuck.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import attrs

from gflowspec.compiler.algebra.aggregates import aggregate
from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.linear import linear
from gflowspec.compiler.algebra.rewrite import bound_variable, substitute
from gflowspec.compiler.algebra.terms import (
    BOOL,
    INT,
    conjoin,
    exact,
    integer,
    negate,
)
from gflowspec.compiler.provers.formulas import Names, is_ground
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.ir.expr import (
    Aggregate,
    Call,
    Compare,
    Const,
    Expr,
    Generator,
    Range,
)


def totals(literals: Sequence[Expr]) -> list[Aggregate]:
    """The sums and counts in arithmetic literals, each once."""
    found: dict[Expr, None] = {}
    for literal in literals:
        if isinstance(literal, Compare):
            for side in (literal.left, literal.right):
                found.update((term, None) for term in linear(side).terms)
    return [term for term in found if isinstance(term, Aggregate) and _is_total(term)]


def counted(literals: Sequence[Expr]) -> list[Expr]:
    """The conditions that arithmetic literals count as 0 or 1, each once."""
    found: dict[Expr, None] = {}
    for literal in literals:
        if isinstance(literal, Compare):
            for side in (literal.left, literal.right):
                found.update((term, None) for term in linear(side).terms)
    return [
        term.arguments[0]
        for term in found
        if isinstance(term, Call) and term.function == "indicator" and is_ground(term)
    ]


def _is_total(term: Expr) -> bool:
    return (
        isinstance(term, Aggregate)
        and term.kind in ("sum", "count")
        and exact(term.body)
        and all(_is_static(generator) for generator in term.generators)
    )


def _is_static(generator: Generator) -> bool:
    return isinstance(generator.domain, Const) or (
        isinstance(generator.domain, Range)
        and isinstance(generator.domain.lower, Const)
        and isinstance(generator.domain.upper, Const)
    )


def extremes(term: Aggregate, names: Names) -> list[tuple[Expr, Expr]]:
    """The values of a sum or count whose elements all are at one end.

    Args:
        term: One of ``totals``.
        names: Gives a name to an element about which nothing else is known.

    Returns:
        Pairs of what would have to hold of that element, and the equation that follows.
    """
    chosen: dict[str, Expr] = {
        item.variable: bound_variable(names.fresh(item.variable), item.carrier, INT)
        for item in term.generators
    }
    return [
        (substitute(everywhere, bound=chosen), compare("==", term, value))
        for everywhere, value in _ends(term)
    ]


def _ends(term: Aggregate) -> list[tuple[Expr, Expr]]:
    taken = _taken(term)
    count = prod(len(item.carrier) for item in term.generators)
    if term.kind == "count":
        return [(negate(taken), integer(0)), (taken, integer(count))]
    if any(item.condition is not None for item in term.generators):
        free = tuple(attrs.evolve(item, condition=None) for item in term.generators)
        whole = aggregate("sum", term.body, free, term.type)
        return [(negate(taken), integer(0)), (taken, whole)]
    found = bounds(term.body)
    if not found.finite or found.lo != int(found.lo) or found.hi != int(found.hi):
        return []
    return [
        (compare(op, term.body, integer(int(end))), integer(count * int(end)))
        for op, end in (("<=", found.lo), (">=", found.hi))
    ]


def _taken(term: Aggregate) -> Expr:
    """When an element contributes: the conditions, and for a count the body."""
    conditions = [item.condition for item in term.generators]
    return conjoin(*conditions, term.body if term.kind == "count" else None)


def spread(literal: Expr) -> Expr | None:
    """What a limit of a sum or count at one of its ends says about every element."""
    if not isinstance(literal, Compare) or literal.op not in ("<", "<=", ">", ">=", "=="):
        return None
    form = linear(literal.left).plus(linear(literal.right), -1)
    if len(form.terms) != 1:
        return None
    ((term, coefficient),) = form.terms.items()
    if not isinstance(term, Aggregate) or not _is_total(term):
        return None
    upper = literal.op == "==" or (literal.op in ("<", "<=")) == (coefficient > 0)
    limit = -form.constant / coefficient
    if upper and (limit <= 0 or (literal.op in ("<", ">") and limit <= 1 and form.integral)):
        return _nothing(term)
    lower = literal.op == "==" or not upper
    count = prod(len(item.carrier) for item in term.generators)
    # Counts are whole numbers, so that more than n - 1 is n.
    reached = limit >= count or (literal.op in ("<", ">") and limit >= count - 1)
    if lower and reached and term.kind == "count":
        return _for_all(term, _taken(term))
    return None


def _nothing(term: Aggregate) -> Expr | None:
    """No element contributes, if contributions are not negative."""
    if term.kind == "count":
        return _for_all(term, negate(_taken(term)))
    if bounds(term.body).lo < 0:
        return None
    zero = compare("<=", term.body, integer(0))
    return aggregate("all", zero, term.generators, BOOL)


def _for_all(term: Aggregate, body: Expr) -> Expr:
    free = tuple(attrs.evolve(item, condition=None) for item in term.generators)
    return aggregate("all", body, free, BOOL)
