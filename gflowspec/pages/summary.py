"""A state graph that is too large to draw: how many states and edges each rank has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from gflowspec.pages import svg

_HEIGHT = 220.0
_LEFT, _TOP = 64.0, 56.0
_TICKS = 4


def summary(
    states: Sequence[tuple[int, bool]], leaving: Iterable[int], heading: str, counts: str
) -> str:
    """Bars of terminating and inner states by rank, and a line of the edges that leave it.

    Args:
        states: The rank of each state, and whether a trajectory may end there.
        leaving: The rank of the parent of each edge.
        heading: Line above the picture.
        counts: Line below it.
    """
    all_states, edges = Counter(rank for rank, _ in states), Counter(leaving)
    ends = Counter(rank for rank, terminating in states if terminating)
    ranks = max(all_states) + 1
    top = max(*all_states.values(), *edges.values(), 1)
    wide = max(8.0, min(40.0, 760.0 / ranks))

    def high(count: int) -> float:
        return _HEIGHT * count / top

    parts = [
        svg.text(24.0, 20.0, heading, 13.0, {"font-weight": "bold"}),
        svg.text(24.0, 36.0, counts, 11.0, {"fill": "#57606a"}),
        *_axis(top, wide * ranks),
    ]
    floor = _TOP + _HEIGHT
    for rank in range(ranks):
        x = _LEFT + wide * (rank + 0.1)
        inner = all_states[rank] - ends[rank]
        words = f"rank {rank}: {all_states[rank]:,} states, {ends[rank]:,} terminating, "
        words += f"{edges[rank]:,} edges leave it"
        bars = [
            _bar(x, floor - high(ends[rank]), wide * 0.8, high(ends[rank]), svg.GREEN),
            _bar(x, floor - high(all_states[rank]), wide * 0.8, high(inner), svg.FAINT),
        ]
        parts.append(svg.element("g", {}, svg.title(words), *bars))
    points = " ".join(
        f"{_LEFT + wide * (rank + 0.5):.1f},{floor - high(edges[rank]):.1f}"
        for rank in range(ranks)
        if edges[rank]
    )
    line: svg.Attributes = {"points": points, "fill": "none", "stroke": svg.ORANGE}
    parts.append(svg.element("polyline", {**line, "stroke-width": 1.8}))
    every = max(1, -(-ranks // 20))
    middle = {"text-anchor": "middle", "fill": "#57606a"}
    parts.extend(
        svg.text(_LEFT + wide * (rank + 0.5), floor + 14, str(rank), 9.0, middle)
        for rank in range(0, ranks, every)
    )
    parts.append(svg.text(_LEFT, floor + 30, "rank: actions from the source", 10.0))
    parts += _legend(floor + 48)
    width = max(_LEFT + wide * ranks + 24.0, svg.text_width(heading, 13.0) + 48.0, 470.0)
    return svg.document(width, floor + 66, parts, label=f"{heading}: {counts}")


def _bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return svg.element("rect", {"x": x, "y": y, "width": width, "height": height, "fill": colour})


def _axis(top: int, width: float) -> list[str]:
    """Horizontal lines with their counts."""
    step = max(1, -(-top // _TICKS))
    parts = []
    for count in range(0, top + 1, step):
        y = _TOP + _HEIGHT * (1 - count / top)
        line = {"d": f"M{_LEFT} {y:.1f}h{width:.1f}", "stroke": "#eaeef2"}
        parts.append(svg.element("path", line))
        end = {"text-anchor": "end", "fill": "#57606a"}
        parts.append(svg.text(_LEFT - 6, y + 3, f"{count:,}", 9.0, end))
    return parts


def _legend(y: float) -> list[str]:
    parts, x = [], _LEFT
    for name, colour in (
        ("terminating states", svg.GREEN),
        ("inner states", svg.FAINT),
        ("edges that leave the rank", svg.ORANGE),
    ):
        parts.append(_bar(x, y - 8, 14.0, 9.0, colour))
        parts.append(svg.text(x + 19, y, name, 10.0))
        x += 19 + svg.text_width(name, 10.0) + 16
    return parts
