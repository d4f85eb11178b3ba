"""Items that were parsed before, so that an editor waits for the one item that it changed.

An item is known by its text, its documentation and where other items may begin in it; nothing else
has a part in parsing it. What was made of it is moved to where it stands now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.recursion import room_to_recurse
from gflowspec.core.source import SourceFile, Span
from gflowspec.lang import ast
from gflowspec.lang.syntax.items import Outline, Piece

#: Pieces that are kept; the one that was used least recently goes first.
KEPT = 10_000

Parsed = tuple[list[ast.Item], list[Diagnostic]]
Parse = Callable[[SourceFile, Piece, Outline], Parsed]
_Key = tuple[str, tuple[tuple[int, str], ...], tuple[int, ...]]


@attrs.define
class ParsedItems:
    """What was made of the pieces of earlier texts.

    Attributes:
        parsed: How many pieces were parsed, and not found here, so far.
    """

    parsed: int = 0
    _known: dict[_Key, tuple[int, Parsed]] = attrs.field(factory=dict)

    def get(self, source: SourceFile, piece: Piece, cut: Outline, parse: Parse) -> Parsed:
        """The items and problems of a piece, as ``parse`` finds them."""
        key = _key(source, piece, cut)
        known = self._known.pop(key, None)
        if known is None:
            self.parsed += 1
            found = parse(source, piece, cut)
        else:
            start, (items, problems) = known
            by = piece.start - start
            with room_to_recurse():
                found = moved(items, source, by), moved(problems, source, by)
        self._known[key] = (piece.start, found)
        if len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        return found


def moved(value: Any, to: SourceFile, by: int) -> Any:
    """The same nodes or findings in another text, ``by`` code points further on."""
    if isinstance(value, Span):
        return Span(to, value.start + by, value.end + by)
    if isinstance(value, tuple | list):
        return type(value)(moved(item, to, by) for item in value)
    if not attrs.has(type(value)):
        return value
    names = [field.name for field in attrs.fields(type(value))]
    return type(value)(**{name: moved(getattr(value, name), to, by) for name in names})


def _key(source: SourceFile, piece: Piece, cut: Outline) -> _Key:
    docs = tuple(
        (offset - piece.start, doc)
        for offset, doc in cut.docs.items()
        if piece.start <= offset < piece.end
    )
    breaks = tuple(place - piece.start for place in piece.breaks)
    return source.text[piece.start : piece.end], docs, breaks
