from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.exploration.base import Exploration
from gflowspec.components.schedules.base import Schedule
from gflowspec.components.schedules.constant import Constant
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor


@component("exploration", "epsilon")
class Epsilon(Exploration):
    """With probability p at each step, a uniform action among ``actions`` instead of the policy's.

    Where none of ``actions`` is legal the policy acts alone. ``actions = stop`` keeps the stop
    edges of low-reward states in the batches without steering the other actions.
    """

    probability: float = param(
        default=0.0,
        range=Range(0, 1),
        key="p",
        doc="probability of an exploratory action at each step",
    )
    actions: str = param(
        default="any",
        choices=("any", "stop", "moves"),
        doc="what is explored: every legal action, `stop` alone, or all actions but `stop`",
    )

    schedule: Schedule = param(
        default=Constant(), kind="schedule", doc="factor on `p` during training, at most to 1"
    )

    @property
    def is_policy(self) -> bool:
        """True for p = 0."""
        return self.probability == 0.0

    def behaviour(self, logits: Tensor, mask: Tensor, *, has_stop: bool) -> Tensor:
        """log((1 - p) P_F + p U), U uniform on the explored legal actions."""
        policy = logits.masked_fill(~mask, float("-inf"))
        if self.is_policy:
            return policy
        explored = self.explored(mask, has_stop=has_stop)
        count = explored.sum(-1, keepdim=True)
        share = self.probability * (count > 0)
        uniform = explored / count.clamp(min=1)
        return ((1 - share) * policy.softmax(-1) + share * uniform).log()

    def at(self, step: int, total: int) -> Epsilon:
        """With p times the factor of the schedule."""
        if isinstance(self.schedule, Constant):
            return self
        scaled = min(1.0, self.probability * self.schedule.factor(step, total))
        return Epsilon(probability=scaled, actions=self.actions)

    @property
    def rate(self) -> float:
        """P."""
        return self.probability

    def explored(self, mask: Tensor, *, has_stop: bool) -> Tensor:
        """Bool [B, A_f], the legal actions that exploration may take."""
        if self.actions == "any" or (self.actions == "moves" and not has_stop):
            return mask
        explored = mask.clone()
        if self.actions == "moves":
            explored[:, -1] = False
        else:
            explored[:, : -1 if has_stop else None] = False
        return explored
