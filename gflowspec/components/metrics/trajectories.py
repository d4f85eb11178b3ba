"""Means over trajectories that are sampled from the policy for the purpose."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING

import attrs

from gflowspec.components.metrics.base import Metric, served
from gflowspec.components.needs import MetricNeeds
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import MetricInputs, TrajectorySummary


@attrs.frozen(kw_only=True, slots=False)
class _Sampled(Metric):
    """A number computed from ``samples`` fresh trajectories."""

    samples: int = param(default=1_000, range=Range(1), doc="number of trajectories")

    @property
    def needs(self) -> MetricNeeds:
        """Fresh trajectories."""
        return MetricNeeds(fresh=self.samples)

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """One value under the metric's name."""
        return {self.label: self._value(served(inputs.fresh, "fresh").head(self.samples))}

    @abstractmethod
    def _value(self, fresh: TrajectorySummary) -> float: ...


@component("metric", "elbo")
class ELBO(_Sampled):
    """Mean of log R + log P_B - log P_F; its expectation is at most log Z."""

    def _value(self, fresh: TrajectorySummary) -> float:
        return float(_log_weights(fresh).mean())


@component("metric", "eubo")
class EUBO(Metric):
    """Mean of log R + log P_B - log P_F over backward rollouts from objects of the target law.

    Its expectation is at least log Z (Blessing et al., 2024); with ``elbo`` it is a bracket. The
    target law is sampled exactly, so that states have to be enumerable.
    """

    samples: int = param(default=1_000, range=Range(1), doc="number of trajectories")

    @property
    def needs(self) -> MetricNeeds:
        """Trajectories from the target law."""
        return MetricNeeds(target=True, backward=self.samples)

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """One value under the metric's name."""
        law = served(inputs.backward, "backward")
        return {self.label: float((law.log_reward - law.log_p)[: self.samples].mean())}


@component("metric", "effective_sample_size")
class EffectiveSampleSize(_Sampled):
    """(sum w)^2 / (n sum w^2) for w = R P_B / P_F: 1 for a perfect sampler, 1 / n at worst."""

    def _value(self, fresh: TrajectorySummary) -> float:
        weights = _log_weights(fresh)
        size = 2 * weights.logsumexp(0) - (2 * weights).logsumexp(0)
        return math.exp(float(size)) / weights.shape[0]


@component("metric", "length")
class Length(_Sampled):
    """Mean number of construction steps."""

    def _value(self, fresh: TrajectorySummary) -> float:
        return float(fresh.lengths.double().mean())


@component("metric", "forward_entropy")
class ForwardEntropy(_Sampled):
    """Mean entropy of P_F over the decisions of the trajectories, in nats."""

    def _value(self, fresh: TrajectorySummary) -> float:
        return _ratio(fresh.forward_entropy, fresh.decisions)


@component("metric", "backward_entropy")
class BackwardEntropy(_Sampled):
    """Mean entropy of P_B over the visited states other than the source, in nats."""

    def _value(self, fresh: TrajectorySummary) -> float:
        return _ratio(fresh.backward_entropy, fresh.lengths)


@component("metric", "pb_deviation")
class BackwardDeviation(_Sampled):
    """Mean over visited edges of abs(log P_B - log of the uniform choice)."""

    def _value(self, fresh: TrajectorySummary) -> float:
        return _ratio(fresh.backward_deviation, fresh.lengths)


def _log_weights(fresh: TrajectorySummary) -> Tensor:
    """Log R + log P_B - log P_F, [n]."""
    return fresh.log_reward + fresh.log_pb - fresh.log_pf


def _ratio(sums: Tensor, counts: Tensor) -> float:
    """Total over count; 0 where nothing was counted."""
    return float(sums.sum() / counts.sum().clamp(min=1))
