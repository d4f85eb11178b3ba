"""Distances of the exact terminal law of P_F from the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.metrics import distances
from gflowspec.components.metrics.base import ExactMetric, served
from gflowspec.core.schema import component

if TYPE_CHECKING:
    from gflowspec.components.contracts import MetricInputs


@component("metric", "tv_exact")
class ExactTotalVariation(ExactMetric):
    """Half the sum over objects of abs(p - R / Z)."""

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``tv_exact``."""
        exact = served(inputs.exact, "exact")
        return {"tv_exact": distances.total_variation(exact.log_p, exact.log_target)}


@component("metric", "l1_exact")
class ExactL1(ExactMetric):
    """The sum over objects of abs(p - R / Z): twice the total variation."""

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``l1_exact``."""
        exact = served(inputs.exact, "exact")
        return {"l1_exact": distances.l1(exact.log_p, exact.log_target)}


@component("metric", "kl_exact")
class ExactKullbackLeibler(ExactMetric):
    """KL(target, model), in nats."""

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``kl_exact``."""
        exact = served(inputs.exact, "exact")
        return {"kl_exact": distances.kullback_leibler(exact.log_target, exact.log_p)}


@component("metric", "js_exact")
class ExactJensenShannon(ExactMetric):
    """Jensen-Shannon divergence of model and target, in nats."""

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``js_exact``."""
        exact = served(inputs.exact, "exact")
        return {"js_exact": distances.jensen_shannon(exact.log_p, exact.log_target)}
