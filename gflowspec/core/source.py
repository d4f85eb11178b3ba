"""Texts and places in them."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

import attrs

from gflowspec.core.frozen import Frozen


@attrs.frozen(eq=False, repr=False)
class Position(Frozen):
    """A place in a text, as people and as editors count it.

    Attributes:
        line: 1-based line.
        column: 1-based column, in code points.
        offset: 0-based offset, in UTF-8 bytes.
    """

    line: int
    column: int
    offset: int


@attrs.define(frozen=True, slots=False)
class SourceFile:
    """A text and the name under which messages mention it."""

    name: str
    text: str = attrs.field(repr=False)

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offsets, in code points, at which lines begin; CR LF and a lone CR end a line."""
        starts = [0]
        for index, character in enumerate(self.text):
            crlf = character == "\r" and self.text[index + 1 : index + 2] == "\n"
            if character in "\n\r" and not crlf:
                starts.append(index + 1)
        return tuple(starts)

    def position(self, offset: int) -> Position:
        """The position of the code point at ``offset``; the end of the text is a position too."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self.line_starts, offset)
        column = offset - self.line_starts[line - 1] + 1
        return Position(line, column, len(self.text[:offset].encode("utf-8", "surrogatepass")))

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its end."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


@attrs.frozen(eq=False, repr=False)
class Span(Frozen):
    """A half-open range of a text, in code points."""

    file: SourceFile
    start: int
    end: int

    @property
    def text(self) -> str:
        """What the span covers."""
        return self.file.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """The smallest span that covers both."""
        return Span(self.file, min(self.start, other.start), max(self.end, other.end))

    def __str__(self) -> str:
        """``file:line:column``, as in provenance and in messages."""
        place = self.file.position(self.start)
        return f"{self.file.name}:{place.line}:{place.column}"
