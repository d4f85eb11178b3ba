"""Differences between two arms, paired by seed, and many of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from gflowspec.statistics.estimates import Estimate, estimate

#: Below this a difference counts as found, after Holm's correction.
ALPHA = 0.05


@attrs.frozen(kw_only=True)
class Difference:
    """One arm less another, seed by seed.

    Attributes:
        difference: Its mean over the seeds that both have.
        improvement: Probability that a random seed of the first arm is lower than one of the
            second, ties counting half.
        p: Two-sided p of the Wilcoxon signed-rank test; None where nothing can be tested: fewer
            than two pairs, or all of them equal.
        p_holm: The same after Holm's correction over all that were compared; see ``holm``.
    """

    difference: Estimate
    improvement: float
    p: float | None
    p_holm: float | None = None

    @property
    def verdict(self) -> str:
        """``lower`` or ``higher`` if a difference was found, else ``no difference found``."""
        if self.p_holm is None or self.p_holm >= ALPHA:
            return "no difference found"
        return "lower" if self.difference.mean < 0 else "higher"


def paired(first: Mapping[int, float], second: Mapping[int, float]) -> Difference | None:
    """Compare values by seed; None if the two have no seed in common."""
    seeds = sorted(first.keys() & second.keys())
    if not seeds:
        return None
    one = np.array([first[seed] for seed in seeds])
    two = np.array([second[seed] for seed in seeds])
    lower = (one[:, None] < two).mean() + (one[:, None] == two).mean() / 2
    return Difference(
        difference=estimate(list(one - two)), improvement=float(lower), p=signed_rank(one - two)
    )


def signed_rank(differences: Sequence[float] | np.ndarray) -> float | None:
    """Two-sided p of the Wilcoxon signed-rank test, exact up to 50 pairs without ties."""
    data = np.asarray(differences, dtype=float)
    data = data[data != 0]
    if data.size < 2:
        return None
    from scipy.stats import wilcoxon  # noqa: PLC0415 - takes half a second to import

    return float(wilcoxon(data).pvalue)


def holm(found: Sequence[Difference]) -> tuple[Difference, ...]:
    """The same with p corrected for as many comparisons as were tested (Holm, 1979)."""
    tested = sorted((item.p, place) for place, item in enumerate(found) if item.p is not None)
    corrected: dict[int, float] = {}
    greatest = 0.0
    for rank, (p, place) in enumerate(tested):
        greatest = max(greatest, min(1.0, (len(tested) - rank) * p))
        corrected[place] = greatest
    return tuple(
        attrs.evolve(item, p_holm=corrected.get(place)) for place, item in enumerate(found)
    )
