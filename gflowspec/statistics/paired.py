"""Differences between two arms that share seeds, and what may be said about several of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import attrs
import numpy as np
from scipy.stats import wilcoxon

from gflowspec.statistics.intervals import Estimate, mean

#: Error rate of all statements of one family together.
ALPHA = 0.05


class Verdict(StrEnum):
    """What may be said about a difference."""

    BETTER = "better"
    WORSE = "worse"
    UNDECIDED = "undecided"
    NO_DIFFERENCE = "no difference found"


@attrs.frozen(kw_only=True)
class Difference:
    """An arm minus its baseline, over the seeds that both have.

    Attributes:
        estimate: Mean difference with its interval.
        improved: Share of seeds at which the arm is better; ties count half.
        p: Two-sided p of Wilcoxon's signed-rank test; None with fewer than two pairs.
        least_p: The smallest p that so many pairs can give.
        unpaired: Seeds that only one of them has.
    """

    estimate: Estimate
    improved: float
    p: float | None
    least_p: float
    unpaired: tuple[int, ...]


def difference(
    arm: Mapping[int, float], baseline: Mapping[int, float], *, larger_is_better: bool
) -> Difference | None:
    """The paired difference by seed; None without a common seed."""
    seeds = sorted(arm.keys() & baseline.keys())
    if not seeds:
        return None
    deltas = np.array([arm[seed] - baseline[seed] for seed in seeds])
    gains = deltas if larger_is_better else -deltas
    return Difference(
        estimate=mean(deltas.tolist()),
        improved=float(np.mean((gains > 0) + 0.5 * (gains == 0))),
        p=_signed_rank(deltas.tolist()),
        least_p=min(1.0, 2.0 ** (1 - len(seeds))),
        unpaired=tuple(sorted(arm.keys() ^ baseline.keys())),
    )


def _signed_rank(deltas: Sequence[float]) -> float | None:
    if len(deltas) < 2:
        return None
    if not any(deltas):
        return 1.0
    method = "exact" if len(deltas) <= 50 and all(deltas) else "auto"
    return float(wilcoxon(deltas, method=method).pvalue)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values of a family (Holm 1979), in the order given."""
    order = np.argsort(p_values, kind="stable")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = highest
    return tuple(adjusted)


def verdict(found: Difference, adjusted_p: float | None, *, larger_is_better: bool) -> Verdict:
    """What may be said: a side needs the interval *and* the corrected test.

    An interval that lies on one side without the test, which few pairs cannot pass, is undecided.
    """
    if not found.estimate.excludes(0.0):
        return Verdict.NO_DIFFERENCE if found.estimate.n > 1 else Verdict.UNDECIDED
    if adjusted_p is None or adjusted_p > ALPHA:
        return Verdict.UNDECIDED
    is_better = (found.estimate.value > 0) == larger_is_better
    return Verdict.BETTER if is_better else Verdict.WORSE
