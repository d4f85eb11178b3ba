"""Plain-text tables and words for numbers, for people."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any


def columns(rows: Sequence[Sequence[Any]], header: Sequence[str] = ()) -> str:
    """Rows as left-aligned columns; numbers are aligned to the right."""
    table = [list(header)] if header else []
    table += [[cell(value) for value in row] for row in rows]
    if not table:
        return ""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    numeric = [
        bool(rows) and all(isinstance(row[i], int | float) or row[i] is None for row in rows)
        for i in range(len(widths))
    ]
    lines = []
    for row in table:
        cells = (
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric, strict=True)
        )
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def cell(value: Any) -> str:
    """A value in a table."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def pairs(values: Mapping[str, Any]) -> str:
    """Names and values, one pair a line."""
    width = max((len(name) for name in values), default=0)
    return "\n".join(f"{name.ljust(width)}  {cell(value)}" for name, value in values.items())


def moment(seconds: float) -> str:
    """A time as people read it, in the zone of this machine."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def duration(seconds: float) -> str:
    """``75`` -> ``1:15``."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
