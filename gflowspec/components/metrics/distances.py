"""Distances between the law of a sampler and its target, over one finite set of objects.

Laws are given as log-probabilities in float64; -inf is probability 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def total_variation(log_p: Tensor, log_target: Tensor) -> float:
    """Half the sum of abs(p - target)."""
    return l1(log_p, log_target) / 2


def l1(log_p: Tensor, log_target: Tensor) -> float:
    """The sum of abs(p - target)."""
    return float((log_p.exp() - log_target.exp()).abs().sum())


def kullback_leibler(log_p: Tensor, log_q: Tensor) -> float:
    """KL(p, q) = sum p (log p - log q), in nats; infinite where q misses part of p."""
    held = log_p > float("-inf")
    return float((log_p[held].exp() * (log_p[held] - log_q[held])).sum())


def jensen_shannon(log_p: Tensor, log_q: Tensor) -> float:
    """KL(p, m) / 2 + KL(q, m) / 2 with m = (p + q) / 2, in nats; at most log 2."""
    import math

    import torch

    middle = torch.logaddexp(log_p, log_q) - math.log(2)
    return (kullback_leibler(log_p, middle) + kullback_leibler(log_q, middle)) / 2
