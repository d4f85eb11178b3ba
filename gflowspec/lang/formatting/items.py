"""Items of a file, and the members of environments and rewards -> layouts."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from gflowspec.core.errors import InternalError
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.formatting.blocks import (
    Statement,
    align,
    block,
    finish,
    fits,
    is_inline,
    one_line,
    separated,
    several_lines,
)
from gflowspec.lang.formatting.comments import Comments
from gflowspec.lang.formatting.document import (
    Document,
    Flat,
    Group,
    Hard,
    IfBroken,
    Line,
    Nest,
    join,
)
from gflowspec.lang.formatting.entries import entries, sweep_items
from gflowspec.lang.formatting.expressions import expression
from gflowspec.lang.formatting.types import parameter, parameters, written_type


def items(node: ast.Module, comments: Comments) -> Document:
    """The items of a file, with an empty line around those that have a block."""
    statements: list[Statement] = []
    for item in node.items:
        lead = tuple(comments.lead(item.span.start, first=False))
        statement = _item(item, lead, comments)
        if statements and (_is_long(statement) or _is_long(statements[-1])):
            statement = attrs.evolve(statement, lead=separated(statement.lead))
        statements.append(statement)
    rest = comments.lead(len(node.span.file.text), first=False)[:-2]
    padded = align(statements, 0)
    parts: list[Document] = []
    for statement, document in zip(statements, padded, strict=True):
        parts += [*statement.lead, document]
    return (*parts, *rest)


def _is_long(statement: Statement) -> bool:
    """Whether an item with a block takes several lines."""
    return statement.has_block and not fits((statement.head, statement.tail), 0)


def _item(item: ast.Item, lead: tuple[Document, ...], comments: Comments) -> Statement:
    if isinstance(item, ast.Const):
        name = f"const {item.name.text}"
        if item.type is None:
            tail: Document = (" = ", expression(item.value, comments))
            return Statement(lead=lead, head=name, tail=tail, column="const")
        declared = written_type(item.type, comments)
        tail = (name, ": ", declared, " = ", expression(item.value, comments))
        return Statement(lead=lead, tail=tail)
    blocks = (ast.Environment, ast.Reward, ast.Experiment, ast.Sweep, ast.Extern)
    return Statement(lead=lead, tail=_body(item, comments), has_block=isinstance(item, blocks))


def _imported(item: ast.ImportModule | ast.ImportNames) -> str:
    """The path of an import, with its hash."""
    pin = item.pin
    return item.path.text + ("" if pin is None else f", {pin.name.text} = {pin.value.text}")


def _body(item: ast.Item, comments: Comments) -> Document:
    match item:
        case ast.ImportModule(alias=alias):
            return f"import {_imported(item)} as {alias.text}"
        case ast.ImportNames(names=names):
            return (f"import {_imported(item)} ", _names(names, item.span, comments))
        case ast.Param(declaration=declaration):
            return ("param ", parameter(declaration, comments))
        case ast.Enumeration(name=name, members=members):
            return (f"enum {name.text} ", _names(members, item.span, comments))
        case ast.TypeAlias(name=name, type=declared):
            return (f"type {name.text} = ", written_type(declared, comments))
        case ast.Function():
            return (
                f"fn {item.name.text}",
                parameters(item.params, comments),
                _result(item.result, comments),
                " = ",
                expression(item.body, comments),
            )
        case ast.Data(name=name, type=declared, value=value):
            kind = written_type(declared, comments)
            return (f"data {name.text}: ", kind, " = ", expression(value, comments))
        case ast.EnvironmentAlias(name=name, call=call):
            return (f"environment {name.text} = ", expression(call, comments))
        case ast.RewardAlias(name=name, call=call):
            return (f"reward {name.text} = ", expression(call, comments))
        case _:
            return _block_item(item, comments)


def _block_item(item: ast.Item, comments: Comments) -> Document:
    head: Document
    match item:
        case ast.Extern():
            declared = parameters(item.params, comments)
            head = (f"extern fn {item.name.text}", declared, _result(item.result, comments))
            return entries(head, item.entries, item.span, comments, 1)
        case ast.Environment():
            head = (f"environment {item.name.text}", parameters(item.params, comments))
            return members(head, item.members, item.span, comments)
        case ast.Reward():
            targets = ", ".join(dotted.text for dotted in item.environments)
            declared = parameters(item.params, comments)
            target = Nest(2, (Line(), f"for {targets}"))
            heading = Group((f"reward {item.name.text}", declared, target))
            return members(heading, item.members, item.span, comments)
        case ast.Experiment(name=name, base=base):
            extends = "" if base is None else f" extends {base.text}"
            head = f"experiment {name.text}{extends}"
            return entries(head, item.entries, item.span, comments, 1)
        case ast.Sweep(name=name, base=base):
            head = f"sweep {name.text} of {base.text}"
            return sweep_items(head, item.items, item.span, comments)
    message = f"no layout for {type(item).__name__}"
    raise InternalError(message)


def _names(names: tuple[ast.Name, ...], span: Span, comments: Comments) -> Document:
    """``{ a, b }``, or a name on each line."""
    found: list[Document] = []
    for index, name in enumerate(names):
        comma: Document = "," if index + 1 < len(names) else IfBroken(",")
        found.append((*comments.take(name.span.start), name.text, comma))
    close = comments.take(span.end)
    return Group(("{", Nest(2, (Line(), join(Line(), found), close)), Line(), "}"))


def _result(result: ast.TypeExpr | None, comments: Comments) -> Document:
    return "" if result is None else (" -> ", written_type(result, comments))


# ---- environments and rewards -----------------------------------------------------------------


def members(
    head: Document, found: Sequence[ast.Member], span: Span, comments: Comments
) -> Document:
    """``head`` and the block of an environment or a reward."""
    statements: list[Statement] = []
    for item in found:
        lead = tuple(comments.lead(item.span.start, first=not statements))
        statements.append(Statement(lead=lead, tail=_member(item, comments)))
    closing = finish(comments, span, empty=not statements)
    inline = is_inline(span, found[0].span if found else None)
    return block(head, statements, closing, inline=inline, level=1)


def _member(item: ast.Member, comments: Comments) -> Document:  # noqa: C901, PLR0911, PLR0912 - one case for each kind of member
    match item:
        case ast.State(variables=variables):
            return _variables(variables, item.span, comments)
        case ast.Let(name=name, arguments=arguments, value=value):
            given = "" if arguments is None else f"({', '.join(a.text for a in arguments)})"
            return (f"let {name.text}{given} = ", expression(value, comments))
        case ast.Action():
            return _action(item, comments)
        case ast.Stop(condition=None):
            return "stop"
        case ast.Stop(condition=ast.Expr() as condition):
            return ("stop when ", expression(condition, comments))
        case ast.Terminal(condition=condition):
            return ("terminal when ", expression(condition, comments))
        case ast.Measure(value=value):
            return ("measure ", expression(value, comments))
        case ast.Invariant(condition=condition):
            return ("invariant ", expression(condition, comments))
        case ast.Assert(condition=condition, message=message):
            return _assert(condition, message, comments)
        case ast.Assume(obligation=obligation, reason=reason):
            return f"assume {obligation.text} because {reason.text}"
        case ast.Symmetry(call=call):
            return ("symmetry ", expression(call, comments))
        case ast.Scope(entries=inner):
            return entries("scope", inner, item.span, comments, 2)
        case ast.ObjectDecl(value=value):
            return ("object ", expression(value, comments))
        case ast.RewardValue(key=key, value=value):
            return (f"{key} = ", expression(value, comments))
        case ast.Mode(condition=condition):
            return ("mode when ", expression(condition, comments))
    unknown = f"no layout for {type(item).__name__}"
    raise InternalError(unknown)


def _assert(condition: ast.Expr, message: ast.String | None, comments: Comments) -> Document:
    claim = expression(condition, comments)
    if message is None:
        return ("assert ", claim)
    return Group(("assert ", claim, ",", Nest(2, (Line(), expression(message, comments)))))


def _variables(variables: tuple[ast.StateVar, ...], span: Span, comments: Comments) -> Document:
    statements: list[Statement] = []
    for item in variables:
        lead = tuple(comments.lead(item.span.start, first=not statements))
        tail: tuple[Document, ...] = (f"{item.name.text}: ", written_type(item.type, comments))
        if item.initial is not None:
            tail = (*tail, " = ", expression(item.initial, comments))
        statements.append(Statement(lead=lead, tail=tail))
    closing = finish(comments, span, empty=not statements)
    inline = is_inline(span, variables[0].span if variables else None)
    return block("state", statements, closing, inline=inline, level=2)


def _action(item: ast.Action, comments: Comments) -> Document:
    binders = [_binder(binder, comments) for binder in item.binders]
    head: Document = (f"action {item.name.text}(", join(", ", binders), ")")
    when: tuple[Document, ...] = ()
    if item.guard is not None:
        when = ("when ", expression(item.guard, comments))
    effects, closing = _effects(item, comments)
    if is_inline(item.span, item.effects[0].span if item.effects else None):
        line = one_line(effects, closing)
        whole = (head, *((" ", *when) if when else ()), " ", line)
        if fits(whole, 2):
            return Flat(whole)
        if when and fits((*when, " ", line), 4):
            return (head, Nest(2, (Hard(), Flat((*when, " ", line)))))
    # Effects on lines of their own must not look like the guard above them.
    guarded = (Nest(2, (Line(), *when)), Line()) if when else (" ",)
    return (Group((head, *guarded)), several_lines(effects, closing, 2))


def _binder(binder: ast.Binder, comments: Comments) -> Document:
    above = comments.take(binder.span.start)
    return (*above, f"{binder.name.text} in ", expression(binder.domain, comments))


def _effects(item: ast.Action, comments: Comments) -> tuple[list[Statement], tuple[Document, ...]]:
    statements: list[Statement] = []
    for effect in item.effects:
        lead = tuple(comments.lead(effect.span.start, first=not statements))
        statements.append(Statement(lead=lead, tail=_effect(effect, comments)))
    return statements, finish(comments, item.span, empty=not statements)


def _effect(effect: ast.Write | ast.Update, comments: Comments) -> Document:
    target = expression(effect.target, comments)
    if isinstance(effect, ast.Write):
        return (target, f" {effect.op.value} ", expression(effect.value, comments))
    function = ast.Attribute(base=effect.target, name=effect.method, span=effect.span)
    call = ast.Apply(function=function, arguments=effect.arguments, span=effect.span)
    return expression(call, comments)
