from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.objectives.q_learning import QLearning
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor


@component("objective", "munchausen_dqn")
class MunchausenDQN(QLearning):
    """Munchausen deep Q-learning (Vieillard et al., 2020; Tiapkin et al., 2024).

    The bonus is alpha * clip(tau log P_F'(a | s), l0, 0), P_F' the policy of the lagging copy, and
    the temperature is tau = 1 / (1 - alpha). As (1 - alpha) tau = 1 the optimum has the policy and
    the flow of ``soft_dqn``: Q* = tau log P_F + log F, V* = log F.
    """

    alpha: float = param(
        default=0.15,
        range=Range(0, 1, high_open=True),
        doc="weight of the log-policy term; the entropy temperature is 1 / (1 - alpha)",
    )
    l0: float = param(
        default=-100.0,
        range=Range(high=0),
        doc="lower bound of the log-policy term before its weight; it moves the optimum where it "
        "is reached",
    )

    @property
    def temperature(self) -> float:
        """1 / (1 - alpha)."""
        return 1 / (1 - self.alpha)

    def bonus(self, log_policy: Tensor) -> Tensor:
        """Alpha times the clipped log-policy term."""
        return self.alpha * (self.temperature * log_policy).clamp(min=self.l0, max=0.0)
