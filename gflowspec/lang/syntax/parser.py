"""Texts -> syntax trees and diagnostics; bad text never raises."""

from __future__ import annotations

import os
from bisect import bisect_right
from pathlib import Path
from typing import Any

import attrs
from lark import UnexpectedInput, UnexpectedToken

from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag
from gflowspec.core.frozen import Frozen
from gflowspec.core.source import SourceFile, Span
from gflowspec.lang import ast
from gflowspec.lang.messages import syntax as messages
from gflowspec.lang.syntax.build import build
from gflowspec.lang.syntax.context import Context
from gflowspec.lang.syntax.examples import explain
from gflowspec.lang.syntax.items import Outline, Piece, outline
from gflowspec.lang.syntax.reuse import ParsedItems
from gflowspec.lang.syntax.table import MAX_DEPTH, DepthExceeded, load_parser

MAX_BYTES = 1024 * 1024
#: A file with more broken items than this is not a specification; reading it all takes too long.
MAX_BROKEN_ITEMS = 1_000
# An item ends at one of the next so many item keywords; those before it are names within it.
_LOOK_AHEAD = 3
COMMAND_LINE = "<command line>"
# How `plan` shows the blocks of `evaluate`; the number that follows belongs to no path.
_BLOCKS = "evaluate.every"


def read_source(path: str | os.PathLike[str]) -> tuple[SourceFile | None, tuple[Diagnostic, ...]]:
    """Read a file; the diagnostics say why there is none.

    GFS601: it cannot be read; GFS008: it is larger than 1 MiB; GFS005: it is not a UTF-8 text.
    """
    name = os.fspath(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
            size = os.fstat(file.fileno()).st_size
    except (OSError, ValueError) as error:
        return None, (messages.file_missing(name, _reason(error)),)
    if len(data) > MAX_BYTES:
        return None, (messages.file_too_large(name, max(size, len(data)), MAX_BYTES),)
    return decode(name, data)


def decode(name: str, data: bytes) -> tuple[SourceFile | None, tuple[Diagnostic, ...]]:
    """The text of ``data``; GFS005 if it holds a NUL or is not UTF-8."""
    try:
        source = SourceFile(name, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        good = len(data[: error.start].decode("utf-8"))
        source = SourceFile(name, data.decode("utf-8", "replace"))
        what = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        return None, (messages.not_text(Span(source, good, good + 1), what),)
    nul = source.text.find("\0")
    if nul >= 0:
        return None, (messages.not_text(Span(source, nul, nul + 1), "a NUL character"),)
    return source, ()


def parse(
    source: SourceFile, known: ParsedItems | None = None
) -> tuple[ast.Module, tuple[Diagnostic, ...]]:
    """Parse a file.

    Each item that has no syntax error is in the module, each that has one gives one diagnostic.

    Args:
        source: The text.
        known: Items of earlier texts; they are not parsed again, and new ones are added.
    """
    span = Span(source, 0, len(source.text))
    if len(source.text) > MAX_BYTES:
        size = len(source.text.encode("utf-8", "surrogatepass"))
        empty = ast.Module(version=None, items=(), span=span)
        return empty, (messages.text_too_large(source, size, MAX_BYTES),)
    cut = outline(source)
    found = DiagnosticBag()
    found.extend(cut.problems)
    items = _items(source, cut, found, ParsedItems() if known is None else known)
    module = ast.Module(version=cut.version, items=items, comments=cut.comments, span=span)
    return module, found.sorted()


def parse_override(text: str) -> tuple[ast.Override | None, tuple[Diagnostic, ...]]:
    """Parse the ``path=value`` of an ``-s``; what is wrong with it is GFS603."""
    if text.startswith(_BLOCKS):
        return None, (
            messages.block_has_no_path(Span(SourceFile(COMMAND_LINE, text), 0, len(_BLOCKS))),
        )
    node, problems = _command_line(text, "override")
    return node, tuple(messages.malformed_override(problem) for problem in problems)


def parse_expression(text: str) -> tuple[ast.Expr | None, tuple[Diagnostic, ...]]:
    """Parse a value or a call that was given on the command line."""
    return _command_line(text, "expression")


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, IsADirectoryError):
        return "is a directory"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror.lower()}"
    return "cannot be read"


def _items(
    source: SourceFile, cut: Outline, found: DiagnosticBag, known: ParsedItems
) -> tuple[ast.Item, ...]:
    """Parse all pieces, as long as there are not too many broken ones."""
    items: list[ast.Item] = []
    for piece in cut.pieces:
        if len(found) >= MAX_BROKEN_ITEMS:
            start = Span(source, piece.start, piece.start)
            found.add(messages.too_many_errors(start, MAX_BROKEN_ITEMS))
            break
        if piece.problem is not None:
            found.add(piece.problem)
            continue
        good, problems = known.get(source, piece, cut, _piece)
        items.extend(good)
        found.extend(problems)
    return tuple(items)


@attrs.frozen(eq=False, repr=False)
class _Failure(Frozen):
    """A text that did not parse: where it stopped (an offset in the file), and why."""

    at: int
    diagnostic: Diagnostic


def _piece(
    source: SourceFile, piece: Piece, cut: Outline
) -> tuple[list[ast.Item], list[Diagnostic]]:
    """Parse one piece; it may hold several items if they do not begin in the first column."""
    items: list[ast.Item] = []
    problems: list[Diagnostic] = []
    start: int | None = piece.start
    while start is not None and len(problems) < MAX_BROKEN_ITEMS:
        ahead = bisect_right(piece.breaks, start)
        for end in (*piece.breaks[ahead : ahead + _LOOK_AHEAD], piece.end):
            context = Context(source, start, cut.docs)
            result = _parse(context, end, "one")
            if not isinstance(result, _Failure):
                break
        if isinstance(result, _Failure):
            problems.append(result.diagnostic)
            start = result.at if start < result.at and result.at in piece.breaks else None
            continue
        if context.reserved:
            problems.append(_reserved(context))
        else:
            items.append(result)
        start = end if end < piece.end else None
    return items, problems


def _reserved(context: Context) -> Diagnostic:
    span = context.reserved[0]
    return messages.keyword_as_name(span, span.text)


def _command_line(text: str, rule: str) -> tuple[Any, tuple[Diagnostic, ...]]:
    source = SourceFile(COMMAND_LINE, text)
    if len(text) > MAX_BYTES:
        return None, (messages.text_too_large(source, len(text), MAX_BYTES),)
    cut = outline(SourceFile(COMMAND_LINE, text), with_version=False)
    for piece in cut.pieces:
        if piece.problem is not None:
            return None, (piece.problem,)
    context = Context(source, 0, {})
    result = _parse(context, len(text), rule)
    if isinstance(result, _Failure):
        return None, (result.diagnostic,)
    if context.reserved:
        return None, (_reserved(context),)
    return result, ()


def _parse(context: Context, end: int, rule: str) -> Any:
    """The node of ``file.text[context.base:end]``, or a ``_Failure``."""
    parser = load_parser()
    text = context.file.text[context.base : end]
    try:
        tree = parser.parse(text, start=rule)
    except DepthExceeded as error:
        span = context.span(error.start, error.end)
        return _Failure(span.start, messages.too_deep(span, MAX_DEPTH))
    except UnexpectedInput as error:
        return _failure(context, text, error)
    return build(tree, context)


def _failure(context: Context, text: str, error: UnexpectedInput) -> _Failure:
    """What lark stumbled over, in the words of the language."""
    start = error.pos_in_stream or 0
    end = start + 1
    if isinstance(error, UnexpectedToken):
        token = error.token
        start = end = len(text.rstrip())
        if token.type != "$END":
            start, end = token.start_pos or 0, token.end_pos or 0
    span = context.span(start, end)
    return _Failure(span.start, explain(error, span, context))
