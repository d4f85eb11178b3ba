"""Whether ``stop`` is alive at states of low reward, where on-policy losses can lose it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.metrics.base import Metric, served
from gflowspec.components.metrics.correlation import groups
from gflowspec.components.needs import MetricNeeds
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import MetricInputs

#: Expected stops that make a decile worth a ratio.
ENOUGH = 1.0


@component("metric", "stop_rate")
class StopRate(Metric):
    """Smallest ratio of observed to expected stops over the deciles of log R of visited states.

    A visit is expected to stop R P_B / (Z P_F) times, of the steps so far: the mean of its sum over
    a trajectory is what the target gives to the states of a decile. What is observed is the
    P_F(s_f | s) of the visits, the mean of how often they stop. Visits of equal reward count in
    equal parts in the deciles that they fill. Near 1 all is well; far below 1, ``stop`` is lost.
    Reads R at the visited states.
    """

    deciles: int = param(default=10, range=Range(2, 100), doc="groups of visited states by log R")
    samples: int = param(default=1_000, range=Range(1), doc="number of trajectories")

    @property
    def needs(self) -> MetricNeeds:
        """Visits to states that may stop."""
        return MetricNeeds(stops=self.samples)

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``stop_rate``, and for each decile the parts of all trajectories that end there.

        ``stop_rate.d.observed`` and ``stop_rate.d.expected`` for d from 1; the ratio is left out if
        no decile expects a stop, and all is if no state was visited that may stop.
        """
        visits = served(inputs.stops, "stops")
        if visits.log_reward.shape[0] == 0:
            return {}
        count = visits.trajectories
        order = visits.log_reward.argsort()
        log_reward = visits.log_reward[order]
        share = (visits.log_reward - visits.log_flow).exp()[order]
        expected = tied_parts(log_reward, share, self.deciles).tolist()
        observed = tied_parts(log_reward, visits.log_stop.exp()[order], self.deciles).tolist()
        found = {}
        for number, pair in enumerate(zip(observed, expected, strict=True), start=1):
            found[f"stop_rate.{number}.observed"] = pair[0] / count
            found[f"stop_rate.{number}.expected"] = pair[1] / count
        ratios = [one / two for one, two in zip(observed, expected, strict=True) if two >= ENOUGH]
        return {"stop_rate": min(ratios), **found} if ratios else found


def tied_parts(keys: Tensor, values: Tensor, parts: int) -> Tensor:
    """Sums of values over ``parts`` equal parts of their sorted keys, float64 [parts].

    Values of equal keys are replaced by their mean, so that their order does not matter; a value at
    a boundary counts on both sides, in proportion.

    Args:
        keys: float64 [m], sorted.
        values: float64 [m].
        parts: At least 1.
    """
    import torch

    group = groups(keys)
    sums = values.new_zeros(int(group[-1]) + 1).index_add(0, group, values)
    even = (sums / group.bincount())[group]
    totals = torch.cat([even.new_zeros(1), even.cumsum(0)])
    places = torch.arange(parts + 1, dtype=even.dtype) * (keys.shape[0] / parts)
    below = places.long().clamp(max=keys.shape[0] - 1)
    return (totals[below] + (places - below) * even[below]).diff()


@component("metric", "stop_residual")
class StopResidual(Metric):
    """Mean of abs(log F + log P_F(s_f | s) - log R) over visits where ``stop`` was not taken.

    log F is log Z + log P_F - log P_B of the steps so far, so that this is the residual of
    trajectory balance if the trajectory had stopped there. Reads R there.
    """

    samples: int = param(default=1_000, range=Range(1), doc="number of trajectories")

    @property
    def needs(self) -> MetricNeeds:
        """Visits to states that may stop."""
        return MetricNeeds(stops=self.samples)

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``stop_residual``, and its signed ``.mean``, negative where ``stop`` is too unlikely."""
        visits = served(inputs.stops, "stops")
        missed = ~visits.taken
        if not missed.any():
            return {}
        residual = (visits.log_flow + visits.log_stop - visits.log_reward)[missed]
        return {
            "stop_residual": float(residual.abs().mean()),
            "stop_residual.mean": float(residual.mean()),
        }
