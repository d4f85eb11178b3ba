"""Expressions: from the syntax tree to typed, folded IR. This file dispatches and reads names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import attrs

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.calls import apply, value_of_let
from gflowspec.compiler.elaborate.constants import constant_of
from gflowspec.compiler.elaborate.containers import index, list_of, slice_of, tuple_of
from gflowspec.compiler.elaborate.data import table_of
from gflowspec.compiler.elaborate.fold import fold
from gflowspec.compiler.elaborate.generators import list_comprehension, set_comprehension
from gflowspec.compiler.elaborate.operators import binary, comparison, conditional, unary
from gflowspec.compiler.elaborate.session import (
    ERROR,
    MAX_NESTING,
    MAX_STEPS,
    MAX_VISITS,
    Context,
    Meaning,
    Value,
    constant,
    is_error,
)
from gflowspec.core.types import (
    BoolType,
    EnumType,
    ErrorType,
    IntType,
    ListType,
    RealType,
    SlotType,
    StringType,
)
from gflowspec.ir.expr import Bound, Const, Expr, StateVar
from gflowspec.lang import ast
from gflowspec.lang.literals import MAX_BITS, number
from gflowspec.lang.messages.methods import instead
from gflowspec.lang.messages.names import not_supported, undefined
from gflowspec.lang.scopes import dotted
from gflowspec.lang.symbols import Kind, Symbol


def expression(node: ast.Expr, context: Context) -> Expr:
    """Elaborate one expression; ``session.visit`` of every elaboration."""
    session = context.session
    if session.exhausted:
        session.errors += 1
        return ERROR
    session.visits += 1
    if session.visits > MAX_VISITS:
        message = f"expanding lets and functions visits more than {MAX_VISITS:,} expressions"
        return context.report(messages.too_costly(node.span, message))
    if session.nesting > MAX_NESTING:
        return _nested_too_deeply(node, context)
    handler = _HANDLERS.get(type(node))
    if handler is None:
        return context.report(messages.error("GFS120", "this has no meaning here", node.span))
    session.nesting += 1
    try:
        found = fold(handler(node, context), context)
    finally:
        session.nesting -= 1
    if is_error(found) or session.steps > MAX_STEPS:
        session.errors += 1
        return ERROR
    return found


def _nested_too_deeply(node: ast.Expr, context: Context) -> Expr:
    """Reported once: the rest of a chain of definitions would say the same."""
    session = context.session
    if session.nested_too_deeply:
        session.errors += 1
        return ERROR
    session.nested_too_deeply = True
    message = f"definitions are nested deeper than {MAX_NESTING} expressions"
    return context.report(messages.too_costly(node.span, message))


def _number(node: ast.Number, context: Context) -> Expr:
    value = number(node.text)
    if value is None:
        message = f"the number has more than {MAX_BITS} bits"
        return context.report(messages.too_costly(node.span, message))
    if isinstance(value, Fraction):
        return constant(RealType(value, value), value, node.span)
    return constant(IntType(value, value), value, node.span)


def _quantity(node: ast.Quantity, context: Context) -> Expr:
    message = f"`{node.text}` has a unit, but a plain number is needed here"
    return context.report(messages.error("GFS127", message, node.span))


def _string(node: ast.String, _: Context) -> Expr:
    return constant(StringType(), node.value, node.span)


def _bool(node: ast.Bool, _: Context) -> Expr:
    return constant(BoolType(), node.value, node.span)


def _empty(node: ast.Empty, _: Context) -> Expr:
    return constant(SlotType(ErrorType()), None, node.span)


def _group(node: ast.Group, context: Context) -> Expr:
    return context.of(node.inner)


def _whole_state(node: ast.WholeState, context: Context) -> Expr:
    helps = ("`object` without a declaration already is the whole terminal state",)
    return context.report(not_supported(node.span, "`state` as a value", helps))


def _file(node: ast.FileRef, context: Context) -> Expr:
    message = "a file is read by a `data` declaration: `data d: array[3] of real = file(...)`"
    return context.report(messages.error("GFS120", message, node.span))


def _name(node: ast.Var, context: Context) -> Expr:
    local = context.names.get(node.name)
    if isinstance(local, Value):
        return at(local.expr, node)
    if isinstance(local, Meaning):
        return local.value(node.span, context)
    if local is not None:
        if local.let.arguments is not None:
            return ERROR
        return value_of_let(local, context)
    return _symbol(context.table.get(node.name), node, node.name, context)


def _attribute(node: ast.Attribute, context: Context) -> Expr:
    parts = dotted(node)
    if parts is not None and parts[0] not in context.names:
        symbol = context.symbol(parts[:1])
        if symbol is not None and symbol.kind is Kind.MODULE:
            return _symbol(context.symbol(parts), node, ".".join(parts), context)
    base = context.of(node.base)
    if base.type == ErrorType():
        return ERROR
    message = f"{messages.named(base.type)} has no attribute `{node.name.text}`"
    helps = instead(node.name.text, node.base.span.text)
    return context.report(messages.error("GFS120", message, node.name.span, helps=helps))


def _symbol(symbol: Symbol | None, node: ast.Expr, name: str, context: Context) -> Expr:
    if symbol is None:
        if context.reports_names and name.split(".", maxsplit=1)[0] not in context.table.broken:
            known = context.table.names(Kind.CONSTANT, Kind.PARAMETER, Kind.MEMBER)
            return context.report(undefined(node.span, "name", name, known, context.takes))
        return ERROR
    if symbol.kind in (Kind.CONSTANT, Kind.PARAMETER):
        return at(constant_of(symbol, context), node)
    if isinstance(symbol.node, ast.Data):
        return at(table_of(symbol, context), node)
    if isinstance(symbol.node, ast.Enumeration):
        members = tuple(member.text for member in symbol.node.members)
        of = EnumType(symbol.node.name.text, members)
        if symbol.kind is Kind.MEMBER:
            return constant(of, members.index(symbol.name), node.span)
        return constant(ListType(of, len(members)), tuple(range(len(members))), node.span)
    return ERROR


def at(expr: Expr, node: ast.Expr) -> Expr:
    """A leaf with the place of its use; other expressions keep their place."""
    if isinstance(expr, Const | StateVar | Bound):
        return attrs.evolve(expr, span=node.span)
    return expr


_Handler = Callable[[Any, Context], Expr]
_HANDLERS: Mapping[type[ast.Expr], _Handler] = {
    ast.Number: _number,
    ast.Quantity: _quantity,
    ast.String: _string,
    ast.Bool: _bool,
    ast.Empty: _empty,
    ast.Group: _group,
    ast.WholeState: _whole_state,
    ast.FileRef: _file,
    ast.Var: _name,
    ast.Attribute: _attribute,
    ast.Index: index,
    ast.Slice: slice_of,
    ast.Apply: apply,
    ast.ListComp: list_comprehension,
    ast.SetComp: set_comprehension,
    ast.TupleExpr: tuple_of,
    ast.ListExpr: list_of,
    ast.Unary: unary,
    ast.Binary: binary,
    ast.Comparison: comparison,
    ast.Conditional: conditional,
}
