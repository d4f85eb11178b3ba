"""Learning curves of groups of runs: means over seeds, what the seeds do, and the floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np

from gflowspec.tracking.plots import canvas


@attrs.frozen(kw_only=True)
class Band:
    """Curves of the runs of one group at common points.

    Attributes:
        x: [T] trajectories.
        values: [n][T], one row for each seed.
    """

    x: Sequence[float]
    values: Sequence[Sequence[float]]


def learning_curves(
    path: Path,
    bands: Mapping[str, Band],
    *,
    floor: float | None = None,
    floor_words: str = "",
    heading: str = "",
    axis: str = "exact total variation",
) -> None:
    """Draw the mean of each group over its seeds, and a thin line for each seed.

    Args:
        path: A ``.png`` or ``.svg`` file.
        bands: By the name of the group.
        floor: A value that samples of a perfect sampler would show.
        floor_words: What it is.
        heading: Title.
        axis: What is drawn upwards; on a logarithmic scale, as trajectories are.

    Raises:
        OSError: The place cannot be written.
    """
    made = canvas.figure(8.6, 4.6)
    axes = made.add_subplot()
    canvas.plain_axes(axes)
    for number, (name, band) in enumerate(bands.items()):
        color = canvas.PALETTE[number % len(canvas.PALETTE)]
        style = ("-", "--", ":")[number // len(canvas.PALETTE) % 3]
        rows = np.asarray(band.values, dtype=float)
        for row in rows if len(rows) > 1 else ():
            axes.plot(band.x, row, color=color, alpha=0.25, linewidth=0.7)
        label = f"{name}  (n = {len(rows)})"
        axes.plot(band.x, rows.mean(0), style, color=color, linewidth=1.8, label=label)
    if floor is not None:
        axes.axhline(floor, color=canvas.INK, linewidth=0.8, linestyle=(0, (1, 3)))
        axes.annotate(
            floor_words,
            (0.0, floor),
            xycoords=("axes fraction", "data"),
            xytext=(4, 3),
            textcoords="offset points",
            fontsize=7.5,
            color=canvas.INK,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("trajectories")
    axes.set_ylabel(axis)
    canvas.title(axes, heading)
    axes.legend(fontsize=7.5, frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
    canvas.save(made, path)
