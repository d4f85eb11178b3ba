"""Objectives: the loss of the forward policy.

An objective turns a packed batch and what the networks say about it into balance residuals and
their weights. It owns no network, samples nothing and detaches nothing: the engine applies the
stop-gradients that the backward rule declares.

Conventions shared by all of them (b is log P_B of an edge, x the last state of a trajectory):

* a trajectory that ended by the action ``stop`` has the further transition x -> s_f with
  log P_F(s_f | x), and N = n + 1 transitions;
* where ``terminal when`` forced the end, log F(x) is replaced by log R(x), and N = n;
* there is never a P_B factor for x -> s_f.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from gflowspec.components.needs import Estimate
from gflowspec.core.frozen import Frozen

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Estimates, Trajectories
    from gflowspec.components.residuals.base import Residual


class Objective(Frozen, ABC):
    """A loss of P_F.

    Attributes:
        requires: Estimates that ``residuals`` reads; heads appear because of it.
        log_z_source: ``LOG_Z``, a parameter of its own, or ``LOG_FLOW``, log F at the source.
        residual: What is done to a residual before it is summed.
    """

    requires: ClassVar[frozenset[Estimate]]
    log_z_source: ClassVar[Estimate] = Estimate.LOG_FLOW
    residual: Residual

    @abstractmethod
    def residuals(self, trajectories: Trajectories, estimates: Estimates) -> tuple[Tensor, Tensor]:
        """Balance residuals and their weights.

        Returns:
            Two tensors of one shape. Entries of weight 0 are no residuals; weights carry no
            gradient.
        """

    def loss(self, trajectories: Trajectories, estimates: Estimates) -> Tensor:
        """``sum(weights * rho(residuals))``, a scalar."""
        residuals, weights = self.residuals(trajectories, estimates)
        return (weights * self.residual.rho(residuals)).sum()


def required(estimate: Tensor | None, name: str) -> Tensor:
    """An estimate that the engine had to provide because the class declares it."""
    if estimate is None:
        message = f"the engine did not provide {name}"
        raise TypeError(message)
    return estimate


def boundary_flow(trajectories: Trajectories, log_flow: Tensor) -> Tensor:
    """Log F [N] with log R(x) in the place of log F(x) where the end was forced."""
    last = trajectories.last
    ends = log_flow[last].where(trajectories.stopped, trajectories.log_reward.to(log_flow.dtype))
    return log_flow.index_copy(0, last, ends)


def trajectory_sums(values: Tensor, trajectories: Trajectories) -> Tensor:
    """Sums [B] of a quantity of the edges, [E]."""
    sums = values.new_zeros(trajectories.lengths.shape)
    return sums.index_add(0, trajectories.edge_trajectory, values)
