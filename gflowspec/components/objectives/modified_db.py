from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.needs import Estimate
from gflowspec.components.objectives.base import Objective, edge_balance, implied_flow
from gflowspec.components.residuals.base import Residual
from gflowspec.components.residuals.squared import Squared
from gflowspec.core.schema import component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Estimates, Trajectories


@component("objective", "modified_db")
class ModifiedDetailedBalance(Objective):
    """Modified detailed balance (Deleu et al., 2022).

    ``db`` with log F(s) := log R(s) - log P_F(s_f | s) in the place of a learned flow: an edge
    s -> s' has delta = log R(s) + log P_F(s' | s) + log P_F(s_f | s') - log R(s') - b -
    log P_F(s_f | s). The stop step is balanced by itself; the loss is the mean of rho(delta) over
    the edges of the batch. Every state has to be allowed to stop; the reward is read at every
    state.
    """

    residual: Residual = param(default=Squared(), kind="residual", doc="loss of a residual")

    @property
    def requires(self) -> frozenset[Estimate]:
        """Log P_F, of the end too, log P_B, and log R of every state."""
        return frozenset(
            {Estimate.LOG_PF, Estimate.LOG_PB, Estimate.LOG_PF_END, Estimate.LOG_REWARDS}
        )

    def log_z(self, estimates: Estimates) -> Tensor:
        """The implied flow of the source."""
        return implied_flow(estimates)

    def residuals(self, trajectories: Trajectories, estimates: Estimates) -> tuple[Tensor, Tensor]:
        """One residual [E] for each edge."""
        residuals = edge_balance(trajectories, estimates, implied_flow(estimates))
        return residuals, residuals.new_full(residuals.shape, 1.0 / max(1, residuals.shape[0]))
