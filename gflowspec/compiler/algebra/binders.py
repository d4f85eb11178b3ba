"""Statements about all values of an action's binders."""

from __future__ import annotations

from collections.abc import Sequence

from gflowspec.compiler.algebra.aggregates import aggregate
from gflowspec.compiler.algebra.rewrite import bound_variable, is_interval, substitute
from gflowspec.compiler.algebra.terms import BOOL, INT, constant, integer
from gflowspec.core.types import IntType, ListType
from gflowspec.ir.environment import Binder
from gflowspec.ir.expr import Expr, Generator, Range


def for_all(binders: Sequence[Binder], body: Expr) -> Expr:
    """``body`` for all values of binders, in canonical form."""
    if not binders:
        return body
    names = {
        item.name: bound_variable(f"{'klmn'[min(k, 3)]}#b{k}", item.carrier, item.type)
        for k, item in enumerate(binders)
    }
    generators = tuple(_over(names[item.name].name, item) for item in binders)
    return aggregate("all", substitute(body, bound=names), generators, BOOL)


def _over(name: str, binder: Binder) -> Generator:
    carrier = binder.carrier
    if is_interval(carrier) and isinstance(binder.type, IntType):
        domain: Expr = Range(integer(carrier[0]), integer(carrier[-1]), type=INT)
    else:
        domain = constant(carrier, ListType(binder.type, len(carrier)))
    return Generator(name, domain, carrier)
