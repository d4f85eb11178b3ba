"""Smart constructor of aggregations, and what one changed element does to a sum."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import attrs

from gflowspec.compiler.algebra.access import conditional, indicator
from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.quantifiers import taken_apart
from gflowspec.compiler.algebra.terms import (
    FALSE,
    TRUE,
    arithmetic,
    conjoin,
    constant,
    fold,
    integer,
    names_read,
)
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.core.source import Span
from gflowspec.core.types import IntType, Type
from gflowspec.ir.expr import (
    Aggregate,
    Bound,
    Compare,
    Const,
    Expr,
    Generator,
    Range,
    names_in,
    walk,
)

#: What a body of this value contributes nothing to.
_NEUTRAL: dict[str, tuple[Any, Expr]] = {
    "all": (True, TRUE),
    "any": (False, FALSE),
    "count": (False, integer(0)),
    "sum": (0, integer(0)),
    "prod": (1, integer(1)),
}


def aggregate(
    kind: str, body: Expr, generators: tuple[Generator, ...], of: Type, span: Span | None = None
) -> Expr:
    """``kind(body for generators)``, without what contributes nothing."""
    clauses = tuple(_trimmed(generator) for generator in generators)
    nothing = any(item.condition == FALSE or not item.carrier for item in clauses)
    if kind in _NEUTRAL:
        value, result = _NEUTRAL[kind]
        if nothing or (isinstance(body, Const) and body.value == value):
            return result
    made = Aggregate(kind, body, clauses, type=_type(kind, body, of), span=span)
    if _is_closed(made):
        return fold(made)
    if kind in ("all", "any") and not any(_shadowed(body, clause) for clause in clauses):
        return taken_apart(made, _again, _put) or made
    return _without_updates(made) if kind in ("sum", "count") else made


def _again(made: Aggregate) -> Expr:
    return aggregate(made.kind, made.body, made.generators, made.type, made.span)


def _put(expr: Expr, variable: str, value: Expr) -> Expr:
    return _replaced(expr, variable, value)


def _type(kind: str, body: Expr, of: Type) -> Type:
    """Whole numbers stay whole; their bounds are not part of the canonical type."""
    whole = kind in ("sum", "prod", "min", "max") and isinstance(body.type, IntType)
    return IntType() if whole or kind == "count" else of


def _trimmed(generator: Generator) -> Generator:
    return attrs.evolve(generator, condition=None) if generator.condition == TRUE else generator


def _is_closed(made: Aggregate) -> bool:
    found = names_in(made)
    return not found.state and found.bound <= found.loops


def _without_updates(made: Aggregate) -> Expr:
    """A sum or count with updates of single elements taken out, one generator after the other."""
    parts = [made.body, *(item.condition for item in made.generators)]
    names = {item.variable for item in made.generators}
    for clause in made.generators:
        for part in parts:
            pivot = None if part is None else _pivot(part, clause)
            if pivot is not None and not names_read(pivot, Bound) & names:
                return _split_at(made, clause, pivot)
    return made


def _share(made: Aggregate, clause: Generator, value: Expr) -> Expr:
    """What the generator's variable contributes when it has this value."""
    at: Callable[[Expr], Expr] = partial(_replaced, variable=clause.variable, value=value)
    own = None if clause.condition is None else at(clause.condition)
    place = made.generators.index(clause)
    others = [
        attrs.evolve(
            item,
            domain=at(item.domain),
            condition=None if item.condition is None else at(item.condition),
        )
        for item in made.generators
        if item != clause
    ]
    body = at(made.body)
    if not others:
        share = indicator(body) if made.kind == "count" else body
        return share if own is None else conditional(own, share, integer(0))
    # The condition goes where the variables are that it reads: to the loop before, or the first.
    nearest = max(0, place - 1)
    joined = conjoin(others[nearest].condition, own) if place else conjoin(own, others[0].condition)
    others[nearest] = attrs.evolve(others[nearest], condition=joined)
    return aggregate(made.kind, body, tuple(others), made.type, made.span)


def _replaced(expr: Expr, variable: str, value: Expr) -> Expr:
    return _rewritten(
        expr, lambda node: value if isinstance(node, Bound) and node.name == variable else None
    )


def _rewritten(expr: Expr, replace: Callable[[Expr], Expr | None]) -> Expr:
    # The two modules need each other: rewriting rebuilds aggregations through `aggregate`.
    from gflowspec.compiler.algebra.rewrite import rewrite  # noqa: PLC0415

    return rewrite(expr, replace)


def _pivot(body: Expr, clause: Generator) -> Expr | None:
    """The term e of a test ``variable == e`` in the body, if e is surely in the domain."""
    if not _is_index_range(clause) or _shadowed(body, clause):
        return None
    for node in walk(body):
        if not (isinstance(node, Compare) and node.op in ("==", "!=")):
            continue
        for mine, other in ((node.left, node.right), (node.right, node.left)):
            if _is_variable(mine, clause) and _pivots(other, body, clause):
                return other
    return None


def _shadowed(body: Expr, clause: Generator) -> bool:
    """Whether an inner aggregation uses the same name, until names are unique again."""
    return clause.variable in names_in(body).loops


def _is_variable(expr: Expr, clause: Generator) -> bool:
    return isinstance(expr, Bound) and expr.name == clause.variable


def _is_index_range(clause: Generator) -> bool:
    match clause.domain:
        case Const() | Range(lower=Const(), upper=Const()):
            carrier = clause.carrier
            return all(type(value) is int for value in carrier) and carrier == tuple(
                range(carrier[0], carrier[-1] + 1)
            )
        case _:
            return False


def _pivots(term: Expr, body: Expr, clause: Generator) -> bool:
    inner = {
        item.variable
        for node in walk(body)
        if isinstance(node, Aggregate)
        for item in node.generators
    }
    found = bounds(term)
    inside = clause.carrier[0] <= found.lo and found.hi <= clause.carrier[-1]
    return inside and not names_read(term, Bound) & (inner | {clause.variable})


def _split_at(made: Aggregate, clause: Generator, pivot: Expr) -> Expr:
    """Sum of the body off the pivot + what the pivot has more than that."""
    hit = compare("==", Bound(clause.variable, type=pivot.type), pivot)

    def decided(expr: Expr, *, at: bool) -> Expr:
        def replace(node: Expr) -> Expr | None:
            if not isinstance(node, Compare) or node.op not in ("==", "!="):
                return None
            pairs = ((node.left, node.right), (node.right, node.left))
            if any(_is_variable(mine, clause) and other == pivot for mine, other in pairs):
                return constant(at == (node.op == "=="), hit.type)
            return None

        return _rewritten(expr, replace)

    def everywhere(*, at: bool) -> Aggregate:
        clauses = tuple(
            item
            if item.condition is None
            else attrs.evolve(item, condition=decided(item.condition, at=at))
            for item in made.generators
        )
        return attrs.evolve(made, body=decided(made.body, at=at), generators=clauses)

    place = made.generators.index(clause)
    without, with_it = everywhere(at=False), everywhere(at=True)
    rest = aggregate(made.kind, without.body, without.generators, made.type, made.span)
    gain = arithmetic(
        "-",
        _share(with_it, with_it.generators[place], pivot),
        _share(without, without.generators[place], pivot),
    )
    return arithmetic("+", rest, gain)
