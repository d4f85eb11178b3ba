"""Cuts a file into its top-level items, so that an error in one does not hide those of the next.

Items begin at item keywords in the first column (of the file's margin, if all of it is indented).
Each is parsed alone. Comments, documentation and brackets are found here too; an item with an open
bracket, a bad number or an open string is reported and never reaches the parser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice

import attrs

from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.frozen import Frozen
from gflowspec.core.source import SourceFile, Span
from gflowspec.lang import ast
from gflowspec.lang.messages import syntax as messages
from gflowspec.lang.syntax.scan import CLOSER_OF, Kind, Scanned, bad_escape, is_number, scan

#: Words that begin a top-level item.
ITEM_KEYWORDS = frozenset(
    [
        "import",
        "const",
        "param",
        "enum",
        "type",
        "fn",
        "data",
        "extern",
        "environment",
        "reward",
        "experiment",
        "sweep",
    ]
)
MAX_BRACKETS = 100
SUPPORTED_VERSION = "1.0"

# Inside brackets `reward = R()` is a setting, `reward R(...)` the head of an item.
_HEADER = re.compile(
    r'(?:import[ \t]*"|\w+[ \t]+(?!(?:if|for|is|in|and|or|not|else)\b)[^\W\d])', re.UNICODE
)
_BLANK = (Kind.SPACE, Kind.COMMENT, Kind.MARK)
_FRACTION = re.compile(r"\.\d+")
_UNITS = "the units are ms, s, min, h, d, KiB, MiB and GiB"


@attrs.frozen(eq=False, repr=False)
class Piece(Frozen):
    """The text of one item.

    Attributes:
        start: Offset of its first token.
        end: Offset behind its last token.
        breaks: Offsets, ascending, of item keywords outside all brackets, where another item may
            begin.
        problem: What keeps it from being parsed, if anything does.
    """

    start: int
    end: int
    breaks: tuple[int, ...]
    problem: Diagnostic | None


@attrs.frozen(eq=False, repr=False)
class Outline(Frozen):
    """A file, cut up.

    Attributes:
        version: As it is written; None where it is missing.
        pieces: The items.
        comments: All comments, in order.
        docs: Documentation, by the offset of the token that follows it.
        problems: What is wrong outside the items.
    """

    version: str | None
    pieces: tuple[Piece, ...]
    comments: tuple[ast.Comment, ...]
    docs: Mapping[int, str]
    problems: tuple[Diagnostic, ...]


def outline(source: SourceFile, *, with_version: bool = True) -> Outline:
    """Cut ``source`` into items; never fails.

    Without ``with_version`` it is not a file but a text of the command line.
    """
    if not with_version:
        return _cut(source, 0, 0, None, ())
    head = tuple(islice((item for item in scan(source.text) if item.kind not in _BLANK), 2))
    version, body, problem = _version(source, head)
    problems = () if problem is None else (problem,)
    if version is not None and version != SUPPORTED_VERSION:
        body = len(source.text)  # what follows may be a language that is unknown here
    return _cut(source, body, _margin(source, head), version, problems)


def _cut(
    source: SourceFile,
    body: int,
    margin: int,
    version: str | None,
    problems: tuple[Diagnostic, ...],
) -> Outline:
    cutter = _Cutter(source, body, margin)
    for scanned in scan(source.text):
        cutter.feed(scanned)
    cutter.finish()
    return Outline(version, tuple(cutter.pieces), tuple(cutter.comments), cutter.docs, problems)


def _version(
    source: SourceFile, head: tuple[Scanned, ...]
) -> tuple[str | None, int, Diagnostic | None]:
    """The version, the offset behind it, and what is wrong with it, from the first two tokens."""
    if not head:
        return None, len(source.text), messages.empty_file(source)
    first = Span(source, head[0].start, head[0].end)
    numbered = len(head) > 1 and head[1].kind is Kind.NUMBER
    if first.text == "gfs" and not numbered:
        return None, first.end, messages.bad_version(first)
    if numbered and head[0].kind is Kind.WORD and first.text not in ITEM_KEYWORDS:
        line = Span(source, head[0].start, head[1].end)
        version = source.text[head[1].start : head[1].end]
        if first.text != "gfs":
            return None, line.end, messages.bad_version(line)
        if version != SUPPORTED_VERSION:
            return version, line.end, messages.unsupported_version(line, version)
        return version, line.end, None
    return None, first.start, messages.missing_version(first)


def _margin(source: SourceFile, head: tuple[Scanned, ...]) -> int:
    """How far the first token is indented."""
    if not head:
        return 0
    start = head[0].start
    text = source.text
    return start - max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) - 1


@attrs.define
class _Open:
    """An open bracket, with the indentation of its line."""

    span: Span
    indent: int


@attrs.define
class _Cutter:
    """Reads pieces of text from left to right; tokens before ``body`` belong to no item."""

    source: SourceFile
    body: int
    margin: int
    pieces: list[Piece] = attrs.field(factory=list)
    comments: list[ast.Comment] = attrs.field(factory=list)
    docs: dict[int, str] = attrs.field(factory=dict)
    _pending: list[str] = attrs.field(factory=list)
    _line: int = 0
    _fresh: bool = True
    _indent: int = 0
    _start: int | None = None
    _end: int = 0
    _word: str = ""
    _open: list[_Open] = attrs.field(factory=list)
    _excess: int = 0
    _breaks: list[int] = attrs.field(factory=list)
    _problem: Diagnostic | None = None
    _suspect: tuple[Span, Span] | None = None

    def feed(self, scanned: Scanned) -> None:
        """Take the next piece of text."""
        if scanned.kind is Kind.SPACE:
            self._space(scanned)
        elif scanned.kind is Kind.COMMENT:
            self._comment(scanned)
        elif scanned.start >= self.body and scanned.kind is not Kind.MARK:
            self._token(scanned)

    def finish(self) -> None:
        """Close the last item."""
        self._close(None)

    # -- layout

    def _space(self, scanned: Scanned) -> None:
        text = self._text(scanned)
        newline = max(text.rfind("\n"), text.rfind("\r"))
        if newline >= 0:
            self._line = scanned.start + newline + 1
            self._fresh = True

    def _comment(self, scanned: Scanned) -> None:
        text = self._text(scanned).rstrip()
        doc = text.startswith("##")
        span = Span(self.source, scanned.start, scanned.start + len(text))
        self.comments.append(ast.Comment(text=text, span=span, doc=doc))
        if doc:
            self._pending.append(text[2:].strip())

    # -- tokens

    def _token(self, scanned: Scanned) -> None:
        if self._pending:
            self.docs[scanned.start] = "\n".join(self._pending)
            self._pending = []
        first = self._fresh
        if first:
            self._indent = scanned.start - self._line
            self._fresh = False
        word = self._text(scanned) if scanned.kind is Kind.WORD else ""
        if word in ITEM_KEYWORDS and self._word != "extern":  # `extern fn` is one item
            self._keyword(scanned, first and self._indent in {0, self.margin})
        if self._start is None:
            self._start = scanned.start
        self._check(scanned, first)
        self._word = word
        self._end = scanned.end

    def _keyword(self, scanned: Scanned, in_first_column: bool) -> None:
        header = _HEADER.match(self.source.text, scanned.start) is not None
        if in_first_column and (header or not self._open):
            self._close(self._span(scanned))
            self._start = scanned.start
        elif not self._open:
            self._breaks.append(scanned.start)

    def _check(self, scanned: Scanned, first: bool) -> None:
        if scanned.kind is Kind.OPENER:
            self._opener(scanned)
        elif scanned.kind is Kind.CLOSER:
            self._closer(scanned, first)
        elif self._problem is None:
            self._problem = self._lexical(scanned)

    def _opener(self, scanned: Scanned) -> None:
        if len(self._open) < MAX_BRACKETS:
            self._open.append(_Open(self._span(scanned), self._indent))
        else:
            self._report(messages.too_many_brackets(self._span(scanned), MAX_BRACKETS))
            self._excess += 1

    def _closer(self, scanned: Scanned, first: bool) -> None:
        span = self._span(scanned)
        if self._excess:
            self._excess -= 1
            return
        if not self._open:
            self._report(messages.unopened(span))
            return
        expected = CLOSER_OF[self._open[-1].span.text]
        if expected != span.text:
            self._report(messages.wrong_closer(self._open[-1].span, span, expected))
            self._forget_up_to(span.text)
            return
        opened = self._open.pop()
        if first and self._indent < opened.indent and self._suspect is None:
            self._suspect = (opened.span, span)

    def _forget_up_to(self, closer: str) -> None:
        """Drop brackets up to the one that ``closer`` fits, if there is one."""
        for index in range(len(self._open) - 1, -1, -1):
            if CLOSER_OF[self._open[index].span.text] == closer:
                del self._open[index:]
                return

    def _lexical(self, scanned: Scanned) -> Diagnostic | None:
        if scanned.kind in {Kind.WORD, Kind.OTHER}:
            return None
        span = self._span(scanned)
        if scanned.kind is Kind.OPEN_STRING:
            return messages.unterminated_string(span)
        if scanned.kind is Kind.STRING:
            bad = bad_escape(span.text)
            if bad is not None:
                start = scanned.start + bad[0]
                return messages.bad_escape(Span(self.source, start, scanned.start + bad[1]))
        if scanned.kind is Kind.NUMBER:
            return self._number(span)
        return None

    def _number(self, span: Span) -> Diagnostic | None:
        text = self.source.text
        if not is_number(span.text):
            instead = f"0{span.text}" if _FRACTION.fullmatch(span.text) else ""
            return messages.bad_number(span, _advice(span.text), instead)
        if text[span.end : span.end + 1] == "." and text[span.end + 1 : span.end + 2] != ".":
            dotted = Span(self.source, span.start, span.end + 1)
            return messages.bad_number(dotted, f"write `{span.text}.0`", f"{span.text}.0")
        return None

    # -- items

    def _close(self, next_item: Span | None) -> None:
        """End the current item; ``next_item`` is the keyword that begins the next one."""
        if self._start is not None:
            if self._open and self._problem is None:
                opener, suspect = self._suspect or (self._open[-1].span, None)
                self._problem = messages.unclosed(opener, next_item, suspect)
            piece = Piece(self._start, self._end, tuple(self._breaks), self._problem)
            self.pieces.append(piece)
        self._start = self._problem = self._suspect = None
        self._open, self._breaks, self._excess = [], [], 0

    def _report(self, problem: Diagnostic) -> None:
        if self._problem is None:
            self._problem = problem

    def _text(self, scanned: Scanned) -> str:
        return self.source.text[scanned.start : scanned.end]

    def _span(self, scanned: Scanned) -> Span:
        return Span(self.source, scanned.start, scanned.end)


def _advice(text: str) -> str:
    """What to write instead of a bad number."""
    if _FRACTION.fullmatch(text):
        return f"write `0{text}`"
    if text.lower().startswith(("0x", "0b")):
        return "write digits behind a lower-case `0x` or `0b`, such as `0xff` or `0b1010`"
    if text.count(".") > 1:
        return "a number has one decimal point"
    if "_" in text:
        return "a single `_` may stand between two digits"
    return f"a number ends where letters begin; {_UNITS}"
