from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.metrics.base import Metric, served
from gflowspec.components.needs import MetricNeeds
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import MetricInputs


@component("metric", "diversity")
class Diversity(Metric):
    """Mean Hamming distance between two of the best k distinct objects that training has sampled.

    The distance is the number of components of the state that differ.
    """

    k: int = param(
        default=100, range=Range(1), doc="number of objects; fewer while fewer were sampled"
    )

    @property
    def needs(self) -> MetricNeeds:
        """The best objects."""
        return MetricNeeds(history=True, best=self.k)

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``diversity``; nothing of less than two objects."""
        best = served(inputs.history, "history").best_states[: self.k]
        if best.shape[0] < 2:
            return {}
        return {"diversity": mean_distance(best)}


def mean_distance(states: Tensor) -> float:
    """Mean number of columns in which two of the rows of int64 [k, W] differ, k at least 2.

    Column by column, from how often each value occurs, so that no pair is formed: k rows of which
    c_v have value v differ in (k^2 - sum of c_v^2) / 2 pairs.
    """
    count = states.shape[0]
    different = 0
    for column in states.unbind(1):
        occurring = column.unique(return_counts=True)[1]
        different += count * count - int((occurring * occurring).sum())
    return different / (count * (count - 1))
