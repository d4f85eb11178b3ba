"""Curves and outcomes of groups of runs, with intervals over seeds and noise floors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from gflowspec.tracking.plots import canvas

Numbers = NDArray[np.float64]
#: Panels in one row.
_ACROSS = 4
_MARKERS = "osD^vPX*"


@attrs.frozen(kw_only=True, eq=False)
class Line:
    """A group in a panel.

    Attributes:
        label: What tells it apart from the other lines of the panel.
        at: [m] trajectories, positive.
        middle: [m] mean over seeds.
        low: [m] lower end of its interval.
        high: [m] upper end.
        seeds: How many runs it stands for.
        style: Which colour and marker; groups with one label share it in all panels.
    """

    label: str
    at: Numbers
    middle: Numbers
    low: Numbers
    high: Numbers
    seeds: int
    style: int


@attrs.frozen(kw_only=True, eq=False)
class Bar:
    """One number of a group with its interval, and those of its runs."""

    label: str
    value: float
    low: float | None
    high: float | None
    points: Sequence[float]
    style: int


@attrs.frozen(kw_only=True, eq=False)
class Panel:
    """What is drawn in one frame.

    Attributes:
        title: What its groups have in common.
        lines: Curves.
        bars: Outcomes, in the same order.
        floor: Value of a perfect sampler with as many samples, or None where it is exact.
        floor_label: What that is, in words.
    """

    title: str
    lines: Sequence[Line]
    bars: Sequence[Bar]
    floor: float | None = None
    floor_label: str = ""


def draw_curves(panels: Sequence[Panel], ylabel: str, heading: str, paths: Sequence[Path]) -> None:
    """Mean curves with their intervals, one frame for each panel, on shared axes.

    Raises:
        OSError: A place cannot be written or the disk is full.
        ValueError: There is no curve.
    """
    if not any(panel.lines for panel in panels):
        message = "there is no curve to draw"
        raise ValueError(message)
    made, frames = _frames(len(panels), heading, 3.1, share=True)
    logarithmic = _positive(line.low for panel in panels for line in panel.lines)
    for axes, panel in zip(frames, panels, strict=True):
        for line in panel.lines:
            colour, marker = _style(line.style)
            axes.fill_between(line.at, line.low, line.high, color=colour, alpha=0.18, lw=0)
            label = f"{line.label} (n = {line.seeds})"
            every = max(1, len(line.at) // 8)
            axes.plot(
                line.at, line.middle, color=colour, lw=1.6, label=label,
                marker=marker, ms=3.5, markevery=(line.style % every, every),
            )  # fmt: skip
        _floor(axes, panel)
        axes.set_xscale("log")
        _plain_numbers(axes.xaxis)
        if logarithmic:
            axes.set_yscale("log")
            _plain_numbers(axes.yaxis)
        axes.set_xlabel("trajectories")
        canvas.plain_axes(axes)
        axes.tick_params(axis="x", which="both", labelbottom=True)  # also above a missing frame
        canvas.title(axes, panel.title)
    _finish(made, frames, ylabel, paths)


def draw_outcomes(
    panels: Sequence[Panel], xlabel: str, heading: str, paths: Sequence[Path]
) -> None:
    """One number for each group: its interval, and a dot for each run.

    Raises:
        OSError: A place cannot be written or the disk is full.
    """
    rows = max(len(panel.bars) for panel in panels)
    made, frames = _frames(len(panels), heading, 1.0 + 0.34 * rows, share=False)
    for axes, panel in zip(frames, panels, strict=True):
        for place, bar in enumerate(panel.bars):
            colour, marker = _style(bar.style)
            below = [place + 0.22] * len(bar.points)  # the runs themselves
            axes.scatter(bar.points, below, s=14, color=colour, alpha=0.55, lw=0)
            if bar.low is not None and bar.high is not None:
                axes.plot([bar.low, bar.high], [place, place], color=colour, lw=2.2)
            axes.plot([bar.value], [place], marker=marker, ms=6, color=colour)
        axes.set_yticks(range(len(panel.bars)), [bar.label for bar in panel.bars])
        axes.set_ylim(len(panel.bars) - 0.5, -0.5)
        axes.set_xlabel(xlabel)
        axes.locator_params(axis="x", nbins=5)
        axes.grid(axis="x", color=canvas.FAINT, lw=0.5, alpha=0.7)
        canvas.plain_axes(axes)
        canvas.title(axes, panel.title)
    for path in paths:
        canvas.save(made, path)


def _frames(count: int, heading: str, height: float, *, share: bool) -> tuple[Any, list[Any]]:
    across = min(count, _ACROSS)
    down = -(-count // across)
    made = canvas.figure(max(5.2, 3.6 * across), height * down + 0.7)
    grid = made.subplots(down, across, sharex=share, sharey=True, squeeze=False)
    frames = list(grid.flat)
    for unused in frames[count:]:
        unused.set_visible(False)
    made.suptitle(heading, fontsize=11, color=canvas.INK)
    return made, frames[:count]


def _plain_numbers(axis: Any) -> None:
    """Marks at 1, 2 and 5 of each decade, written as people say them: 500, 2k, 1M."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _place: short(value)))
    axis.set_minor_formatter(NullFormatter())


def short(value: float) -> str:
    """A number in few characters: ``2500`` is ``2.5k``, ``0.05`` itself."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _floor(axes: Any, panel: Panel) -> None:
    if panel.floor is None:
        return
    axes.axhline(panel.floor, color=canvas.INK, lw=1.0, ls=(0, (4, 3)), label=panel.floor_label)


def _finish(made: Any, frames: Sequence[Any], ylabel: str, paths: Sequence[Path]) -> None:
    found: dict[str, Any] = {}
    for axes in frames:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    made.supylabel(ylabel, fontsize=9, color=canvas.INK)
    legend(made, found)
    for path in paths:
        canvas.save(made, path)


def legend(made: Any, entries: Mapping[str, Any]) -> None:
    """Labels with what they stand for, below the frames, in as many columns as fit.

    The figure becomes wider if one label does not fit, and higher by the rows of the legend.
    """
    handles, labels = list(entries.values()), list(entries)

    def drawn(columns: int) -> tuple[Any, float, float]:
        shown = made.legend(
            handles, labels, loc="outside lower center", ncols=columns, fontsize=8, frameon=False
        )
        made.draw_without_rendering()
        box = shown.get_window_extent()
        return shown, box.width / made.dpi, box.height / made.dpi

    single, widest, _ = drawn(1)
    single.remove()
    made.set_figwidth(max(made.get_figwidth(), widest + 0.2))
    for columns in range(len(labels), 0, -1):
        if columns > 1 and columns * widest > 1.5 * made.get_figwidth():
            continue  # columns are as wide as their own labels: narrower than the widest
        shown, width, height = drawn(columns)
        if columns == 1 or width <= made.get_figwidth():
            made.set_figheight(made.get_figheight() + max(0.0, height - 0.25))
            return
        shown.remove()


def _style(number: int) -> tuple[str, str]:
    return canvas.PALETTE[number % len(canvas.PALETTE)], _MARKERS[number % len(_MARKERS)]


def _positive(values: Any) -> bool:
    return all(bool((part > 0).all()) for part in values)
