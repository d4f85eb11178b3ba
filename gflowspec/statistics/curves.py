"""One number for a curve: its area, and when it passed a threshold for good."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def log_area(trajectories: Sequence[float], values: Sequence[float]) -> float | None:
    """Mean height of a curve over the logarithm of trajectories, by trapezoids.

    It weighs early learning as much as late learning, and has the unit of the values. None for
    fewer than two points.

    Args:
        trajectories: Positive, increasing.
        values: One for each.
    """
    x, y = np.log(np.asarray(trajectories, dtype=float)), np.asarray(values, dtype=float)
    if x.size < 2:
        return None
    return float(np.trapezoid(y, x) / (x[-1] - x[0]))


def reached(
    trajectories: Sequence[float], values: Sequence[float], threshold: float
) -> float | None:
    """Trajectories after which a curve stayed at or below a threshold; None if it never did.

    A curve that dips below it and rises again has not arrived.
    """
    arrived = None
    for at, value in zip(trajectories, values, strict=True):
        if value > threshold:
            arrived = None
        elif arrived is None:
            arrived = float(at)
    return arrived
