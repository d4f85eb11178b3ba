from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.needs import Estimate
from gflowspec.components.objectives.base import required
from gflowspec.components.objectives.sub_trajectories import SubTrajectories, state_places
from gflowspec.core.schema import component

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Estimates, Trajectories


@component("objective", "subtb")
class SubTrajectoryBalance(SubTrajectories):
    """Sub-trajectory balance (Madan et al., 2023).

    The level of s_i is A_i = log F(s_i) - S_i, S_i = sum_{t < i} (log P_F - b), no b on the stop
    step; s_N is the boundary state, with log F(s_N) := log R(x).
    """

    @property
    def requires(self) -> frozenset[Estimate]:
        """Log P_F, log P_B and log F."""
        return frozenset({Estimate.LOG_PF, Estimate.LOG_PB, Estimate.LOG_FLOW})

    def transitions(self, trajectories: Trajectories) -> Tensor:
        """The edges, and the stop if there was one."""
        return trajectories.lengths + trajectories.stopped

    def levels(self, trajectories: Trajectories, estimates: Estimates) -> Tensor:
        """A_i [B, L]."""
        log_flow = required(estimates.log_flow, "log_flow")
        log_pb = required(estimates.log_pb, "log_pb")
        size, end = trajectories.size, self.transitions(trajectories)
        width = int(end.max()) + 1 if size else 1
        place = state_places(trajectories, width)
        boundary = place[trajectories.first] + end
        flows = log_flow.new_zeros(size * width).index_copy(0, place, log_flow)
        flows = flows.index_copy(0, boundary, trajectories.log_reward.to(flows.dtype))
        steps = log_flow.new_zeros(size * width)
        steps = steps.index_copy(0, place[trajectories.child], estimates.log_pf - log_pb)
        steps = steps.index_add(0, boundary, estimates.log_pf_stop)
        return flows.view(size, width) - steps.view(size, width).cumsum(1)
