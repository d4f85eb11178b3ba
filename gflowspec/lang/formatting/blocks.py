"""Blocks in braces -> layouts: one statement on a line, equal signs of neighbours in a column."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from gflowspec.core.source import Span
from gflowspec.lang.formatting.comments import Comments
from gflowspec.lang.formatting.document import (
    WIDTH,
    Document,
    Flat,
    Hard,
    Nest,
    Remark,
    flat_width,
)


@attrs.frozen(kw_only=True)
class Statement:
    """A statement, or an item of the file.

    Attributes:
        lead: Line breaks and comments in front of it; see ``Comments.lead``.
        head: What is padded if ``column`` is set.
        tail: The rest.
        column: Neighbours with the same value have their tails in one column; empty for none.
        has_block: Whether it is an item with a block in braces.
    """

    lead: tuple[Document, ...] = ()
    head: Document = ""
    tail: Document = ""
    column: str = ""
    has_block: bool = False


def is_inline(span: Span, first: Span | None) -> bool:
    """Whether a block that ends where ``span`` does was written on one line."""
    if first is None:
        return True
    text = span.file.text[first.start : span.end]
    return "\n" not in text and "\r" not in text


def block(
    head: Document,
    statements: Sequence[Statement],
    closing: Sequence[Document],
    *,
    inline: bool,
    level: int,
) -> Document:
    """``head { a  b }`` if that was written on one line and fits on one, else a line for each.

    Args:
        head: What stands in front of the opening brace.
        statements: What stands in the block.
        closing: Comments in front of the closing brace, with line breaks.
        inline: Whether the block was written on one line.
        level: How many blocks the statements are in.
    """
    if inline:
        whole = (head, " ", one_line(statements, closing))
        if fits(whole, 2 * level - 2):
            return Flat(whole)
    return (head, " ", several_lines(statements, closing, level))


def fits(document: Document, indent: int) -> bool:
    """Whether a document can stand on a line that begins at column ``indent``."""
    width = flat_width(document)
    return width is not None and indent + width <= WIDTH


def one_line(statements: Sequence[Statement], closing: Sequence[Document]) -> Document:
    """``{ a  b }``; not flat if there are comments in it."""
    if not statements and not closing:
        return "{}"
    body: list[Document] = []
    for index, item in enumerate(statements):
        remarks = (part for part in item.lead if isinstance(part, Remark))
        body += ["  " if index else " ", *remarks, item.head, item.tail]
    return ("{", *body, *closing, " }")


def several_lines(
    statements: Sequence[Statement], closing: Sequence[Document], level: int
) -> Document:
    """A statement on each line."""
    if not statements and not closing:
        return "{}"
    lines: list[Document] = []
    for statement, document in zip(statements, align(statements, 2 * level), strict=True):
        lines += [*statement.lead, document]
    return ("{", Nest(2, (*lines, *closing)), Hard(), "}")


def align(statements: Sequence[Statement], indent: int) -> tuple[Document, ...]:
    """The statements, with the tails of each run of neighbours in one column."""
    padded: list[Document] = []
    for run in _runs(statements, indent):
        widths = [flat_width(item.head) or 0 for item in run]
        for item, width in zip(run, widths, strict=True):
            blanks = " " * (max(widths) - width)
            padded.append((item.head, blanks, item.tail))
    return tuple(padded)


def _runs(statements: Sequence[Statement], indent: int) -> list[list[Statement]]:
    runs: list[list[Statement]] = []
    open_run = False
    for statement in statements:
        simple = bool(statement.column) and fits((statement.head, statement.tail), indent)
        joins = simple and open_run and runs[-1][-1].column == statement.column
        if joins and _is_adjacent(statement):
            runs[-1].append(statement)
        else:
            runs.append([statement])
        open_run = simple
    return runs


def separated(lead: tuple[Document, ...]) -> tuple[Document, ...]:
    """A lead with an empty line in it, in front of its first line if there was none."""
    if any(isinstance(item, Hard) and item.blank for item in lead):
        return lead
    first = next(index for index, item in enumerate(lead) if isinstance(item, Hard))
    return (*lead[:first], Hard(blank=True), *lead[first + 1 :])


def _is_adjacent(statement: Statement) -> bool:
    """Whether no empty line stands between a statement and the one before it."""
    return not any(isinstance(item, Hard) and item.blank for item in statement.lead)


def finish(comments: Comments, span: Span, *, empty: bool) -> tuple[Document, ...]:
    """The comments in front of the closing brace at the end of ``span``."""
    if not comments.pending(span.end):
        return ()
    return tuple(comments.lead(span.end - 1, first=empty)[:-2])
