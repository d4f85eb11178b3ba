"""Numbers about the objects that training sampled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.metrics.base import Metric, served
from gflowspec.components.needs import MetricNeeds
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from gflowspec.components.contracts import MetricInputs


@component("metric", "modes_found")
class ModesFound(Metric):
    """Distinct objects satisfying ``mode when`` that training has sampled; it never falls."""

    @property
    def needs(self) -> MetricNeeds:
        """Counts, and a reward that says what a mode is."""
        return MetricNeeds(history=True, modes=True)

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``modes_found``."""
        return {"modes_found": float(served(inputs.history, "history").modes_found)}


@component("metric", "unique_objects")
class UniqueObjects(Metric):
    """Distinct objects that training has sampled."""

    @property
    def needs(self) -> MetricNeeds:
        """Counts."""
        return MetricNeeds(history=True)

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``unique_objects``."""
        return {"unique_objects": float(served(inputs.history, "history").unique_objects)}


@component("metric", "top_k")
class TopK(Metric):
    """Mean target R of the best k distinct objects that training has sampled."""

    k: int = param(
        default=100, range=Range(1), doc="number of objects; fewer while fewer were sampled"
    )

    @property
    def needs(self) -> MetricNeeds:
        """The best objects."""
        return MetricNeeds(history=True, best=self.k)

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``top_k``; nothing before the first sample."""
        best = served(inputs.history, "history").best_log_reward[: self.k]
        return {"top_k": float(best.exp().mean())} if best.shape[0] else {}


@component("metric", "mean_reward")
class MeanReward(Metric):
    """Mean target R of the last objects that training sampled."""

    samples: int = param(default=1_000, range=Range(1), doc="number of objects")

    @property
    def needs(self) -> MetricNeeds:
        """The last objects."""
        return MetricNeeds(window=self.samples)

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``mean_reward``; nothing before the first sample."""
        last = served(inputs.window, "window").log_reward[-self.samples :]
        return {"mean_reward": float(last.exp().mean())} if last.shape[0] else {}
