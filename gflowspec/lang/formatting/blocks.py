"""Blocks in braces -> layouts: one statement on a line, equal signs of neighbours in a column."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from gflowspec.core.source import Span
from gflowspec.lang.formatting.comments import Comments
from gflowspec.lang.formatting.document import (
    WIDTH,
    Document,
    Group,
    Hard,
    IfBroken,
    Line,
    Nest,
    Remark,
    flat_width,
)


@attrs.frozen(kw_only=True)
class Statement:
    """A statement, or an item of the file.

    Attributes:
        span: Where it stands.
        lead: Line breaks and comments in front of it; see ``Comments.lead``.
        head: What is padded if ``column`` is set.
        tail: The rest.
        column: Neighbours with the same value have their tails in one column; empty for none.
    """

    span: Span
    lead: tuple[Document, ...] = ()
    head: Document = ""
    tail: Document = ""
    column: str = ""

    @property
    def width(self) -> int | None:
        """Columns on one line; None if it needs several."""
        return flat_width((self.head, self.tail))


def is_inline(span: Span, first: Span | None) -> bool:
    """Whether a block that ends where ``span`` does was written on one line."""
    if first is None:
        return True
    text = span.file.text[first.start : span.end]
    return "\n" not in text and "\r" not in text


def block(
    statements: Sequence[Statement], closing: Sequence[Document], *, inline: bool, level: int
) -> Document:
    """``{ a  b }`` if it was written on one line and fits on one, else a line for each.

    Args:
        statements: What stands in it.
        closing: Comments in front of the closing brace, with line breaks.
        inline: Whether it was written on one line.
        level: How many blocks it is in, itself included.
    """
    if not statements and not closing:
        return "{}"
    padded = align(statements, 2 * level)
    if inline:
        body: list[Document] = []
        for index, (statement, document) in enumerate(zip(statements, padded, strict=True)):
            body += [Line("  " if index else " "), *_remarks(statement.lead), document]
        return Group(("{", Nest(2, tuple(body)), *_remarks(closing), Line(), "}"))
    lines: list[Document] = []
    for statement, document in zip(statements, padded, strict=True):
        lines += [*statement.lead, document]
    return ("{", Nest(2, (*lines, *closing)), Hard(), "}")


def _remarks(lead: Sequence[Document]) -> tuple[Document, ...]:
    """A lead without its line breaks; those of the block are used instead."""
    return tuple(item for item in lead if not isinstance(item, Hard))


def align(statements: Sequence[Statement], indent: int) -> tuple[Document, ...]:
    """The statements, with the tails of each run of neighbours in one column."""
    padded: list[Document] = []
    for run in _runs(statements, indent):
        widths = [flat_width(item.head) or 0 for item in run]
        for item, width in zip(run, widths, strict=True):
            blanks = " " * (max(widths) - width)
            padded.append((item.head, IfBroken(blanks), item.tail))
    return tuple(padded)


def _runs(statements: Sequence[Statement], indent: int) -> list[list[Statement]]:
    runs: list[list[Statement]] = []
    open_run = False
    for statement in statements:
        width = statement.width
        simple = bool(statement.column) and width is not None and indent + width <= WIDTH
        joins = simple and open_run and runs[-1][-1].column == statement.column
        if joins and _is_adjacent(statement):
            runs[-1].append(statement)
        else:
            runs.append([statement])
        open_run = simple
    return runs


def _is_adjacent(statement: Statement) -> bool:
    """Whether a statement stands on the line below the one before it."""
    *remarks, line, text = statement.lead
    own = any(isinstance(item, Remark) and not item.trailing for item in remarks)
    return not own and (line, text) == (Hard(), "")


def finish(comments: Comments, span: Span, *, empty: bool) -> tuple[Document, ...]:
    """The comments in front of the closing brace at the end of ``span``."""
    if not comments.pending(span.end):
        return ()
    return tuple(comments.lead(span.end - 1, first=empty)[:-2])
