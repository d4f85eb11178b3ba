from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.needs import Estimate
from gflowspec.components.objectives.base import (
    Objective,
    boundary_flow,
    required,
    transition_weights,
)
from gflowspec.components.residuals.base import Residual
from gflowspec.components.residuals.squared import Squared
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Estimates, Trajectories


@component("objective", "flow_matching")
class FlowMatching(Objective):
    """Flow matching (Bengio et al., 2021).

    The logits of P_F are the log flows of edges. Where an edge enters s',
    delta = log(sum over all edges into s' of their flows) - log(sum over all edges out of s',
    ``stop`` among them), with log R(x) for the latter where the end is forced; the stop step has
    delta = log F(x, s_f) - log R(x). The loss is the mean of rho(delta) over all transitions of the
    batch. All parents of a visited state are evaluated, and P_B is read nowhere: it is
    F(s, s') over the flow into s'.
    """

    leaf_weight: float = param(
        default=1.0,
        range=Range(0, low_open=True),
        doc="factor of the transitions that read the reward",
    )
    residual: Residual = param(default=Squared(), kind="residual", doc="loss of a residual")

    @property
    def requires(self) -> frozenset[Estimate]:
        """Log P_F and V, which make the flow of an edge, and the flow into a state."""
        return frozenset({Estimate.LOG_PF, Estimate.V, Estimate.LOG_INFLOW})

    def log_z(self, estimates: Estimates) -> Tensor:
        """The flow out of the source."""
        return required(estimates.v, "v")

    def residuals(self, trajectories: Trajectories, estimates: Estimates) -> tuple[Tensor, Tensor]:
        """One residual for each edge, then one for each trajectory's stop: [E + B]."""
        import torch

        outflow = boundary_flow(trajectories, required(estimates.v, "v"))
        states = required(estimates.log_inflow, "log_inflow") - outflow[trajectories.child]
        stops = outflow[trajectories.last] + estimates.log_pf_stop - trajectories.log_reward
        residuals = torch.cat([states, stops])
        return residuals, transition_weights(trajectories, residuals, self.leaf_weight)
