from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.needs import Estimate
from gflowspec.components.objectives.base import (
    Objective,
    boundary_flow,
    required,
    transition_balance,
    transition_weights,
)
from gflowspec.components.residuals.base import Residual
from gflowspec.components.residuals.squared import Squared
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Estimates, Trajectories


@component("objective", "db")
class DetailedBalance(Objective):
    """Detailed balance (Bengio et al., 2023).

    An edge s -> s' has delta = log F(s) + log P_F(s' | s) - log F(s') - b, the stop step
    delta = log F(x) + log P_F(s_f | x) - log R(x). The loss is the mean of rho(delta) over all
    transitions of the batch; log F(s') is not detached.
    """

    leaf_weight: float = param(
        default=1.0,
        range=Range(0, low_open=True),
        doc="factor of the transitions that read the reward",
    )
    residual: Residual = param(default=Squared(), kind="residual", doc="loss of a residual")

    @property
    def requires(self) -> frozenset[Estimate]:
        """Log P_F, log P_B and log F."""
        return frozenset({Estimate.LOG_PF, Estimate.LOG_PB, Estimate.LOG_FLOW})

    def residuals(self, trajectories: Trajectories, estimates: Estimates) -> tuple[Tensor, Tensor]:
        """One residual for each edge, then one for each trajectory's stop: [E + B]."""
        log_flow = boundary_flow(trajectories, required(estimates.log_flow, "log_flow"))
        residuals = transition_balance(trajectories, estimates, log_flow)
        return residuals, transition_weights(trajectories, residuals, self.leaf_weight)
