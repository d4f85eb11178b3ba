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

from gflowspec.components.needs import Estimate, ForwardOptimisation, Unit
from gflowspec.core.frozen import Frozen

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Estimates, Trajectories
    from gflowspec.components.residuals.base import Residual


class Objective(Frozen, ABC):
    """A loss of P_F.

    Attributes:
        unit: ``TRANSITION`` if every residual is about one transition, so that transitions may be
            stored and drawn one by one; ``residuals`` then gives one for each edge, followed by
            one for each trajectory's stop, [E + B].
        residual: What is done to a residual before it is summed.
    """

    unit: ClassVar[Unit] = Unit.TRAJECTORY
    residual: Residual

    @property
    @abstractmethod
    def requires(self) -> frozenset[Estimate]:
        """Estimates that ``residuals`` reads; heads appear because of it."""

    def log_z(self, estimates: Estimates) -> Tensor | None:
        """What it takes for log Z, a tensor of one element; None if it has no opinion.

        Args:
            estimates: At the source alone (N = 1, no edges).
        """
        return required(estimates.log_flow, "log_flow")

    @property
    def least_batch(self) -> int:
        """Trajectories that a batch has to hold for the loss to mean anything."""
        return 1

    @property
    def temperature(self) -> float:
        """Of the entropy: log F of a state is this times ``Estimates.v``, where that is read."""
        return 1.0

    @property
    def optimisation(self) -> ForwardOptimisation:
        """How its updates run."""
        return ForwardOptimisation()

    @abstractmethod
    def residuals(self, trajectories: Trajectories, estimates: Estimates) -> tuple[Tensor, Tensor]:
        """Balance residuals and their weights.

        Returns:
            Two tensors of one shape. Entries of weight 0 are no residuals; weights carry no
            gradient.
        """

    def terms(self, trajectories: Trajectories, estimates: Estimates) -> Tensor:
        """``weights * rho(residuals)``, in the shape of the residuals."""
        residuals, weights = self.residuals(trajectories, estimates)
        return weights * self.residual.rho(residuals)

    def loss(self, trajectories: Trajectories, estimates: Estimates) -> Tensor:
        """The sum of the terms, a scalar."""
        return self.terms(trajectories, estimates).sum()


def required(estimate: Tensor | None, name: str) -> Tensor:
    """An estimate that the engine had to provide because the class declares it."""
    if estimate is None:
        message = f"the engine did not provide {name}"
        raise TypeError(message)
    return estimate


def boundary_flow(trajectories: Trajectories, log_flow: Tensor) -> Tensor:
    """Log F [N] with log R(x) in the place of log F(x) where the end was forced."""
    import torch

    last = trajectories.last
    rewards = trajectories.log_reward.to(log_flow.dtype)
    ends = torch.where(trajectories.forced, rewards, log_flow[last])
    return log_flow.index_copy(0, last, ends)


def edge_balance(trajectories: Trajectories, estimates: Estimates, log_flow: Tensor) -> Tensor:
    """Log F(s) + log P_F(s' | s) - log F(s') - b of every edge, [E].

    Args:
        trajectories: The batch.
        estimates: With log P_B.
        log_flow: [N], log F of every state.
    """
    left = log_flow[trajectories.parent] + estimates.log_pf
    return left - log_flow[trajectories.child] - required(estimates.log_pb, "log_pb")


def transition_balance(
    trajectories: Trajectories, estimates: Estimates, log_flow: Tensor
) -> Tensor:
    """Detailed balance of every edge, then of every trajectory's stop, [E + B].

    Args:
        trajectories: The batch.
        estimates: With log P_B.
        log_flow: [N], log F of every state; log R where the end was forced.
    """
    import torch

    edges = edge_balance(trajectories, estimates, log_flow)
    stops = log_flow[trajectories.last] + estimates.log_pf_stop - trajectories.log_reward
    return torch.cat([edges, stops])


def implied_flow(estimates: Estimates) -> Tensor:
    """Log F = log R(s) - log P_F(s_f | s) [N]: what P_F implies where every state may end."""
    log_rewards = required(estimates.log_rewards, "log_rewards")
    return log_rewards - required(estimates.log_pf_end, "log_pf_end")


def transition_weights(trajectories: Trajectories, like: Tensor, leaf_weight: float) -> Tensor:
    """Weights [E + B] of the residuals of the edges, then of the stops: a mean over transitions.

    Transitions whose residual reads the reward count ``leaf_weight``; a forced end makes no
    transition of its own.
    """
    import torch

    stopped, forced = trajectories.stopped, trajectories.forced
    owner = trajectories.edge_trajectory
    enters_end = (trajectories.child == trajectories.last[owner]) & forced[owner]
    counted = torch.cat([torch.ones_like(enters_end), stopped]).to(like.dtype)
    reads_reward = torch.cat([enters_end, stopped]).to(like.dtype)
    factor = 1.0 + (leaf_weight - 1.0) * reads_reward
    return counted * factor / counted.sum().clamp(min=1.0)


def trajectory_sums(values: Tensor, trajectories: Trajectories) -> Tensor:
    """Sums [B] of a quantity of the edges, [E]."""
    sums = values.new_zeros(trajectories.lengths.shape)
    return sums.index_add(0, trajectories.edge_trajectory, values)
