"""Applying fixes to texts: each as a whole or not at all, and never at the cost of a comment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import attrs

from gflowspec.core.diagnostics import Edit, Fix
from gflowspec.core.frozen import Frozen
from gflowspec.core.source import SourceFile
from gflowspec.lang.syntax.scan import Kind, scan


@attrs.frozen(eq=False, repr=False)
class Applied(Frozen):
    """Texts after some fixes, by name, and the fixes that were made."""

    texts: Mapping[str, str]
    fixes: tuple[Fix, ...]


def apply_fixes(sources: Mapping[str, SourceFile], fixes: Iterable[Fix]) -> Applied:
    """Make all fixes that touch nothing but ``sources`` and do not meet in one place.

    Args:
        sources: The files that may be changed, by name.
        fixes: Of two that overlap, the first one is made.
    """
    comments = {name: _comments(source.text) for name, source in sources.items()}
    taken: dict[str, list[Edit]] = defaultdict(list)
    made: list[Fix] = []
    for fix in dict.fromkeys(fixes):
        edits = fix.edits
        if not all(edit.span.file.name in sources for edit in edits):
            continue
        if any(_meet(edit, other) for edit in edits for other in taken[edit.span.file.name]):
            continue
        if any(_loses(edit, comments[edit.span.file.name]) for edit in edits):
            continue
        for edit in edits:
            taken[edit.span.file.name].append(edit)
        made.append(fix)
    texts = {name: _edited(source.text, taken[name]) for name, source in sources.items()}
    return Applied(texts, tuple(made))


def _edited(text: str, edits: Iterable[Edit]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    for edit in sorted(edits, key=lambda item: item.span.start, reverse=True):
        new = edit.text.replace("\n", newline)
        text = text[: edit.span.start] + new + text[edit.span.end :]
    return text


def _meet(one: Edit, other: Edit) -> bool:
    """Whether two edits overlap; two insertions at one place do, since neither comes first."""
    a, b = one.span, other.span
    return (a.start < b.end and b.start < a.end) or a.start == b.start


def _comments(text: str) -> list[tuple[int, int]]:
    return [(piece.start, piece.end) for piece in scan(text) if piece.kind is Kind.COMMENT]


def _loses(edit: Edit, comments: Iterable[tuple[int, int]]) -> bool:
    """Whether a comment that begins within an edit does not come back in its text."""
    text = edit.span.file.text
    return any(
        edit.span.start < start < edit.span.end and text[start:end] not in edit.text
        for start, end in comments
    )
