"""Texts as tokens with the space in front of them, so that edits keep the rest as it was."""

from __future__ import annotations

from gflowspec.lang.syntax.scan import Kind, scan


def tokens(text: str) -> list[str]:
    """Tokens, each with what stands before it; joined they are the text (but for its end)."""
    found, space = [], ""
    for piece in scan(text):
        part = text[piece.start : piece.end]
        if piece.kind in {Kind.SPACE, Kind.COMMENT, Kind.MARK}:
            space += part
        else:
            found.append(space + part)
            space = ""
    return found


def block(parts: list[str], start: int) -> int:
    """The end of the bracketed block that begins at ``start``; ``start + 1`` if none does."""
    depth = 0
    for at in range(start, len(parts)):
        last = parts[at][-1:]
        depth += (last in "([{") - (last in ")]}")
        if depth <= 0:
            return at + 1
    return start + 1
