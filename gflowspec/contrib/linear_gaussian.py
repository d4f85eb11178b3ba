"""Scores of linear-Gaussian Bayesian networks: one term for each variable and its parents.

Both scores are equal for structures that stand for the same independences.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

Rows = Sequence[Sequence[float]]

#: Prior of `bge`: equivalent sample sizes of the mean, and of the precision beyond its dimension.
MEAN_WEIGHT = 1.0
PRECISION_WEIGHT = 2.0


def bge(rows: Rows, node: int, parents: Collection[int]) -> float:
    """Log marginal likelihood of one variable given its parents.

    log p(node and parents) - log p(parents) under a normal-Wishart prior with mean 0 and a
    precision whose scale matrix is a multiple of the identity (Geiger and Heckerman, 1994, with
    the corrections of Kuipers, Moffa and Heckerman, 2014).

    Args:
        rows: Observations, one row each, one column for each variable.
        node: The variable.
        parents: Its parents; the variable itself is none of them.
    """
    data = np.asarray(rows, dtype=np.float64)
    others = sorted(set(parents) - {node})
    return _log_marginal(data, [*others, node]) - _log_marginal(data, others)


def bic(rows: Rows, node: int, parents: Collection[int]) -> float:
    """Log likelihood at its maximum - (number of parameters) / 2 * log(number of rows).

    Parameters are a weight for each parent, the intercept and the variance (Schwarz, 1978).
    """
    data = np.asarray(rows, dtype=np.float64)
    others = sorted(set(parents) - {node})
    count = len(data)
    design = np.column_stack([np.ones(count), *(data[:, parent] for parent in others)])
    weights = np.linalg.lstsq(design, data[:, node], rcond=None)[0]
    variance = float(np.mean((data[:, node] - design @ weights) ** 2))
    log_likelihood = -count / 2 * (math.log(2 * math.pi * variance) + 1)
    return log_likelihood - (len(others) + 2) / 2 * math.log(count)


def _log_marginal(data: NDArray[np.float64], chosen: list[int]) -> float:
    """Log marginal likelihood of some columns of the data, all edges between them allowed."""
    if not chosen:
        return 0.0
    (count, variables), size = data.shape, len(chosen)
    degrees = variables + PRECISION_WEIGHT  # of the Wishart law over all variables
    scale = MEAN_WEIGHT * (degrees - variables - 1) / (MEAN_WEIGHT + 1)
    part = data[:, chosen]
    mean = part.mean(axis=0)
    centred = part - mean
    pull = count * MEAN_WEIGHT / (count + MEAN_WEIGHT)
    after = scale * np.eye(size) + centred.T @ centred + pull * np.outer(mean, mean)
    own = degrees - variables + size  # of the law over the chosen ones
    log_determinant = float(np.linalg.slogdet(after)[1])
    found = (
        size / 2 * math.log(MEAN_WEIGHT / (count + MEAN_WEIGHT))
        + _log_gamma(size, (count + own) / 2)
        - _log_gamma(size, own / 2)
        - size * count / 2 * math.log(math.pi)
        + own / 2 * size * math.log(scale)
        - (count + own) / 2 * log_determinant
    )
    return float(found)


def _log_gamma(size: int, argument: float) -> float:
    """Log of the multivariate gamma function without its power of pi, which cancels out."""
    return sum(math.lgamma(argument - place / 2) for place in range(size))
