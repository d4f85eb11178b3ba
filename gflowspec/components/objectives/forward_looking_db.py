from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.needs import Estimate
from gflowspec.components.objectives.base import (
    Objective,
    required,
    transition_balance,
    transition_weights,
)
from gflowspec.components.residuals.base import Residual
from gflowspec.components.residuals.squared import Squared
from gflowspec.core.schema import component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Estimates, Trajectories


@component("objective", "forward_looking_db")
class ForwardLookingDetailedBalance(Objective):
    """Forward-looking detailed balance (Pan et al., 2023).

    ``db`` with log F(s) := log R(s) + log F~(s): the energy of a state is given, and the flow head
    learns the rest, log F~. Residuals, weights and loss are those of ``db``. Every state has to be
    an object; the reward is read at every state.
    """

    residual: Residual = param(default=Squared(), kind="residual", doc="loss of a residual")

    @property
    def requires(self) -> frozenset[Estimate]:
        """Log P_F, log P_B, log F~ and log R of every state."""
        return frozenset(
            {Estimate.LOG_PF, Estimate.LOG_PB, Estimate.LOG_FLOW, Estimate.LOG_REWARDS}
        )

    def log_z(self, estimates: Estimates) -> Tensor:
        """The flow of the source."""
        return _flow(estimates)

    def residuals(self, trajectories: Trajectories, estimates: Estimates) -> tuple[Tensor, Tensor]:
        """One residual for each edge, then one for each trajectory's stop: [E + B]."""
        residuals = transition_balance(trajectories, estimates, _flow(estimates))
        return residuals, transition_weights(trajectories, residuals, 1.0)


def _flow(estimates: Estimates) -> Tensor:
    """Log F [N]."""
    learned = required(estimates.log_flow, "log_flow")
    return learned + required(estimates.log_rewards, "log_rewards")
