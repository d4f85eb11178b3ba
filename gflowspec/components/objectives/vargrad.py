from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.needs import Estimate
from gflowspec.components.objectives.base import Objective, required, trajectory_sums
from gflowspec.components.residuals.base import Residual
from gflowspec.components.residuals.squared import Squared
from gflowspec.core.schema import component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Estimates, Trajectories


@component("objective", "vargrad")
class VarianceGradient(Objective):
    """VarGrad, or log-variance loss (Richter et al., 2020; Zhang et al., 2023).

    Trajectory balance whose log Z is the mean over the batch of
    log R(x) + sum b - sum log P_F - log P_F(s_f | x): the loss is the variance of that, and no
    log Z is learned. A batch has to hold at least two trajectories.

    On the policy's own trajectories the gradient is that of entropic policy optimisation: REINFORCE
    with the return log R(x) + sum b - sum log P_F and the mean over the others as baseline, times
    2 (B - 1) / B (Malkin et al., 2023; Niu et al., 2024). Replay and exploration may change the
    trajectories, which a policy gradient could not bear without weights.
    """

    residual: Residual = param(default=Squared(), kind="residual", doc="loss of a residual")

    @property
    def requires(self) -> frozenset[Estimate]:
        """Log P_F and log P_B."""
        return frozenset({Estimate.LOG_PF, Estimate.LOG_PB})

    def log_z(self, estimates: Estimates) -> None:
        """None: it is different for every batch."""
        del estimates

    @property
    def least_batch(self) -> int:
        """Two: of one trajectory the variance is 0."""
        return 2

    def residuals(self, trajectories: Trajectories, estimates: Estimates) -> tuple[Tensor, Tensor]:
        """One residual [B] for each trajectory."""
        log_pb = required(estimates.log_pb, "log_pb")
        steps = trajectory_sums(estimates.log_pf - log_pb, trajectories)
        levels = trajectories.log_reward - steps - estimates.log_pf_stop
        residuals = levels.mean() - levels if trajectories.size else levels
        return residuals, residuals.new_full(residuals.shape, 1.0 / max(1, trajectories.size))
