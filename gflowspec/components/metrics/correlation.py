"""Correlation of log R and the log-probability of the policy over a test set."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import attrs

from gflowspec.components.metrics.base import Metric
from gflowspec.components.needs import MetricNeeds
from gflowspec.components.test_sets.base import TestSet
from gflowspec.components.test_sets.samples import SampledObjects
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import MetricInputs

#: Values that differ by less are equal: the difference is one of rounding.
TIE = 1e-9


@attrs.frozen(kw_only=True, slots=False)
class _Correlation(Metric):
    """A correlation over objects; log p of the model is exact where states are enumerated.

    Elsewhere log p(x) is the log of the mean of P_F(tau) / P_B(tau | x) over backward rollouts, an
    unbiased estimate of p(x).
    """

    test: TestSet = param(  # noqa: RUF009 - a declaration, as in `component` classes
        default=SampledObjects(), kind="test_set", doc="objects to compare on"
    )
    rollouts: int = param(
        default=10, range=Range(1), doc="backward rollouts from each object, where p is estimated"
    )

    @property
    def needs(self) -> MetricNeeds:
        """The probabilities of the test set."""
        return MetricNeeds(
            target=self.test.enumerates,
            window=self.test.window,
            tests=((self.test, self.rollouts),),
        )

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """The correlation; nothing where one side is constant or there are less than two."""
        law = inputs.tests[self.test, self.rollouts]
        if min(_spread(law.log_reward), _spread(law.log_p)) < TIE:
            return {}
        return {self.label: self._value(law.log_reward, law.log_p)}

    @abstractmethod
    def _value(self, log_reward: Tensor, log_p: Tensor) -> float: ...


@component("metric", "pearson")
class Pearson(_Correlation):
    """Linear correlation of log R (beta and floor applied) and log p of the model."""

    def _value(self, log_reward: Tensor, log_p: Tensor) -> float:
        return linear_correlation(log_reward, log_p)


@component("metric", "spearman")
class Spearman(_Correlation):
    """Rank correlation of log R and log p of the model; equal values share their mean rank."""

    def _value(self, log_reward: Tensor, log_p: Tensor) -> float:
        return linear_correlation(mean_ranks(log_reward), mean_ranks(log_p))


def linear_correlation(one: Tensor, two: Tensor) -> float:
    """Pearson's coefficient of two float64 [n], neither of them constant."""
    one, two = one - one.mean(), two - two.mean()
    return float((one / one.norm()) @ (two / two.norm()))


def mean_ranks(values: Tensor) -> Tensor:
    """Rank of each value, float64 [n]; what lies within ``TIE`` of its neighbour is a tie."""
    found, order = values.sort()
    group = groups(found)
    counts = group.bincount().double()
    means = counts.cumsum(0) - (counts - 1) / 2
    return values.new_empty(values.shape).scatter_(0, order, means[group].to(values.dtype))


def groups(values: Tensor) -> Tensor:
    """Number of the tie that each of sorted values is in, int64 [n], from 0."""
    return (values.diff(prepend=values[:1]) > TIE).cumsum(0)


def _spread(values: Tensor) -> float:
    return float(values.max() - values.min()) if values.shape[0] > 1 else 0.0
