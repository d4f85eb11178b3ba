from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.needs import Estimate
from gflowspec.components.objectives.base import Objective, required
from gflowspec.components.residuals.base import Residual
from gflowspec.components.residuals.squared import Squared
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Estimates, Trajectories


@component("objective", "subtb")
class SubTrajectoryBalance(Objective):
    """Sub-trajectory balance (Madan et al., 2023).

    With states s_0 .. s_N, s_N the boundary state (log F(s_N) := log R(x)), and
    S_i = sum_{t < i} (log P_F - b), no b on the stop step, and A_i = log F(s_i) - S_i:

        delta_ij = A_i - A_j for i < j;  w_ij = lambda^(j-i-1) / sum_{k<N} (N - k) lambda^k;
        loss = mean over trajectories of sum_{i<j} w_ij rho(delta_ij)   (``geometric_within``).
    """

    subtb_lambda: float = param(
        default=0.9,
        range=Range(0, low_open=True),
        key="lambda",
        doc="weight of a sub-trajectory relative to one that is a step shorter; 1 is allowed",
    )
    weighting: str = param(
        default="geometric_within",
        choices=("geometric_within", "geometric", "uniform"),
        doc="weights sum to 1 in each trajectory, or over the batch, or are equal in the batch",
    )
    residual: Residual = param(default=Squared(), kind="residual", doc="loss of a residual")

    @property
    def requires(self) -> frozenset[Estimate]:
        """Log P_F, log P_B and log F."""
        return frozenset({Estimate.LOG_PF, Estimate.LOG_PB, Estimate.LOG_FLOW})

    def residuals(self, trajectories: Trajectories, estimates: Estimates) -> tuple[Tensor, Tensor]:
        """Residuals [B, L, L] of the pairs (i, j), L - 1 the most transitions of a trajectory.

        The weight is 0 unless i < j <= N.
        """
        levels = _levels(trajectories, estimates)
        residuals = levels.unsqueeze(2) - levels.unsqueeze(1)
        return residuals, self._weights(trajectories, levels)

    def _weights(self, trajectories: Trajectories, levels: Tensor) -> Tensor:
        """w_ij over the number of trajectories, [B, L, L]."""
        import torch

        width = levels.shape[1]
        transitions = trajectories.lengths + trajectories.stopped
        ratio = 1.0 if self.weighting == "uniform" else self.subtb_lambda
        position = torch.arange(width, device=levels.device)
        gap = (position - position.unsqueeze(1)).to(levels.dtype)
        powers = torch.pow(ratio, gap - 1).triu(1)
        pairs = powers * (position <= transitions.unsqueeze(1)).unsqueeze(1)
        totals = powers[0].cumsum(0).cumsum(0)[transitions]
        if self.weighting == "geometric_within":
            return pairs / (totals * max(1, trajectories.size)).clamp(min=_TINY)[:, None, None]
        return pairs / totals.sum().clamp(min=_TINY)


#: Keeps 0 / 0 away where a trajectory has no transition; real totals are at least 1.
_TINY = 1e-30


def _levels(trajectories: Trajectories, estimates: Estimates) -> Tensor:
    """A_i [B, L] of every trajectory; what stands behind A_N means nothing, but is finite."""
    import torch

    log_flow = required(estimates.log_flow, "log_flow")
    log_pb = required(estimates.log_pb, "log_pb")
    size, owner = trajectories.size, trajectories.state_trajectory
    end = trajectories.lengths + trajectories.stopped
    width = int(end.max()) + 1 if size else 1
    rank = torch.arange(owner.shape[0], device=owner.device) - trajectories.first[owner]
    place = owner * width + rank
    boundary = place[trajectories.first] + end
    flows = log_flow.new_zeros(size * width).index_copy(0, place, log_flow)
    flows = flows.index_copy(0, boundary, trajectories.log_reward.to(flows.dtype))
    steps = log_flow.new_zeros(size * width)
    steps = steps.index_copy(0, place[trajectories.child], estimates.log_pf - log_pb)
    steps = steps.index_add(0, boundary, estimates.log_pf_stop)
    return flows.view(size, width) - steps.view(size, width).cumsum(1)
