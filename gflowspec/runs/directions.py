"""Whether more of a metric is better: what `best`, rankings and signs of differences rest on.

A metric that is not listed has no better and no worse (a length, an entropy, a norm).
"""

from __future__ import annotations

#: Larger is better.
_UP = frozenset(
    {"modes_found", "spearman", "pearson", "top_k", "mean_reward", "diversity", "elbo",
     "elbo_exact", "effective_sample_size", "unique_objects", "stop_rate"}
)  # fmt: skip
#: Smaller is better; of ``logz_error`` its size.
_DOWN = frozenset(
    {"tv_exact", "l1_exact", "kl_exact", "js_exact", "tv_empirical", "l1_empirical", "l1_mean",
     "kl_empirical", "js_empirical", "logz_error", "regret", "gap_terminal", "gap_path",
     "eubo_exact", "eubo", "stop_residual"}
)  # fmt: skip


def direction(metric: str) -> int:
    """+1 if more is better, -1 if less is, 0 if neither.

    Args:
        metric: Name of a value, as in the file; ``tv_exact_2`` counts as ``tv_exact``.
    """
    stem, _, number = metric.rpartition("_")
    name = stem if number.isdigit() and stem else metric
    return 1 if name in _UP else -1 if name in _DOWN else 0


def merit(metric: str, value: float) -> float | None:
    """A value on a scale on which more is better; None where neither is."""
    sign = direction(metric)
    if not sign:
        return None
    return sign * (abs(value) if metric.startswith("logz_error") else value)
