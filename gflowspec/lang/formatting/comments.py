"""The comments of a file, handed out in order to the places where they are printed."""

from __future__ import annotations

import re
from bisect import bisect_right

import attrs

from gflowspec.core.source import SourceFile
from gflowspec.lang import ast
from gflowspec.lang.formatting.document import Document, Hard, Remark

_NOTHING = re.compile(r"(?:[ \t\r\n\f]|#[^\r\n]*)*")


@attrs.define
class Comments:
    """Comments that were not printed yet, and where the lines of the source end."""

    source: SourceFile
    waiting: list[ast.Comment]
    _next: int = 0

    def pending(self, before: int) -> bool:
        """Whether a comment in front of an offset was not printed yet."""
        return self._next < len(self.waiting) and self.waiting[self._next].span.start < before

    def take(self, before: int) -> tuple[Document, ...]:
        """The comments in front of an offset that were not printed yet, within a line."""
        found: list[Document] = []
        while self.pending(before):
            comment = self._pop()
            text = self._text(comment, before)
            found.append(Remark(text, self.is_trailing(comment)))
        return tuple(found)

    def lead(self, before: int, *, first: bool) -> list[Document]:
        """What comes in front of a statement: line breaks, empty lines and comments.

        Args:
            before: Offset of the statement, or of the bracket behind the last one.
            first: Whether nothing of the block was printed yet; it begins without empty lines.
        """
        parts: list[Document] = []
        own: list[tuple[bool, Document]] = []
        while self.pending(before):
            comment = self._pop()
            text = self._text(comment, before)
            if self.is_trailing(comment) and not own:
                parts.append(Remark(text, trailing=True))
            else:
                blank = self.has_blank_line(comment.span.start)
                own.append((blank, Remark(text, trailing=False)))
        own.append((self.has_blank_line(before), ""))
        for index, (blank, body) in enumerate(own):
            starts = first and index == 0
            parts.append(Hard(blank=blank and not starts))
            parts.append(body)
        return parts

    def is_trailing(self, comment: ast.Comment) -> bool:
        """Whether something else stands in front of a comment on its line."""
        return bool(self._before_on_line(comment.span.start).strip("\ufeff \t\f"))

    def has_blank_line(self, offset: int) -> bool:
        """Whether an empty line stands directly in front of the line of an offset."""
        if self._before_on_line(offset).strip():
            return False
        number = self._line(offset)
        return number > 1 and not self.source.line(number - 1).strip()

    def _before_on_line(self, offset: int) -> str:
        return self.source.text[self.source.line_starts[self._line(offset) - 1] : offset]

    def _line(self, offset: int) -> int:
        return bisect_right(self.source.line_starts, offset)

    def _text(self, comment: ast.Comment, before: int) -> str:
        """The comment as it is printed in front of an offset.

        Documentation that tokens separate from there belongs to none; it must not come to document
        what stands there, so it becomes a plain comment.
        """
        stray = comment.doc and not _NOTHING.fullmatch(self.source.text, comment.span.end, before)
        return f"#{comment.text.lstrip('#')}" if stray else comment.text

    def _pop(self) -> ast.Comment:
        self._next += 1
        return self.waiting[self._next - 1]
