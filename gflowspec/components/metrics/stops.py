"""Whether ``stop`` is alive at states of low reward, where on-policy losses can lose it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.metrics.base import Metric, served
from gflowspec.components.metrics.correlation import mean_ranks
from gflowspec.components.needs import MetricNeeds
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from gflowspec.components.contracts import MetricInputs

#: Expected stops that make a decile worth a ratio.
ENOUGH = 5.0


@component("metric", "stop_rate")
class StopRate(Metric):
    """Smallest ratio of observed to expected stops over the deciles of log R of visited states.

    A visit is expected to stop R P_B / (Z P_F) times, of the steps so far: the mean of its sum over
    a trajectory is what the target gives to the states of a decile. States of equal reward are in
    one decile. Near 1 all is well; far below 1, ``stop`` is lost. Reads R at the visited states.
    """

    deciles: int = param(default=10, range=Range(2, 100), doc="groups of visited states by log R")
    samples: int = param(default=1_000, range=Range(1), doc="number of trajectories")

    @property
    def needs(self) -> MetricNeeds:
        """Visits to states that may stop."""
        return MetricNeeds(stops=self.samples)

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``stop_rate``, and for each decile d the shares of trajectories that end there.

        ``stop_rate.d.observed`` and ``stop_rate.d.expected``, d from 1; deciles without a visit are
        left out, and the ratio if no decile expects enough stops.
        """
        visits = served(inputs.stops, "stops")
        ranks = (mean_ranks(visits.log_reward) - 0.5) / max(visits.log_reward.shape[0], 1)
        group = (ranks * self.deciles).long().clamp_(max=self.deciles - 1)
        share = (visits.log_reward - visits.log_flow).exp() / visits.trajectories
        zeros = share.new_zeros(self.deciles)
        expected = zeros.index_add(0, group, share).tolist()
        observed = zeros.index_add(0, group, visits.taken.to(share.dtype)) / visits.trajectories
        found: dict[str, float] = {}
        ratios = []
        for number in group.unique().tolist():
            seen = float(observed[number])
            found[f"stop_rate.{number + 1}.observed"] = seen
            found[f"stop_rate.{number + 1}.expected"] = expected[number]
            if expected[number] * visits.trajectories >= ENOUGH:
                ratios.append(seen / expected[number])
        return {"stop_rate": min(ratios), **found} if ratios else found


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
