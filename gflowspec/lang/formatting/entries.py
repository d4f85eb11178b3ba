"""Experiments, sweeps, scopes and externs: generic entries -> layouts."""

from __future__ import annotations

from collections.abc import Sequence

from gflowspec.core.errors import InternalError
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.formatting.blocks import Statement, block, finish, is_inline
from gflowspec.lang.formatting.comments import Comments
from gflowspec.lang.formatting.document import Document, Flat, join
from gflowspec.lang.formatting.expressions import expression


def entries(
    head: Document, found: Sequence[ast.Entry], span: Span, comments: Comments, level: int
) -> Document:
    """``head`` and a block of entries; ``span`` ends with its closing brace."""
    statements: list[Statement] = []
    for item in found:
        lead = tuple(comments.lead(item.span.start, first=not statements))
        statements.append(_entry(item, lead, comments, level))
    closing = finish(comments, span, empty=not statements)
    inline = is_inline(span, found[0].span if found else None)
    return block(head, statements, closing, inline=inline, level=level)


def sweep_items(
    head: Document, found: Sequence[ast.SweepItem], span: Span, comments: Comments
) -> Document:
    """``head`` and the block of a sweep."""
    statements: list[Statement] = []
    for item in found:
        lead = tuple(comments.lead(item.span.start, first=not statements))
        tail = _sweep_item(item, comments)
        statements.append(Statement(lead=lead, tail=tail))
    closing = finish(comments, span, empty=not statements)
    inline = is_inline(span, found[0].span if found else None)
    return block(head, statements, closing, inline=inline, level=1)


def _entry(
    item: ast.Entry, lead: tuple[Document, ...], comments: Comments, level: int
) -> Statement:
    match item:
        case ast.Set(path=path, value=value, append=append):
            sign = " += " if append else " = "
            tail: Document = (sign, expression(value, comments))
            column = "" if append else "set"
            return Statement(lead=lead, head=path.text, tail=tail, column=column)
        case ast.Section(path=path, entries=inner):
            body = entries(path.text, inner, item.span, comments, level + 1)
            return Statement(lead=lead, tail=body)
        case ast.Every(interval=interval, entries=inner):
            head = ("every ", expression(interval, comments))
            body = entries(head, inner, item.span, comments, level + 1)
            if not isinstance(body, Flat):
                return Statement(lead=lead, tail=body)
            _, *rest = body.body
            return Statement(lead=lead, head=head, tail=Flat(tuple(rest)), column="every")
    message = f"no layout for {type(item).__name__}"
    raise InternalError(message)


def _sweep_item(item: ast.SweepItem, comments: Comments) -> Document:
    if item.kind == "also":
        return entries("also", item.entries, item.span, comments, 2)
    values = [expression(value, comments) for value in item.values]
    paths = [path.text for path in item.paths]
    match item.kind:
        case "grid":
            return (f"grid {paths[0]} = ", values[0])
        case "zip":
            return (f"zip ({', '.join(paths)}) = ", values[0])
        case "sample":
            return (f"sample {paths[0]} ~ ", values[0])
        case "samples":
            return ("samples ", join(" seed ", values))
        case "seeds":
            return ("seeds ", values[0])
        case "skip":
            return ("skip when ", values[0])
    message = f"no layout for {item.kind}"
    raise InternalError(message)
