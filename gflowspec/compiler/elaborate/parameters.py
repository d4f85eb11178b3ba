"""Parameters: arguments of calls, defaults, types and ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.session import (
    ERROR,
    Argument,
    Context,
    Value,
    constant,
    is_error,
)
from gflowspec.compiler.elaborate.types import check_range, convert, type_of_value
from gflowspec.compiler.elaborate.written import written_type
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    ErrorType,
    IntType,
    ListType,
    RealType,
    SeqType,
    StringType,
    Type,
    describe,
)
from gflowspec.ir.expr import Const, Expr
from gflowspec.lang import ast
from gflowspec.lang.messages.settings import unknown_setting


def bind(
    params: Iterable[ast.ParamDecl],
    arguments: Mapping[str, Argument],
    context: Context,
    what: str,
) -> dict[str, Expr]:
    """The value of every parameter of a declaration; poisoned where it was reported.

    Args:
        params: The declared parameters.
        arguments: Given values by name.
        context: The file of the declaration.
        what: The declaration in words, such as ``environment `Hypergrid```.
    """
    declared = {param.name.text: param for param in params}
    for name, argument in arguments.items():
        if name not in declared:
            span = argument.name_span or argument.span
            context.report(unknown_setting(span, name, what, declared, noun="parameter"))
    values: dict[str, Expr] = {}
    for name, param in declared.items():
        given = arguments.get(name)
        if given is None and param.default is None:
            message = f"{what} needs a value for `{name}`"
            helps = (f"write `{param.span.text} = ...`, or give it where this one is used",)
            values[name] = context.report(messages.required(param.span, message, helps))
            continue
        argument = given or Argument(param.default, param.span, module=context.module)
        values[name] = argument_value(param, argument, context)
    return values


def argument_value(param: ast.ParamDecl, argument: Argument, context: Context) -> Expr:
    """The constant that is given to a parameter, checked against its type."""
    target = written_type(param.type, context)
    if isinstance(target, ErrorType):
        return ERROR
    takes = f"`{param.name.text}` takes `{describe(target)}`{_otherwise(param)}"
    found = _given(argument, target, context, takes)
    if is_error(found):
        return ERROR
    if not isinstance(found, Const):
        return context.report(messages.not_constant(argument.span, f"`{param.name.text}`"))
    found = convert(found, target, context)
    if is_error(found):
        return ERROR
    return check_range(found, target, context)


def _otherwise(param: ast.ParamDecl) -> str:
    return "" if param.default is None else f" (the default is `{param.default.span.text}`)"


def _given(argument: Argument, target: Type, context: Context, takes: str) -> Expr:
    value = argument.value
    if not isinstance(value, ast.Expr):
        found = plain_constant(value, target, argument.span)
        if found is None:
            message = f"{value!r} is no value of the language"
            return context.report(messages.error("GFS120", message, argument.span))
        return found
    names = argument.reports_names
    inside = Context(context.session, argument.module, reports_names=names, takes=takes)
    if isinstance(value, ast.Var) and inside.table.get(value.name) is None:
        if isinstance(target, StringType):
            return constant(target, value.name, value.span)
        if isinstance(target, EnumType) and value.name in target.members:
            return constant(target, target.members.index(value.name), value.span)
    return inside.of(value)


def plain_constant(value: Any, target: Type, span: Any = None) -> Const | None:
    """A Python value as a constant; floats are the decimals they print as."""
    match value:
        case bool():
            return Const(type=BoolType(), value=value, span=span)
        case int():
            return Const(type=IntType(value, value), value=value, span=span)
        case float() if value == value and abs(value) != float("inf"):  # noqa: PLR0124 - NaN
            value = Fraction(repr(value))
            return Const(type=RealType(value, value), value=value, span=span)
        case Fraction():
            return Const(type=RealType(value, value), value=value, span=span)
        case str() if isinstance(target, EnumType) and value in target.members:
            return Const(type=target, value=target.members.index(value), span=span)
        case str():
            return Const(type=StringType(), value=value, span=span)
        case tuple() | list():
            element = target
            if isinstance(target, ArrayType | ListType | SeqType):
                element = target.element
            items = [plain_constant(item, element, span) for item in value]
            if not items or None in items:
                return None
            parts = tuple(item.value for item in items if item is not None)
            first = items[0]
            assert first is not None
            static = ArrayType((len(parts),), first.type)
            return Const(type=type_of_value(parts, static), value=parts, span=span)
        case _:
            return None


def as_names(values: Mapping[str, Expr]) -> dict[str, Value]:
    """Parameter values as names in scope."""
    return {name: Value(value) for name, value in values.items()}


def plain(values: Mapping[str, Expr]) -> dict[str, Any]:
    """Parameter values as the IR holds them."""
    return {name: value.value for name, value in values.items() if isinstance(value, Const)}
