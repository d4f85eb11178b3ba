"""Replacing parts of expressions, and bringing expressions into canonical form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs

from gflowspec.compiler.algebra.access import call, conditional, index, updated
from gflowspec.compiler.algebra.aggregates import aggregate
from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.terms import arithmetic, conjoin, constant, disjoin, fold, negate
from gflowspec.core.types import ArrayType, IntType, ListType, Type
from gflowspec.ir.environment import Binder
from gflowspec.ir.expr import (
    Aggregate,
    Binary,
    Bound,
    Call,
    Collection,
    Compare,
    Conditional,
    Const,
    Expr,
    Generator,
    Index,
    Logic,
    Range,
    Slice,
    StateVar,
    Unary,
    Updated,
    children,
    names_in,
)

Replace = Callable[[Expr], Expr | None]


def rewrite(expr: Expr, replace: Replace) -> Expr:
    """``expr`` with every outermost node that ``replace`` answers for exchanged, then rebuilt.

    Rebuilding goes through the smart constructors, so the result is simplified on the way.
    """
    found = replace(expr)
    if found is not None:
        return found
    again: Callable[[Expr], Expr] = partial(rewrite, replace=replace)
    match expr:
        case Const(value=value):
            return constant(value, expr.type, expr.span)
        case Unary("not", operand):
            return negate(again(operand))
        case Binary(op, left, right):
            return arithmetic(op, again(left), again(right), expr.span)
        case Compare(op, left, right):
            return compare(op, again(left), again(right), expr.span)
        case Logic("and", operands):
            return conjoin(*map(again, operands), span=expr.span)
        case Logic(_, operands):
            return disjoin(*map(again, operands), span=expr.span)
        case _:
            return _rewrite_more(expr, again)


def _rewrite_more(expr: Expr, again: Callable[[Expr], Expr]) -> Expr:
    match expr:
        case Conditional(test, then, otherwise):
            return conditional(again(test), again(then), again(otherwise), expr.span)
        case Index(base, indices):
            return index(again(base), tuple(map(again, indices)), expr.span)
        case Updated(base, indices, value):
            return updated(again(base), tuple(map(again, indices)), again(value))
        case Call(function, arguments):
            return call(function, tuple(map(again, arguments)), expr.type, expr.span)
        case Aggregate(kind, body, generators):
            clauses = tuple(_clause(item, again) for item in generators)
            return aggregate(kind, again(body), clauses, expr.type, expr.span)
        case Range(lower, upper):
            return attrs.evolve(expr, lower=again(lower), upper=again(upper))
        case Unary():
            return _folded(attrs.evolve(expr, operand=again(expr.operand)))
        case Slice():
            return _folded(attrs.evolve(expr, base=again(expr.base)))
        case Collection(items):
            return _folded(attrs.evolve(expr, items=tuple(map(again, items))))
        case _:
            return expr


def _folded(made: Expr) -> Expr:
    return fold(made) if all(isinstance(child, Const) for child in children(made)) else made


def _clause(generator: Generator, again: Callable[[Expr], Expr]) -> Generator:
    condition = None if generator.condition is None else again(generator.condition)
    return attrs.evolve(generator, domain=again(generator.domain), condition=condition)


def substitute(
    expr: Expr,
    state: Mapping[str, Expr] | None = None,
    bound: Mapping[str, Expr] | None = None,
) -> Expr:
    """``expr`` with state variables and bound names replaced, simultaneously."""
    state, bound = state or {}, bound or {}
    if not state and not bound:
        return expr

    def replace(node: Expr) -> Expr | None:
        if isinstance(node, StateVar):
            return state.get(node.name)
        if isinstance(node, Bound):
            return bound.get(node.name)
        return None

    made = rewrite(expr, replace)
    # An aggregation that was put inside another one gets names of its own.
    return _renamed(made, {}, 0) if names_in(made).loops else made


def canonical(expr: Expr, binders: tuple[Binder, ...] = ()) -> Expr:
    """The simplified expression in which equal meanings have equal names.

    Integer names get the range of their carriers as their type; generator variables are named by
    their depth (`k#0`, `l#1`, ...), and those over the elements of an array range over its indices.
    """
    known: dict[str, Renamed] = {item.name: Renamed(item.name, item.carrier) for item in binders}
    return _renamed(expr, known, 0)


@attrs.frozen
class Renamed:
    """The new name of a bound variable with its carrier, or the expression that replaces it."""

    name: str
    carrier: tuple[Any, ...]
    element: Expr | None = None

    def reference(self, old: Bound) -> Expr:
        """What stands for a use of the old name."""
        if self.element is not None:
            return self.element
        return bound_variable(self.name, self.carrier, old.type)


def _renamed(expr: Expr, known: Mapping[str, Renamed], depth: int) -> Expr:
    def replace(node: Expr) -> Expr | None:
        if isinstance(node, Bound):
            found = known.get(node.name)
            return None if found is None else found.reference(node)
        return _renamed_aggregate(node, known, depth) if isinstance(node, Aggregate) else None

    return rewrite(expr, replace)


def _renamed_aggregate(node: Aggregate, known: Mapping[str, Renamed], depth: int) -> Expr:
    inner = dict(known)
    clauses: list[Generator] = []
    for generator in node.generators:
        domain = _renamed(generator.domain, inner, depth)
        name = f"{'klmnrs'[min(depth, 5)]}#{depth}"
        depth += 1
        if _has_places(domain):
            carrier: tuple[Any, ...] = tuple(range(_rows(domain.type)))
            element = index(domain, (bound_variable(name, carrier, IntType()),))
            inner[generator.variable] = Renamed(name, carrier, element)
        else:
            carrier = generator.carrier
            inner[generator.variable] = Renamed(name, carrier)
        condition = generator.condition
        clauses.append(
            Generator(
                name,
                _plain_domain(domain, carrier),
                carrier,
                None if condition is None else _renamed(condition, inner, depth),
            )
        )
    body = _renamed(node.body, inner, depth)
    return aggregate(node.kind, body, tuple(clauses), node.type, node.span)


def _has_places(domain: Expr) -> bool:
    """Whether a domain is an array of the state, whose elements are found by their index."""
    return isinstance(domain.type, ArrayType) and not isinstance(domain, Const)


def _rows(of: Type) -> int:
    return of.shape[0] if isinstance(of, ArrayType) else 0


def _plain_domain(domain: Expr, carrier: tuple[Any, ...]) -> Expr:
    """Domains that do not depend on the state in one form: a range, or the carrier."""
    found = names_in(domain)
    if (found.state or found.bound) and not _has_places(domain):
        return domain
    if is_interval(carrier):
        first, last = (Const(carrier[k], type=IntType()) for k in (0, -1))
        return Range(first, last, type=ListType(IntType(), len(carrier)))
    return domain


def is_interval(carrier: tuple[Any, ...]) -> bool:
    """Whether a carrier lists the integers from its first to its last one."""
    if not carrier or not all(type(value) is int for value in carrier):
        return False
    return carrier == tuple(range(carrier[0], carrier[-1] + 1))


def bound_variable(name: str, carrier: tuple[Any, ...] | None, of: Type) -> Bound:
    """A bound name, typed by its carrier if that consists of integers."""
    if carrier and isinstance(of, IntType) and all(type(value) is int for value in carrier):
        return Bound(name, type=IntType(min(carrier), max(carrier)))
    return Bound(name, type=of)


def contains(expr: Expr, part: Expr) -> bool:
    """Whether ``part`` occurs in ``expr``."""
    return expr == part or any(contains(child, part) for child in children(expr))
