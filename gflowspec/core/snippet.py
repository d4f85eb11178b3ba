"""Lines of source with marks under them: the part of a message that shows the place."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import groupby

import attrs

from gflowspec.core.diagnostics import Label
from gflowspec.core.frozen import Frozen
from gflowspec.core.source import Span

TAB = 4
_WINDOW = 160  # code points of a very long line that are shown
_BEFORE = 60  # of which in front of the mark


@attrs.frozen(eq=False, repr=False)
class Mark(Frozen):
    """A label and whether it is the primary one."""

    label: Label
    primary: bool

    @property
    def span(self) -> Span:
        """Where it points."""
        return self.label.span


@attrs.frozen(eq=False, repr=False)
class Row(Frozen):
    """A row of a snippet.

    Attributes:
        gutter: What stands left of the bar; None where there is no bar.
        text: The rest.
        role: ``source``, ``primary``, ``related``, ``place`` or ``gap``.
    """

    gutter: str | None
    text: str
    role: str


def snippet(primary: Label, related: Sequence[Label]) -> tuple[Row, ...]:
    """All rows that show ``primary`` and ``related``; the file of the former comes first."""
    marks = [Mark(primary, primary=True), *(Mark(label, primary=False) for label in related)]
    names = list(dict.fromkeys(mark.span.file.name for mark in marks))
    rows: list[Row] = []
    for index, name in enumerate(names):
        there = [mark for mark in marks if mark.span.file.name == name]
        arrow = "-->" if index == 0 else ":::"
        rows.append(Row(None, f"{arrow} {there[0].span}", "place"))
        if there[0].span.file.text:
            rows.append(Row("", "", "source"))
            rows.extend(_file_rows(there))
    return tuple(rows)


def display_width(character: str) -> int:
    """Columns that a shown character takes in a terminal: 0, 1 or 2."""
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def shown(text: str) -> list[str]:
    """Each character as it is printed: tabs as blanks, invisible ones as a replacement mark."""
    cells: list[str] = []
    column = 0
    for character in text:
        cell = character
        if character == "\t":
            cell = " " * (TAB - column % TAB)
        elif unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            cell = "\N{REPLACEMENT CHARACTER}"
        column += sum(map(display_width, cell))
        cells.append(cell)
    return cells


def _file_rows(marks: list[Mark]) -> list[Row]:
    rows: list[Row] = []
    previous: int | None = None

    def line_of(mark: Mark) -> int:
        return mark.span.file.position(mark.span.start).line

    for number, group in groupby(sorted(marks, key=lambda m: m.span.start), key=line_of):
        if previous is not None and number > previous + 1:
            rows.append(Row(None, "...", "gap"))
        rows.extend(_line_rows(number, list(group)))
        previous = number
    return rows


def _line_rows(number: int, marks: list[Mark]) -> list[Row]:
    file = marks[0].span.file
    line = file.line(number)
    offset = file.line_starts[number - 1]
    first = marks[0].span.start - offset
    low = max(0, first - _BEFORE) if len(line) > _WINDOW else 0
    visible = line[low : low + _WINDOW]
    cells = shown(visible)
    widths = [sum(map(display_width, cell)) for cell in cells]
    left = "…" if low else ""
    right = "…" if low + _WINDOW < len(line) else ""
    rows = [Row(str(number), (left + "".join(cells) + right).rstrip(), "source")]
    for mark in marks:
        start = min(mark.span.start - offset - low, len(visible))
        end = min(mark.span.end - offset - low, len(visible))
        blanks = " " * (len(left) + sum(widths[:start]))
        sign = "^" if mark.primary else "-"
        signs = sign * max(1, sum(widths[start:end]))
        text = f"{blanks}{signs} {mark.label.text}".rstrip()
        rows.append(Row("", text, "primary" if mark.primary else "related"))
    return rows
