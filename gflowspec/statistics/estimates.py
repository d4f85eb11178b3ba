"""Means over seeds with what is known about them. Seeds are the sampling unit, never iterations."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

#: Probability with which an interval covers the mean.
COVERAGE = 0.95
#: Resamples of a bootstrap.
RESAMPLES = 10_000
#: From so many seeds on the bootstrap is bias-corrected and accelerated; below it, BCa has too
#: little to estimate its corrections from (Efron and Tibshirani, 1993, chapter 14).
BCA_FROM = 8


@attrs.frozen(kw_only=True)
class Estimate:
    """A mean over n seeds.

    Attributes:
        mean: Of the values.
        std: Standard deviation with n - 1; None for a single value.
        iqm: Interquartile mean: that of the middle half (Agarwal et al., 2021).
        low: Lower end of the 95 % bootstrap interval of the mean; None for fewer than two values.
        high: Its upper end.
        n: Number of seeds.
    """

    mean: float
    std: float | None
    iqm: float
    low: float | None
    high: float | None
    n: int


def estimate(values: Sequence[float]) -> Estimate:
    """Mean, spread and interval of at least one finite value.

    Raises:
        ValueError: There is none.
    """
    data = np.asarray(values, dtype=float)
    if not data.size or not np.isfinite(data).all():
        message = "an estimate needs finite values"
        raise ValueError(message)
    low, high = interval(data)
    return Estimate(
        mean=float(data.mean()),
        std=float(data.std(ddof=1)) if data.size > 1 else None,
        iqm=interquartile_mean(data),
        low=low,
        high=high,
        n=int(data.size),
    )


def interval(values: Sequence[float] | np.ndarray) -> tuple[float | None, float | None]:
    """The 95 % bootstrap interval of the mean; the same for the same values.

    Percentiles below eight values, BCa from there on.
    """
    data = np.asarray(values, dtype=float)
    if data.size < 2:
        return None, None
    if np.ptp(data) == 0:
        return float(data[0]), float(data[0])
    from scipy.stats import bootstrap  # noqa: PLC0415 - takes half a second to import

    found = bootstrap(
        (data,),
        np.mean,
        confidence_level=COVERAGE,
        n_resamples=RESAMPLES,
        method="BCa" if data.size >= BCA_FROM else "percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(found.low), float(found.high)


def interquartile_mean(values: Sequence[float] | np.ndarray) -> float:
    """Mean of the middle half; values at its two ends count by the part of them that is inside."""
    data = np.sort(np.asarray(values, dtype=float))
    cut = data.size / 4
    inside = np.clip(
        np.minimum(np.arange(1, data.size + 1), data.size - cut)
        - np.maximum(np.arange(data.size), cut),
        0,
        1,
    )
    return float((inside * data).sum() / inside.sum())
