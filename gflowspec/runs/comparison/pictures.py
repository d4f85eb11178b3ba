"""From a comparison to its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gflowspec.runs.comparison.compare import Comparison, Summary
from gflowspec.statistics.intervals import band
from gflowspec.tracking.plots.comparison import Bar, Line, Panel, draw_curves, draw_outcomes

#: Places at which curves of one group are averaged.
_PLACES = 200


def draw(found: Comparison, folder: Path, heading: str, along: str | None = None) -> list[Path]:
    """Draw curves of the primary metric and its outcomes as PNG and SVG.

    Args:
        found: The comparison.
        folder: Where they go.
        heading: A line above them.
        along: The setting that tells lines of a panel apart; None means the last one.

    Returns:
        The files that were written.

    Raises:
        OSError: The folder cannot be written.
    """
    along = along or (found.by[-1] if found.by else "")
    panels = _panels(found, along)
    written = []
    if found.span is not None:
        paths = [folder / f"curves.{kind}" for kind in ("png", "svg")]
        ylabel = f"{found.metric}, mean and 95 % interval over seeds"
        draw_curves(panels, ylabel, heading, paths)
        written += paths
    paths = [folder / f"outcomes.{kind}" for kind in ("png", "svg")]
    draw_outcomes(panels, f"{found.primary}, mean and 95 % interval", heading, paths)
    return [*written, *paths]


def _panels(found: Comparison, along: str) -> list[Panel]:
    labels = list(dict.fromkeys(item.group.by.get(along, "runs") for item in found.groups))
    frames: dict[str, list[Summary]] = {}
    for item in found.groups:
        title = ", ".join(value for path, value in item.group.by.items() if path != along)
        frames.setdefault(title, []).append(item)
    made = []
    for title, items in frames.items():
        floor, words = _floor(items, found.metric)
        made.append(
            Panel(
                title=title,
                lines=[_line(item, found, along, labels) for item in items if found.span],
                bars=[_bar(item, found, along, labels) for item in items],
                floor=floor,
                floor_label=words,
            )
        )
    return made


def _line(item: Summary, found: Comparison, along: str, labels: Sequence[str]) -> Line:
    """The curves of the runs of a group, on common places."""
    assert found.span is not None
    curves = [row.curves[found.metric] for row in item.group.rows]
    start, end = found.span
    measured = np.unique(np.concatenate([curve.at for curve in curves]))
    at = measured[(measured >= start) & (measured <= end)]
    if len(at) > _PLACES:
        at = np.geomspace(start, end, _PLACES)
    middle, low, high = band(np.array([curve.interpolated(at) for curve in curves]))
    label = item.group.by.get(along, "runs")
    return Line(
        label=label,
        at=at,
        middle=middle,
        low=low,
        high=high,
        seeds=len(curves),
        style=labels.index(label),
    )


def _bar(item: Summary, found: Comparison, along: str, labels: Sequence[str]) -> Bar:
    outcome = item.outcomes[found.primary]
    label = item.group.by.get(along, "runs")
    return Bar(
        label=label,
        value=outcome.mean.value,
        low=outcome.mean.low,
        high=outcome.mean.high,
        points=list(outcome.values.values()),
        style=labels.index(label),
    )


def _floor(items: Sequence[Summary], metric: str) -> tuple[float | None, str]:
    """The floor of a sampled metric; for exact TV what samples of a perfect sampler would show."""
    sampled = [
        item.outcomes[name] for item in items if (name := f"{metric}.floor") in item.outcomes
    ]
    if sampled:
        return float(
            np.mean([outcome.mean.value for outcome in sampled])
        ), "noise floor of the samples"
    perfect = [
        row.values["tv_exact.perfect"]
        for item in items
        for row in item.group.rows
        if metric == "tv_exact" and "tv_exact.perfect" in row.values
    ]
    if not perfect:
        return None, ""
    return float(np.mean(perfect)), "shown by samples of a perfect sampler"
