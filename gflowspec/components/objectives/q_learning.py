"""What soft and Munchausen Q-learning share."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from gflowspec.components.needs import Estimate, ForwardOptimisation, Lag, Unit
from gflowspec.components.objectives.base import (
    Objective,
    boundary_flow,
    required,
    transition_weights,
)
from gflowspec.components.replay.prioritized import PrioritizedReplay
from gflowspec.components.residuals.base import Residual
from gflowspec.components.residuals.huber import Huber
from gflowspec.core.schema import Range, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Estimates, Trajectories


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class QLearning(Objective):
    """Deep Q-learning in the entropy-regularised problem (Tiapkin et al., 2024).

    Rewards are log P_B(s | s') of an edge and log R(x) of the end, and ``temperature`` tau is the
    weight of the entropy. An edge s -> s' has delta = Q(s, s') - (b + V'(s') + bonus), with
    log R(x) for V'(x) where the end is forced, the stop step delta = Q(x, s_f) - (log R(x) +
    bonus); V'(s) is tau times the log-sum-exp of Q' / tau over the legal actions, Q' a lagging copy
    of Q. The loss is the mean of rho(delta) over transitions. Nothing but Q(s, s') has a gradient,
    and under ``naive`` b.

    The head of P_F holds Q / tau, so that the policy is its softmax.

    double: V'(s) = sum_a p(a) (Q'(s, a) - tau log p(a)), p the policy of the live Q.
    dueling: Q(s, a) = tau log P_F(a | s) + V(s) with a head for V, which is that of log F.
    """

    unit: ClassVar = Unit.TRANSITION
    offers: ClassVar = {"replay": PrioritizedReplay()}
    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (("target_tau", "hard_every"),)

    target_tau: float = param(
        default=0.25,
        range=Range(0, 1, low_open=True),
        doc="weight of the live network in the copy that targets are computed with, per update",
    )
    hard_every: int | None = param(
        default=None,
        range=Range(1),
        type=int,
        optional=True,
        doc="copy the live network every so many updates, instead of `target_tau` at each",
    )
    start: int = param(
        default=16, range=Range(0), doc="first iterations, which fill the buffer and learn nothing"
    )
    updates: int = param(default=1, range=Range(1), doc="updates of Q in each iteration")
    double: bool = param(default=False, doc="let the live network weigh the actions of a target")
    dueling: bool = param(default=False, doc="heads for P_F and V instead of one for Q")
    leaf_weight: float = param(
        default=1.0,
        range=Range(0, low_open=True),
        doc="factor of the transitions that read the reward",
    )
    residual: Residual = param(  # noqa: RUF009 - a declaration, as in `component` classes
        default=Huber(), kind="residual", doc="loss of a residual"
    )

    @property
    def requires(self) -> frozenset[Estimate]:
        """Log P_F and V, which make Q, and log P_B."""
        value = Estimate.LOG_FLOW if self.dueling else Estimate.V
        double = {Estimate.TARGET_KL} if self.double else set()
        return frozenset({Estimate.LOG_PF, Estimate.LOG_PB, value} | double)

    def log_z(self, estimates: Estimates) -> Tensor:
        """V at the source."""
        return self._value(estimates)

    @property
    def optimisation(self) -> ForwardOptimisation:
        """From the settings."""
        hard = self.hard_every
        lag = Lag(tau=self.target_tau) if hard is None else Lag(tau=1.0, every=hard)
        return ForwardOptimisation(start=self.start, updates=self.updates, lag=lag)

    def residuals(self, trajectories: Trajectories, estimates: Estimates) -> tuple[Tensor, Tensor]:
        """One residual for each edge, then one for each trajectory's stop: [E + B]."""
        import torch

        tau, target = self.temperature, estimates.target
        if target is None:
            message = "the engine did not provide the lagging copy"
            raise TypeError(message)
        value = self._value(estimates)
        after = self._value(target)
        if self.double:
            after = after - tau * required(estimates.target_kl, "target_kl")
        after = boundary_flow(trajectories, after)[trajectories.child]
        wanted = required(estimates.log_pb, "log_pb") + after + self.bonus(target.log_pf)
        edges = tau * estimates.log_pf + value[trajectories.parent] - wanted
        wanted = trajectories.log_reward + self.bonus(target.log_pf_stop)
        stops = tau * estimates.log_pf_stop + value[trajectories.last] - wanted
        residuals = torch.cat([edges, stops])
        return residuals, transition_weights(trajectories, residuals, self.leaf_weight)

    def bonus(self, log_policy: Tensor) -> Tensor | float:
        """What a target gets for the lagging policy's log-probability of the action."""
        del log_policy
        return 0.0

    def _value(self, estimates: Estimates) -> Tensor:
        """V [N]."""
        if self.dueling:
            return required(estimates.log_flow, "log_flow")
        return self.temperature * required(estimates.v, "v")
