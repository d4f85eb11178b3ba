"""Numbers about the last training iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.metrics.base import Metric
from gflowspec.components.needs import MetricNeeds
from gflowspec.core.schema import component

if TYPE_CHECKING:
    from gflowspec.components.contracts import MetricInputs


@component("metric", "loss")
class Loss(Metric):
    """Loss of P_F on the last batch."""

    @property
    def needs(self) -> MetricNeeds:
        """The last iteration."""
        return MetricNeeds(training=True)

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``loss``; nothing before the first iteration."""
        return {"loss": inputs.training["loss"]} if "loss" in inputs.training else {}


@component("metric", "gradient_norm")
class GradientNorm(Metric):
    """Norm of the gradient of P_F's loss in the last iteration, before clipping."""

    @property
    def needs(self) -> MetricNeeds:
        """The last iteration."""
        return MetricNeeds(training=True)

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``gradient_norm``; nothing before the first iteration."""
        name = "gradient_norm"
        return {name: inputs.training[name]} if name in inputs.training else {}
