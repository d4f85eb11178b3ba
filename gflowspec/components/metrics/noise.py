"""Noise floors: how far the empirical law of n samples of a perfect sampler is from its target."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

#: Perfect samplers that are simulated where no closed form is known.
SIMULATIONS = 5


def l1_floor(log_target: Tensor, samples: int) -> float:
    """Expected sum of abs(p_hat - p) over ``samples`` draws of p, exactly (de Moivre, 1730).

    With m = floor(n p), E abs(p_hat - p) = (2 / n) (m + 1) C(n, m + 1) p^(m+1) (1 - p)^(n-m).
    """
    import torch

    held = (log_target > float("-inf")) & (log_target < 0)
    log_p = log_target[held]
    n = float(samples)
    m = (n * log_p.exp()).floor().clamp(max=n - 1)
    log_choose = math.lgamma(n + 1) - torch.lgamma(m + 2) - torch.lgamma(n - m)
    rest = torch.log(-torch.expm1(log_p))
    terms = (m + 1).log() + log_choose + (m + 1) * log_p + (n - m) * rest
    return float(terms.exp().sum() * 2 / n)


def simulated_floor(
    distance: Callable[[Tensor, Tensor], float], log_target: Tensor, samples: int, seed: int
) -> float:
    """Mean of ``distance(log p_hat, log_target)`` over a few simulated perfect samplers."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    law = log_target.exp()
    total = 0.0
    for _ in range(SIMULATIONS):
        drawn = torch.multinomial(law, samples, replacement=True, generator=generator)
        total += distance(log_frequencies(drawn, law.shape[0]), log_target)
    return total / SIMULATIONS


def log_frequencies(objects: Tensor, size: int) -> Tensor:
    """Log p_hat [size] of drawn object indices [n]; -inf where nothing was drawn."""
    counts = objects.bincount(minlength=size).double()
    return (counts / objects.shape[0]).log()
