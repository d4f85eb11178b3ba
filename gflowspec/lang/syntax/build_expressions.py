"""Rules of expressions and of types -> nodes. Pure constructors: nothing is checked here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lark import Token

from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.syntax.context import Builder, Context, between, present
from gflowspec.lang.syntax.scan import unescape


def string(context: Context, token: Token) -> ast.String:
    """A string from its token."""
    span = context.span(token.start_pos or 0, token.end_pos or 0)
    return ast.String(text=str(token), value=unescape(token), span=span)


def reference(dotted: ast.Dotted) -> ast.Expr:
    """``a.b`` as an expression."""
    first, *rest = dotted.parts
    result: ast.Expr = ast.Var(name=first.text, span=first.span)
    for name in rest:
        result = ast.Attribute(base=result, name=name, span=between(first, name))
    return result


def _binary(operator: str) -> Builder:
    def build(_context: Context, span: Span, children: list[Any]) -> ast.Expr:
        left, right = children
        return ast.Binary(op=operator, left=left, right=right, span=span)

    return build


def _unary(operator: str) -> Builder:
    def build(_context: Context, span: Span, children: list[Any]) -> ast.Expr:
        return ast.Unary(op=operator, operand=children[0], span=span)

    return build


def _comparison(_context: Context, span: Span, children: list[Any]) -> ast.Expr:
    operands, operators = tuple(children[::2]), tuple(children[1::2])
    return ast.Comparison(operands=operands, operators=operators, span=span)


def _cond(_context: Context, span: Span, children: list[Any]) -> ast.Expr:
    then, test, otherwise = children
    return ast.Conditional(test=test, then=then, otherwise=otherwise, span=span)


def _var(context: Context, span: Span, children: list[Any]) -> ast.Expr:
    return ast.Var(name=context.name(children[0]).text, span=span)


def _lv_name(context: Context, span: Span, children: list[Any]) -> ast.Expr:
    return ast.Var(name=context.declared(children[0]).text, span=span)


def _attr(context: Context, span: Span, children: list[Any]) -> ast.Expr:
    base, name = children
    if isinstance(name, Token):
        name = context.name(name)
    return ast.Attribute(base=base, name=name, span=span)


def _index(_context: Context, span: Span, children: list[Any]) -> ast.Expr:
    return ast.Index(base=children[0], indices=tuple(children[1:]), span=span)


def _slice(_context: Context, span: Span, children: list[Any]) -> ast.Expr:
    base, lower, upper = children
    return ast.Slice(base=base, lower=lower, upper=upper, span=span)


def _apply(_context: Context, span: Span, children: list[Any]) -> ast.Expr:
    function, arguments = children
    return ast.Apply(function=function, arguments=arguments or (), span=span)


def _call(_context: Context, span: Span, children: list[Any]) -> ast.Expr:
    dotted, arguments = children
    return ast.Apply(function=reference(dotted), arguments=arguments or (), span=span)


def _args(_context: Context, _span: Span, children: list[Any]) -> tuple[ast.Argument, ...]:
    return tuple(
        child
        if isinstance(child, ast.Argument)
        else ast.Argument(name=None, value=child, span=child.span)
        for child in children
    )


def _named(_context: Context, span: Span, children: list[Any]) -> ast.Argument:
    name, value = children
    return ast.Argument(name=name, value=value, span=span)


def _file_ref(context: Context, span: Span, children: list[Any]) -> ast.Expr:
    path, arguments = children
    return ast.FileRef(path=string(context, path), arguments=arguments or (), span=span)


def _generator(_context: Context, span: Span, children: list[Any]) -> ast.Expr:
    return ast.Generator(body=children[0], clauses=children[1], span=span)


def _list_comp(_context: Context, span: Span, children: list[Any]) -> ast.Expr:
    return ast.ListComp(body=children[0], clauses=children[1], span=span)


def _set_comp(_context: Context, span: Span, children: list[Any]) -> ast.Expr:
    return ast.SetComp(body=children[0], clauses=children[1], span=span)


def _comp_for(context: Context, span: Span, children: list[Any]) -> tuple[ast.CompFor, ...]:
    *names, domain, condition, rest = children
    last = domain if condition is None else condition
    own = span if rest is None else Span(span.file, span.start, last.span.end)
    clause = ast.CompFor(
        names=tuple(context.name(name) for name in names),
        domain=domain,
        condition=condition,
        span=own,
    )
    return (clause, *(rest or ()))


def _tuple(_context: Context, span: Span, children: list[Any]) -> ast.Expr:
    return ast.TupleExpr(items=present(children), span=span)


def _list(_context: Context, span: Span, children: list[Any]) -> ast.Expr:
    return ast.ListExpr(items=present(children), span=span)


def _dotted(context: Context, span: Span, children: list[Any]) -> ast.Dotted:
    parts = tuple(
        child if isinstance(child, ast.Name) else context.name(child) for child in children
    )
    return ast.Dotted(parts=parts, span=span)


EXPRESSIONS: Mapping[str, Builder] = {
    "number": lambda _c, span, children: ast.Number(text=str(children[0]), span=span),
    "quantity": lambda _c, span, children: ast.Quantity(text=str(children[0]), span=span),
    "string": lambda context, _s, children: string(context, children[0]),
    "true": lambda _c, span, _children: ast.Bool(value=True, span=span),
    "false": lambda _c, span, _children: ast.Bool(value=False, span=span),
    "empty": lambda _c, span, _children: ast.Empty(span=span),
    "whole_state": lambda _c, span, _children: ast.WholeState(span=span),
    "var": _var,
    "lv_name": _lv_name,
    "attr": _attr,
    "lv_attr": _attr,
    "index": _index,
    "lv_index": _index,
    "slice": _slice,
    "apply": _apply,
    "group": lambda _c, span, children: ast.Group(inner=children[0], span=span),
    "tuple": _tuple,
    "list": _list,
    "generator": _generator,
    "list_comp": _list_comp,
    "set_comp": _set_comp,
    "file_ref": _file_ref,
    "comparison": _comparison,
    "cond": _cond,
    "not_": _unary("not"),
    "neg": _unary("-"),
    "implies": _binary("=>"),
    "or_": _binary("or"),
    "and_": _binary("and"),
    "range": _binary(".."),
    "plus": _binary("+"),
    "minus": _binary("-"),
    "mul": _binary("*"),
    "div": _binary("/"),
    "floordiv": _binary("//"),
    "mod": _binary("%"),
    "pow": _binary("^"),
}

#: Rules within expressions that are no expressions themselves.
PARTS: Mapping[str, Builder] = {
    "call": _call,
    "args": _args,
    "named": _named,
    "comp_for": _comp_for,
    "comp_op": lambda _c, _s, children: " ".join(children),
    "word": lambda _c, _s, children: children[0],
    "soft": lambda context, _s, children: context.name(children[0]),
    "dotted": _dotted,
    "every_word": lambda context, _s, children: context.name(children[0]),
    "path": _dotted,
    "every_path": _dotted,
    "names": lambda context, _s, children: tuple(context.name(child) for child in children),
}
