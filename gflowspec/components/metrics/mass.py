from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.metrics.base import Metric, served
from gflowspec.components.needs import MetricNeeds
from gflowspec.core.schema import component, param

if TYPE_CHECKING:
    from gflowspec.components.contracts import MetricInputs


@component("metric", "mass")
class Mass(Metric):
    """Exact probability of the objects for which a bool ``let`` of the reward holds."""

    of: str = param(type=str, doc="name of the `let`")

    @property
    def label(self) -> str:
        """``mass.<of>``."""
        return f"mass.{self.of}"

    @property
    def needs(self) -> MetricNeeds:
        """The exact evaluation and the region."""
        return MetricNeeds(exact=True, regions=(self.of,))

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``mass.<of>``, and ``mass.<of>.target``, what the target has there."""
        exact = served(inputs.exact, "exact")
        region = inputs.regions[self.of]
        return {
            self.label: float(exact.log_p[region].exp().sum()),
            f"{self.label}.target": float(exact.log_target[region].exp().sum()),
        }
