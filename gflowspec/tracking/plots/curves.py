"""How a training went: one small panel for each metric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gflowspec.tracking.plots import canvas

_COLUMNS = 3
_LARGEST = 18
_SMOOTH_FROM = 60
_WINDOWS = 40


def training_curves(
    path: Path,
    series: Mapping[str, Sequence[tuple[int, float]]],
    *,
    heading: str = "",
    references: Mapping[str, float] | None = None,
) -> None:
    """Draw metrics by step; at most 18, in the order given.

    Long noisy series are drawn faintly below their moving average; series of positive numbers
    that span more than two decades have a logarithmic axis.

    Args:
        path: A ``.png`` or ``.svg`` file.
        series: ``(step, value)`` pairs by metric; values that are not finite are left out.
        heading: Line above the panels.
        references: Known true values by metric, drawn as a dashed line (``train/log_z``).

    Raises:
        OSError: The place cannot be written or the disk is full.
        ValueError: No series has a point.
    """
    kept = {key: _finite(points) for key, points in series.items()}
    kept = {key: points for key, points in kept.items() if len(points)}
    if not kept:
        message = "there is nothing to draw: no metric has a finite value"
        raise ValueError(message)
    names = list(kept)[:_LARGEST]
    columns = min(_COLUMNS, len(names))
    rows = math.ceil(len(names) / columns)
    made = canvas.figure(4.0 * columns, 2.6 * rows + 0.4)
    panels = made.subplots(rows, columns, squeeze=False).ravel()
    for axes, name in zip(panels, names, strict=False):
        _panel(axes, name, kept[name], (references or {}).get(name))
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    for axes in panels[max(0, len(names) - columns) : len(names)]:
        axes.set_xlabel("step")
    if heading:
        made.suptitle(heading, fontsize=11, color=canvas.INK)
    canvas.save(made, path)


def _finite(points: Sequence[tuple[int, float]]) -> Any:
    """[n, 2] sorted by step."""
    kept = [(step, value) for step, value in points if math.isfinite(value)]
    return np.asarray(sorted(kept), dtype=np.float64).reshape(-1, 2)


def _panel(axes: Any, name: str, points: Any, reference: float | None) -> None:
    steps, values = points[:, 0], points[:, 1]
    if values.min() > 0 and values.max() > 100 * values.min():
        axes.set_yscale("log")
    if len(values) > _SMOOTH_FROM:
        axes.plot(steps, values, color=canvas.BLUE, alpha=0.25, linewidth=0.8)
        smooth_steps, smooth_values = _moving_average(steps, values)
        axes.plot(smooth_steps, smooth_values, color=canvas.BLUE, linewidth=1.6)
    else:
        marker = "o" if len(values) <= 20 else None
        axes.plot(steps, values, color=canvas.BLUE, linewidth=1.6, marker=marker, markersize=3)
    if reference is not None and math.isfinite(reference):
        axes.axhline(
            reference, color=canvas.ORANGE, linewidth=1.2, linestyle="--",
            label=f"exact {reference:.4g}",
        )  # fmt: skip
        axes.legend(frameon=False, fontsize=8)
    canvas.title(axes, f"{name}   (last {values[-1]:.4g})")
    axes.margins(x=0.02)
    canvas.plain_axes(axes)


def _moving_average(steps: Any, values: Any) -> tuple[Any, Any]:
    """Means over windows of a fortieth of the series, without inventing values at the ends."""
    window = max(2, len(values) // _WINDOWS)
    weights = np.ones(window) / window
    return (
        np.convolve(steps, weights, mode="valid"),
        np.convolve(values, weights, mode="valid"),
    )
