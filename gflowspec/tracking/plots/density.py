"""What was learned beside what was asked for: two distributions over the same objects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gflowspec.tracking.plots import canvas

#: Cells of the bounding box that must be objects for a picture as a grid.
_LEAST_FILLED = 0.5
_LARGEST_GRID = 1_000_000
_POINTS_SHOWN = 2_000


def learned_versus_target(
    path: Path,
    *,
    target: Sequence[float],
    learned: Sequence[float],
    coordinates: Sequence[Sequence[int]] | None = None,
    axis_names: tuple[str, str] = ("x", "y"),
    floor: float | None = None,
    heading: str = "",
) -> None:
    """Draw learned and target probabilities of N objects.

    Objects that are points of a 2-D grid become three maps (target and learned on one colour
    scale, and their difference); any others a curve by rank and a scatter plot.

    Args:
        path: A ``.png`` or ``.svg`` file.
        target: [N] probabilities, R(x) / Z.
        learned: [N] probabilities in the same order.
        coordinates: [N][k] integers of each object; only k = 2 is drawn as a grid.
        axis_names: Names of the two coordinates.
        floor: Smallest learned probability that can be told from none (1 / number of samples);
            None if ``learned`` is exact.
        heading: Line above the picture, such as the run name; the distance follows below it.

    Raises:
        OSError: The place cannot be written or the disk is full.
        ValueError: The lengths differ, or nothing is given.
    """
    wanted = np.asarray(target, dtype=np.float64)
    found = np.asarray(learned, dtype=np.float64)
    if wanted.shape != found.shape or wanted.ndim != 1 or not wanted.size:
        message = f"two lists of the same length are needed, not {wanted.shape} and {found.shape}"
        raise ValueError(message)
    places = _grid_places(coordinates, wanted.size)
    made = (
        _maps(places, wanted, found, axis_names)
        if places is not None
        else _curves(wanted, found, floor)
    )
    distance = 0.5 * float(np.abs(wanted - found).sum())
    measured = f"total variation distance {distance:.4f}, {wanted.size:,} objects"
    made.suptitle(f"{heading}\n{measured}" if heading else measured, fontsize=11, color=canvas.INK)
    canvas.save(made, path)


def _grid_places(
    coordinates: Sequence[Sequence[int]] | None, count: int
) -> NDArray[np.int64] | None:
    """Coordinates from 0 on [N, 2], or None if this is no filled grid of two dimensions."""
    if coordinates is None or len(coordinates) != count:
        return None
    places = np.asarray(coordinates)
    if places.ndim != 2 or places.shape[1] != 2 or places.dtype.kind not in "iu":
        return None
    places = places.astype(np.int64) - places.min(axis=0)
    width, height = places.max(axis=0) + 1
    is_grid = min(width, height) >= 2 and width * height <= _LARGEST_GRID
    return places if is_grid and count >= _LEAST_FILLED * width * height else None


def _maps(
    places: NDArray[np.int64],
    wanted: NDArray[np.float64],
    found: NDArray[np.float64],
    names: tuple[str, str],
) -> Any:
    made = canvas.figure(12.0, 4.3)
    left, middle, right = made.subplots(1, 3)
    top = float(max(wanted.max(), found.max()))
    shared = {"cmap": "viridis", "vmin": 0.0, "vmax": top}
    _map(left, places, wanted, names, "target  R(x) / Z", shared)
    shown = _map(middle, places, found, names, "learned  p(x)", shared)
    _scale(made, shown, [left, middle], "probability")
    difference = found - wanted
    bound = float(np.abs(difference).max()) or 1.0
    both = {"cmap": "RdBu_r", "vmin": -bound, "vmax": bound}
    shown = _map(right, places, difference, names, "learned − target", both)
    _scale(made, shown, right, "blue: too little    red: too much")
    return made


def _scale(made: Any, shown: Any, beside: Any, words: str) -> None:
    bar = made.colorbar(shown, ax=beside, shrink=0.85, format="%.2g")
    bar.set_label(words, fontsize=9, color=canvas.INK)
    bar.ax.tick_params(labelsize=8, colors=canvas.INK)
    bar.outline.set_visible(False)


def _map(
    axes: Any,
    places: NDArray[np.int64],
    values: NDArray[np.float64],
    names: tuple[str, str],
    words: str,
    scale: dict[str, Any],
) -> Any:
    width, height = places.max(axis=0) + 1
    grid = np.full((height, width), np.nan)
    np.put(grid, places[:, 1] * width + places[:, 0], 0.0)
    np.add.at(grid, (places[:, 1], places[:, 0]), values)  # several states may give one object
    shown = axes.imshow(grid, origin="lower", interpolation="nearest", aspect="equal", **scale)
    canvas.title(axes, words)
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.tick_params(labelsize=8, colors=canvas.INK)
    return shown


def _curves(wanted: NDArray[np.float64], found: NDArray[np.float64], floor: float | None) -> Any:
    made = canvas.figure(11.0, 4.6)
    left, right = made.subplots(1, 2)
    order = np.argsort(-wanted, kind="stable")
    _by_rank(left, wanted[order], found[order], floor)
    _scatter(right, wanted, found, floor)
    return made


def _by_rank(
    axes: Any, wanted: NDArray[np.float64], found: NDArray[np.float64], floor: float | None
) -> None:
    ranks = np.arange(1, wanted.size + 1)
    shown = _spread(wanted.size)
    axes.plot(
        ranks[shown], found[shown], ".", markersize=4, alpha=0.6, color=canvas.ORANGE,
        label="learned",
    )  # fmt: skip
    axes.plot(ranks[shown], wanted[shown], color=canvas.BLUE, linewidth=1.8, label="target")
    axes.set_yscale("log")
    axes.set_ylim(*_log_limits(wanted, found))
    if wanted.size > 100:
        axes.set_xscale("log")
    _floor_line(axes.axhline, floor)
    axes.set_xlabel("objects, the most probable first")
    axes.set_ylabel("probability")
    canvas.title(axes, "mass by rank")
    axes.legend(frameon=False, fontsize=8, loc="lower left")
    canvas.plain_axes(axes)


def _scatter(
    axes: Any, wanted: NDArray[np.float64], found: NDArray[np.float64], floor: float | None
) -> None:
    low, high = _log_limits(wanted, found)
    drawn = np.clip(found, low, None)
    if wanted.size > _POINTS_SHOWN:
        seen = wanted > 0
        axes.hexbin(
            wanted[seen], drawn[seen], xscale="log", yscale="log", gridsize=60, mincnt=1,
            bins="log", cmap="Blues", extent=(np.log10(low), np.log10(high)) * 2,
        )  # fmt: skip
    else:
        axes.plot(wanted, drawn, ".", markersize=5, alpha=0.5, color=canvas.ORANGE)
    axes.plot([low, high], [low, high], color=canvas.BLUE, linewidth=1.2, label="learned = target")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    _floor_line(axes.axhline, floor)
    axes.set_xlabel("target probability")
    axes.set_ylabel("learned probability")
    canvas.title(axes, "object by object")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    canvas.plain_axes(axes)


def _floor_line(draw: Any, floor: float | None) -> None:
    if floor is not None and floor > 0:
        draw(
            floor, color=canvas.INK, linewidth=1.0, linestyle="--",
            label=f"noise floor, one sample = {floor:.2g}",
        )  # fmt: skip


def _log_limits(wanted: NDArray[np.float64], found: NDArray[np.float64]) -> tuple[float, float]:
    """Room for all of the target, and for learned values down to a thousandth of its least."""
    positive = wanted[wanted > 0]
    if not positive.size:
        return 1e-12, 1.0
    least, most = float(positive.min()), float(max(wanted.max(), found.max()))
    below = found[found > 0]
    least = max(min(least, float(below.min()) if below.size else least), least / 1000)
    return least / 1.6, most * 1.6


def _spread(count: int) -> NDArray[np.int64]:
    """Indices of at most about 2,000 objects, dense where ranks are small."""
    if count <= _POINTS_SHOWN:
        return np.arange(count)
    return np.unique(np.geomspace(1, count, _POINTS_SHOWN).astype(np.int64)) - 1
