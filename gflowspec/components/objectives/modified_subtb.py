from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.needs import Estimate
from gflowspec.components.objectives.base import implied_flow, required
from gflowspec.components.objectives.sub_trajectories import SubTrajectories, state_places
from gflowspec.core.schema import component

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Estimates, Trajectories


@component("objective", "modified_subtb")
class ModifiedSubTrajectoryBalance(SubTrajectories):
    """Modified sub-trajectory balance (Madan et al., 2023, after Deleu et al., 2022).

    ``subtb`` with log F(s) := log R(s) - log P_F(s_f | s) in the place of a learned flow, over the
    states s_0 .. s_n of the trajectory. The stop step is balanced by itself, so that no residual
    is about it. Every state has to be allowed to stop; the reward is read at every state.
    """

    @property
    def requires(self) -> frozenset[Estimate]:
        """Log P_F, of the end too, log P_B, and log R of every state."""
        return frozenset(
            {Estimate.LOG_PF, Estimate.LOG_PB, Estimate.LOG_PF_END, Estimate.LOG_REWARDS}
        )

    def log_z(self, estimates: Estimates) -> Tensor:
        """The implied flow of the source."""
        return implied_flow(estimates)

    def transitions(self, trajectories: Trajectories) -> Tensor:
        """The edges."""
        return trajectories.lengths

    def levels(self, trajectories: Trajectories, estimates: Estimates) -> Tensor:
        """A_i [B, L]."""
        log_flow = implied_flow(estimates)
        size = trajectories.size
        width = int(trajectories.lengths.max()) + 1 if size else 1
        place = state_places(trajectories, width)
        flows = log_flow.new_zeros(size * width).index_copy(0, place, log_flow)
        ratios = estimates.log_pf - required(estimates.log_pb, "log_pb")
        steps = log_flow.new_zeros(size * width)
        steps = steps.index_copy(0, place[trajectories.child], ratios)
        return flows.view(size, width) - steps.view(size, width).cumsum(1)
