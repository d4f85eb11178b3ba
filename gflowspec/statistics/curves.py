"""Numbers that stand for a whole learning curve: the area under it, and when it crosses a line."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray


@attrs.frozen(eq=False)
class Curve:
    """Values of a metric along the training.

    Attributes:
        at: [n] trajectories (or iterations) done, positive, strictly increasing.
        values: [n] finite values.
    """

    at: NDArray[np.float64]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, at: Sequence[float], values: Sequence[float]) -> Curve:
        """A curve from two lists; points whose value is not finite are left out.

        Raises:
            ValueError: The lists differ in length, or ``at`` is not positive and increasing.
        """
        places, heights = np.asarray(at, np.float64), np.asarray(values, np.float64)
        if places.shape != heights.shape or places.ndim != 1:
            message = f"two lists of one length are needed, not {places.shape} and {heights.shape}"
            raise ValueError(message)
        if places.size and (places[0] <= 0 or (np.diff(places) <= 0).any()):
            message = "the places of a curve are positive and increase"
            raise ValueError(message)
        kept = np.isfinite(heights)
        return cls(places[kept], heights[kept])

    def covers(self, start: float, end: float) -> bool:
        """Whether it has points from ``start`` to ``end``."""
        return bool(self.at.size) and self.at[0] <= start < end <= self.at[-1]

    def interpolated(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights at [m] places, linear in log ``at`` between two points."""
        return np.interp(np.log(at), np.log(self.at), self.values)


def area(curve: Curve, start: float, end: float) -> float:
    """Area under a curve over log trajectories from ``start`` to ``end``, as a mean height.

    Equal steps of log trajectories weigh the same; divided by log(end / start), the area has the
    unit of the metric. Trapezoids between the points of the curve.

    Raises:
        ValueError: The curve does not cover the range, and nothing is extrapolated.
    """
    if not curve.covers(start, end):
        message = f"the curve does not go from {start:g} to {end:g}"
        raise ValueError(message)
    inside = curve.at[(curve.at > start) & (curve.at < end)]
    places = np.concatenate([[start], inside, [end]])
    heights = curve.interpolated(places)
    return float(np.trapezoid(heights, np.log(places)) / math.log(end / start))


@attrs.frozen
class Crossing:
    """When a curve first reached a threshold.

    Attributes:
        at: Trajectories at the first measurement that reached it; where none did, at the last one.
        censored: Whether none did: then the true number is larger, or there is none.
        seconds: Of training until then; None if they are not known.
    """

    at: float
    censored: bool
    seconds: float | None = None


def first_crossing(
    curve: Curve, threshold: float, *, falling: bool = True, seconds: Curve | None = None
) -> Crossing:
    """The first measurement at or beyond a threshold.

    Args:
        curve: At least one point.
        threshold: The line.
        falling: Whether small values are the good ones.
        seconds: Of training, at the same places.

    Raises:
        ValueError: The curve has no point.
    """
    if not curve.at.size:
        message = "a curve without points crosses nothing"
        raise ValueError(message)
    reached = curve.values <= threshold if falling else curve.values >= threshold
    at = float(curve.at[int(np.argmax(reached)) if reached.any() else -1])
    took = None if seconds is None else seconds.values[seconds.at == at]
    return Crossing(
        at,
        censored=not reached.any(),
        seconds=float(took[0]) if took is not None and took.size else None,
    )


def median_crossing(crossings: Sequence[Crossing]) -> Crossing:
    """The Kaplan-Meier median of crossings of which some are censored.

    The smallest time at which the estimated share of runs that have not reached the threshold is
    at most one half; censored at the largest time where it never falls so far.

    Raises:
        ValueError: There is none.
    """
    if not crossings:
        message = "no crossing is given"
        raise ValueError(message)
    remaining = 1.0
    # at one time, those that reached the threshold count before those that were lost there
    ordered = sorted(crossings, key=lambda item: (item.at, item.censored))
    for done, crossing in enumerate(ordered):
        if not crossing.censored:
            remaining *= 1 - 1 / (len(ordered) - done)
            if remaining <= 0.5 + 1e-12:
                return Crossing(crossing.at, censored=False)
    return Crossing(ordered[-1].at, censored=True)
