"""Values of ``const`` and ``param`` declarations."""

from __future__ import annotations

import math

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.parameters import argument_value
from gflowspec.compiler.elaborate.session import ERROR, Argument, Context, is_error
from gflowspec.compiler.elaborate.types import check_range, convert
from gflowspec.compiler.elaborate.written import written_type
from gflowspec.ir.expr import Const, Expr
from gflowspec.lang import ast
from gflowspec.lang.symbols import Symbol


def constant_of(symbol: Symbol, context: Context) -> Expr:
    """The value of a ``const`` or ``param``, computed once; poisoned where it was reported."""
    session = context.session
    place = (symbol.module, symbol.name)
    if place in session.constants:
        return session.constants[place]
    if id(symbol.node) in session.active:
        return ERROR
    session.active.append(id(symbol.node))
    try:
        found = _compute(symbol, Context(session, symbol.module))
    finally:
        session.active.pop()
    session.constants[place] = found
    return found


def _compute(symbol: Symbol, context: Context) -> Expr:
    node = symbol.node
    if isinstance(node, ast.Param):
        given = context.session.settings.get(symbol.name)
        declaration = node.declaration
        if given is None and declaration.default is None:
            message = f"parameter `{symbol.name}` has no value"
            helps = (f"set it on the command line: `-s {symbol.name}=...`",)
            return context.report(messages.required(declaration.span, message, helps))
        argument = given or Argument(declaration.default, declaration.span, module=symbol.module)
        return argument_value(declaration, argument, context)
    if not isinstance(node, ast.Const):
        return ERROR
    found = context.of(node.value)
    if is_error(found):
        return ERROR
    if not isinstance(found, Const):
        return context.report(messages.not_constant(node.value.span, "a `const`"))
    if node.type is not None:
        target = written_type(node.type, context)
        found = check_range(convert(found, target, context), target, context)
    return _finite(symbol.name, node.value, found, context)


def _finite(name: str, node: ast.Expr, found: Expr, context: Context) -> Expr:
    """The constant, unless a number in it is infinite or none at all."""
    odd = _odd(found.value) if isinstance(found, Const) else None
    if odd is None:
        return found
    return context.report(messages.not_finite(node.span, name, odd))


def _odd(value: object) -> float | None:
    """The first number of a value that is not finite."""
    if isinstance(value, float):
        return None if math.isfinite(value) else value
    if isinstance(value, tuple | frozenset):
        return next((odd for item in value if (odd := _odd(item)) is not None), None)
    return None
