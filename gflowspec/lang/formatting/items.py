"""Items of a file, and the members of environments and rewards -> layouts."""

from __future__ import annotations

from collections.abc import Sequence

from gflowspec.core.errors import InternalError
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.formatting.blocks import Statement, align, block, finish, is_inline
from gflowspec.lang.formatting.comments import Comments
from gflowspec.lang.formatting.document import (
    Document,
    Group,
    IfBroken,
    Line,
    Nest,
    join,
)
from gflowspec.lang.formatting.entries import entries, sweep_items
from gflowspec.lang.formatting.expressions import expression
from gflowspec.lang.formatting.types import parameter, parameters, written_type

_BLOCKS = (ast.Environment, ast.Reward, ast.Experiment, ast.Sweep, ast.Extern)


def items(node: ast.Module, comments: Comments) -> Document:
    """The items of a file, with an empty line around those that have a block."""
    statements: list[Statement] = []
    previous: ast.Item | None = None
    for item in node.items:
        apart = previous is not None and (_has_block(previous) or _has_block(item))
        lead = tuple(comments.lead(item.span.start, first=False, apart=apart))
        statements.append(_item(item, lead, comments))
        previous = item
    rest = comments.lead(len(node.span.file.text), first=False)[:-2]
    padded = align(statements, 0)
    parts: list[Document] = []
    for statement, document in zip(statements, padded, strict=True):
        parts += [*statement.lead, document]
    return (*parts, *rest)


def _has_block(item: ast.Item) -> bool:
    text = item.span.text
    return isinstance(item, _BLOCKS) and ("\n" in text or "\r" in text)


def _item(item: ast.Item, lead: tuple[Document, ...], comments: Comments) -> Statement:
    if isinstance(item, ast.Const):
        head: Document = f"const {item.name.text}"
        if item.type is not None:
            head = (head, ": ", written_type(item.type, comments))
        tail = (" = ", expression(item.value, comments))
        return Statement(span=item.span, lead=lead, head=head, tail=tail, column="const")
    return Statement(span=item.span, lead=lead, tail=_body(item, comments))


def _body(item: ast.Item, comments: Comments) -> Document:
    match item:
        case ast.ImportModule(path=path, alias=alias):
            return f"import {path.text} as {alias.text}"
        case ast.ImportNames(path=path, names=names):
            return (f"import {path.text} ", _names(names, item.span, comments))
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
    match item:
        case ast.Extern():
            head = (f"extern fn {item.name.text}", parameters(item.params, comments))
            result = _result(item.result, comments)
            return (*head, result, " ", entries(item.entries, item.span, comments, 1))
        case ast.Environment():
            head = (f"environment {item.name.text}", parameters(item.params, comments))
            return (*head, " ", members(item.members, item.span, comments))
        case ast.Reward():
            targets = ", ".join(dotted.text for dotted in item.environments)
            declared = parameters(item.params, comments)
            target = Nest(2, (Line(), f"for {targets}"))
            heading = Group((f"reward {item.name.text}", declared, target))
            return (heading, " ", members(item.members, item.span, comments))
        case ast.Experiment(name=name, base=base):
            extends = "" if base is None else f" extends {base.text}"
            body = entries(item.entries, item.span, comments, 1)
            return (f"experiment {name.text}{extends} ", body)
        case ast.Sweep(name=name, base=base):
            body = sweep_items(item.items, item.span, comments, 1)
            return (f"sweep {name.text} of {base.text} ", body)
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


def members(found: Sequence[ast.Member], span: Span, comments: Comments) -> Document:
    """The block of an environment or a reward."""
    statements: list[Statement] = []
    for item in found:
        lead = tuple(comments.lead(item.span.start, first=not statements))
        statements.append(Statement(span=item.span, lead=lead, tail=_member(item, comments)))
    closing = finish(comments, span, empty=not statements)
    inline = is_inline(span, found[0].span if found else None)
    return block(statements, closing, inline=inline, level=1)


def _member(item: ast.Member, comments: Comments) -> Document:  # noqa: C901, PLR0911, PLR0912 - one case for each kind of member
    match item:
        case ast.State(variables=variables):
            return ("state ", _variables(variables, item.span, comments))
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
            return ("scope ", entries(inner, item.span, comments, 2))
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
        statements.append(Statement(span=item.span, lead=lead, tail=tail))
    closing = finish(comments, span, empty=not statements)
    inline = is_inline(span, variables[0].span if variables else None)
    return block(statements, closing, inline=inline, level=2)


def _action(item: ast.Action, comments: Comments) -> Document:
    binders = [
        (*comments.take(binder.span.start), f"{binder.name.text} in ", domain)
        for binder in item.binders
        for domain in [expression(binder.domain, comments)]
    ]
    head: list[Document] = [f"action {item.name.text}(", join(", ", binders), ")"]
    if item.guard is not None:
        head.append(Nest(2, (Line(), "when ", expression(item.guard, comments))))
    effects = _effects(item, comments)
    inline = isinstance(effects, Group) or effects == "{}"
    # Effects on lines of their own must not look like the guard above them.
    head.append(" " if inline else Line())
    return (Group(tuple(head)), effects)


def _effects(item: ast.Action, comments: Comments) -> Document:
    statements: list[Statement] = []
    for effect in item.effects:
        lead = tuple(comments.lead(effect.span.start, first=not statements))
        statements.append(Statement(span=effect.span, lead=lead, tail=_effect(effect, comments)))
    closing = finish(comments, item.span, empty=not statements)
    inline = is_inline(item.span, item.effects[0].span if item.effects else None)
    return block(statements, closing, inline=inline, level=2)


def _effect(effect: ast.Write | ast.Update, comments: Comments) -> Document:
    target = expression(effect.target, comments)
    if isinstance(effect, ast.Write):
        return (target, f" {effect.op.value} ", expression(effect.value, comments))
    function = ast.Attribute(base=effect.target, name=effect.method, span=effect.span)
    call = ast.Apply(function=function, arguments=effect.arguments, span=effect.span)
    return expression(call, comments)
