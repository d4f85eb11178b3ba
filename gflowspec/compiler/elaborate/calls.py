"""Calls: lets are expanded where they are used, functions are typed and inlined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.builtins import call_builtin
from gflowspec.compiler.elaborate.externs import extern_of
from gflowspec.compiler.elaborate.intervals import of_type
from gflowspec.compiler.elaborate.sequences import as_list
from gflowspec.compiler.elaborate.session import (
    ERROR,
    Context,
    Local,
    Macro,
    Value,
    any_error,
    is_error,
)
from gflowspec.compiler.elaborate.types import check_range, convert, matrix_of
from gflowspec.compiler.elaborate.written import written_type
from gflowspec.core.types import DigraphType, ErrorType, SetType, describe
from gflowspec.ir.expr import Expr
from gflowspec.ir.extern import ExternCall
from gflowspec.lang import ast
from gflowspec.lang.builtins import FUNCTIONS, LEVEL_TWO
from gflowspec.lang.messages.names import undefined
from gflowspec.lang.messages.settings import unknown_setting
from gflowspec.lang.scopes import dotted
from gflowspec.lang.symbols import Symbol


def apply(node: ast.Apply, context: Context) -> Expr:
    """``f(...)`` for a let, a function of a file, or a built-in."""
    parts = dotted(node.function)
    if parts is None:
        message = "only names can be called"
        return context.report(messages.error("GFS120", message, node.function.span))
    local = context.names.get(parts[0]) if len(parts) == 1 else None
    if isinstance(local, Macro) and local.let.arguments is not None:
        return _apply_let(local, node, context)
    symbol = context.symbol(parts)
    if symbol is not None and isinstance(symbol.node, ast.Function):
        return _apply_function(symbol.node, symbol.module, node, context)
    if symbol is not None and isinstance(symbol.node, ast.Extern):
        return _apply_extern(symbol, symbol.node, node, context)
    if len(parts) == 1 and (parts[0] in FUNCTIONS or parts[0] in LEVEL_TWO):
        return call_builtin(parts[0], node, context)
    if context.reports_names:
        name = ".".join(parts)
        return context.report(undefined(node.function.span, "function", name, FUNCTIONS))
    return ERROR


def _apply_let(macro: Macro, node: ast.Apply, context: Context) -> Expr:
    let = macro.let
    names = tuple(argument.text for argument in let.arguments or ())
    given = arguments_of(node, names, f"let `{let.name.text}`", context)
    if given is None:
        return ERROR
    missing = [name for name in names if name not in given]
    if missing:
        message = f"let `{let.name.text}` needs a value for `{missing[0]}`"
        return context.report(messages.required(node.span, message))
    values = {name: context.of(value) for name, value in given.items()}
    if any_error(values.values()):
        return ERROR
    bound = {name: Value(value) for name, value in values.items()}
    return _expand(macro, {**macro.names(), **bound}, context)


def value_of_let(macro: Macro, context: Context) -> Expr:
    """The value of a let without arguments; expanded once for each state of knowledge."""
    session = context.session
    place = (id(macro.let), id(context.facts), session.aside_number)
    known = session.expansions.get(place)
    if known is not None:
        return known[1]
    found = _expand(macro, macro.names(), context)
    # The facts are kept with the value, so that no other object takes over their id.
    session.expansions[place] = (context.facts, found)
    return found


def _expand(macro: Macro, names: Mapping[str, Local], context: Context) -> Expr:
    """The body of a let, under what is known at its use."""
    active = context.session.active
    if id(macro.let) in active:
        return ERROR
    inside = attrs.evolve(context, module=macro.module, names=names, reports_names=False)
    active.append(id(macro.let))
    try:
        return inside.of(macro.let.value)
    finally:
        active.pop()


def _apply_function(function: ast.Function, module: str, node: ast.Apply, context: Context) -> Expr:
    names = tuple(param.name.text for param in function.params)
    what = f"function `{function.name.text}`"
    given = arguments_of(node, names, what, context)
    if given is None or id(function) in context.session.active:
        return ERROR
    home = Context(context.session, module, facts=context.facts)
    values: dict[str, Expr] = {}
    for param in function.params:
        name = param.name.text
        if name in given:
            values[name] = _fitting(context.of(given[name]), param.type, home, context)
        elif param.default is not None:
            values[name] = _fitting(home.of(param.default), param.type, home, home)
        else:
            message = f"{what} needs a value for `{name}`"
            return context.report(messages.required(node.span, message))
    if any_error(values.values()):
        return ERROR
    context.session.active.append(id(function))
    try:
        found = home.binding({n: Value(v) for n, v in values.items()}).of(function.body)
    finally:
        context.session.active.pop()
    if function.result is None or is_error(found):
        return found
    return _fitting(found, function.result, home, home)


def _apply_extern(symbol: Symbol, extern: ast.Extern, node: ast.Apply, context: Context) -> Expr:
    names = tuple(param.name.text for param in extern.params)
    what = f"extern function `{extern.name.text}`"
    given = arguments_of(node, names, what, context)
    function = extern_of(symbol, context)
    if given is None:
        return ERROR
    home = Context(context.session, symbol.module, facts=context.facts)
    values = []
    for param in extern.params:
        written = given.get(param.name.text, param.default)
        if written is None:
            message = f"{what} needs a value for `{param.name.text}`"
            return context.report(messages.required(node.span, message))
        at = context if param.name.text in given else home
        values.append(_argument(at.of(written), param.type, home, at))
    if function is None or any_error(values):
        return ERROR
    return ExternCall(function, tuple(values), type=function.result, span=node.span)


def _argument(value: Expr, written: ast.TypeExpr, home: Context, at: Context) -> Expr:
    """An argument of a function in Python: a graph by its matrix, a sequence as a list."""
    target = written_type(written, home)
    if isinstance(target, DigraphType) and not is_error(value):
        if value.type != target:
            wanted = f"`{describe(target)}`"
            return at.report(messages.mismatch(value.span, value.type, wanted))
        return matrix_of(value)
    fitting = as_list(_fitting(value, written, home, at), at)
    if isinstance(target, SetType) and isinstance(fitting.type, SetType):
        values, allowed = of_type(fitting.type.element), of_type(target.element)
        if not values.within(allowed):
            shown = messages.show_interval(fitting.type.element)
            element = target.element
            return at.report(messages.out_of_range(value.span, shown, element, certain=False))
    return fitting


def _fitting(value: Expr, written: ast.TypeExpr, home: Context, at: Context) -> Expr:
    """A value that has the written type, range included; ``at`` is where it comes from."""
    target = written_type(written, home)
    if is_error(value) or isinstance(target, ErrorType):
        return ERROR
    return check_range(convert(value, target, at), target, at)


def arguments_of(
    node: ast.Apply, names: Sequence[str], what: str, context: Context
) -> Mapping[str, ast.Expr] | None:
    """The arguments of a call by the name of the parameter; None where it was reported."""
    found: dict[str, ast.Expr] = {}
    for place, argument in enumerate(node.arguments):
        if argument.name is None:
            if place >= len(names):
                message = f"{what} takes {len(names)} arguments, not {len(node.arguments)}"
                context.report(messages.error("GFS120", message, argument.span))
                return None
            name = names[place]
        else:
            name = argument.name.text
            if name not in names:
                context.report(
                    unknown_setting(argument.name.span, name, what, names, noun="argument")
                )
                return None
        if name in found:
            message = f"`{name}` is given twice"
            context.report(messages.error("GFS113", message, argument.span))
            return None
        found[name] = argument.value
    return found
