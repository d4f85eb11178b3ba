"""Smart constructor of aggregations, and what one changed element does to a sum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from gflowspec.compiler.algebra.access import conditional, indicator
from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.quantifiers import taken_apart
from gflowspec.compiler.algebra.terms import (
    FALSE,
    TRUE,
    arithmetic,
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
    if len(clauses) == 1 and kind in ("sum", "count"):
        return _single_sum(made, clauses[0])
    return made


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


def _single_sum(made: Aggregate, clause: Generator) -> Expr:
    """A sum or count over one generator, with updates of single elements taken out."""
    for part in (made.body, clause.condition):
        pivot = None if part is None else _pivot(part, clause)
        if pivot is not None:
            return _split_at(made, clause, pivot)
    return made


def _share(made: Aggregate, clause: Generator, value: Expr) -> Expr:
    """What the generator's variable contributes when it has this value."""
    body = _replaced(made.body, clause.variable, value)
    if made.kind == "count":
        body = indicator(body)
    if clause.condition is None:
        return body
    return conditional(_replaced(clause.condition, clause.variable, value), body, integer(0))


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

    condition = clause.condition
    off = attrs.evolve(
        clause, condition=None if condition is None else decided(condition, at=False)
    )
    on = attrs.evolve(clause, condition=None if condition is None else decided(condition, at=True))
    without = attrs.evolve(made, body=decided(made.body, at=False), generators=(off,))
    with_it = attrs.evolve(made, body=decided(made.body, at=True), generators=(on,))
    rest = aggregate(made.kind, without.body, (off,), made.type, made.span)
    gain = arithmetic("-", _share(with_it, on, pivot), _share(without, off, pivot))
    return arithmetic("+", rest, gain)
