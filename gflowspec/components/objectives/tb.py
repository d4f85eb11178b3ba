from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.needs import Estimate
from gflowspec.components.objectives.base import Objective, required, trajectory_sums
from gflowspec.components.residuals.base import Residual
from gflowspec.components.residuals.squared import Squared
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Estimates, Trajectories


@component("objective", "tb")
class TrajectoryBalance(Objective):
    """Trajectory balance (Malkin et al., 2022).

    delta = log Z + sum log P_F + log P_F(s_f | x) - log R(x) - sum b; the loss is the mean of
    rho(delta) over trajectories.
    """

    lr_z: float = param(default=0.1, range=Range(0, low_open=True), doc="learning rate of log Z")
    init_log_z: float = param(default=0.0, doc="log Z at the start")
    residual: Residual = param(default=Squared(), kind="residual", doc="loss of a residual")

    @property
    def requires(self) -> frozenset[Estimate]:
        """Log P_F, log P_B and log Z."""
        return frozenset({Estimate.LOG_PF, Estimate.LOG_PB, Estimate.LOG_Z})

    def log_z(self, estimates: Estimates) -> Tensor:
        """The parameter."""
        return required(estimates.log_z, "log_z")

    def residuals(self, trajectories: Trajectories, estimates: Estimates) -> tuple[Tensor, Tensor]:
        """One residual [B] for each trajectory."""
        log_pb = required(estimates.log_pb, "log_pb")
        steps = trajectory_sums(estimates.log_pf - log_pb, trajectories)
        log_z = required(estimates.log_z, "log_z")
        residuals = log_z + steps + estimates.log_pf_stop - trajectories.log_reward
        return residuals, residuals.new_full(residuals.shape, 1.0 / max(1, trajectories.size))
