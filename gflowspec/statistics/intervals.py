"""Means over seeds with bootstrap confidence intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap, trim_mean

LEVEL = 0.95
RESAMPLES = 10_000
#: BCa needs a jackknife that means something; below, percentiles.
ENOUGH_FOR_BCA = 8
#: Resampling starts from here, so that the same numbers give the same interval.
_SEED = 0


@attrs.frozen
class Estimate:
    """A statistic over seeds with its 95 % interval.

    Attributes:
        value: The statistic.
        low: Lower end; None with fewer than two seeds.
        high: Upper end.
        n: Seeds.
    """

    value: float
    low: float | None
    high: float | None
    n: int

    def excludes(self, point: float) -> bool:
        """Whether the interval lies on one side of ``point``."""
        if self.low is None or self.high is None:
            return False
        return self.low > point or self.high < point

    def plain(self) -> dict[str, float | int | None]:
        """As JSON."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def mean(values: Sequence[float]) -> Estimate:
    """Arithmetic mean with its interval.

    Raises:
        ValueError: There is no value.
    """
    return _estimate(values, np.mean)


def interquartile_mean(values: Sequence[float]) -> Estimate:
    """Mean of the middle half with its interval; a quarter is cut off at each end.

    Raises:
        ValueError: There is no value.
    """

    def middle(sample: NDArray[np.float64], axis: int = -1) -> Any:
        return trim_mean(sample, 0.25, axis=axis)

    return _estimate(values, middle)


def deviation(values: Sequence[float]) -> float | None:
    """Standard deviation over seeds (n - 1); None with fewer than two."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def band(
    rows: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean and pointwise percentile interval of [seeds, m] curves: three arrays [m].

    Seeds are drawn as whole curves. With one seed the interval is its curve.
    """
    middle = rows.mean(axis=0)
    if len(rows) < 2:
        return middle, middle, middle
    drawn = np.random.default_rng(_SEED).integers(len(rows), size=(2_000, len(rows)))
    weights = np.zeros((len(drawn), len(rows)))
    np.add.at(weights, (np.arange(len(drawn))[:, None], drawn), 1 / len(rows))
    means = weights @ rows
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    return middle, low, high


def _estimate(values: Sequence[float], statistic: Callable[..., Any]) -> Estimate:
    sample = np.asarray(values, np.float64)
    if not sample.size:
        message = "an estimate needs at least one value"
        raise ValueError(message)
    value = float(statistic(sample))
    if sample.size < 2:
        return Estimate(value, None, None, sample.size)
    if np.ptp(sample) == 0:  # every resample is the same
        return Estimate(value, value, value, sample.size)
    low, high = _interval(sample, statistic)
    return Estimate(value, low, high, sample.size)


def _interval(sample: NDArray[np.float64], statistic: Callable[..., Any]) -> tuple[float, float]:
    for method in ("BCa", "percentile") if sample.size >= ENOUGH_FOR_BCA else ("percentile",):
        found = bootstrap(
            (sample,),
            statistic,
            n_resamples=RESAMPLES,
            confidence_level=LEVEL,
            method=method,
            vectorized=True,
            rng=np.random.default_rng(_SEED),
        ).confidence_interval
        if math.isfinite(found.low) and math.isfinite(found.high):
            return float(found.low), float(found.high)
    return float(sample.min()), float(sample.max())
