from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.exploration.base import Exploration
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor


@component("exploration", "tempered")
class Tempered(Exploration):
    """Sample from softmax(logits / policy_temperature); above 1 it is flatter than the policy."""

    policy_temperature: float = param(
        default=1.0, range=Range(0, low_open=True), doc="divides the logits of the policy"
    )

    @property
    def is_policy(self) -> bool:
        """True at temperature 1."""
        return self.policy_temperature == 1.0

    def behaviour(self, logits: Tensor, mask: Tensor, *, has_stop: bool) -> Tensor:
        """Logits over the temperature."""
        del has_stop
        return logits.masked_fill(~mask, float("-inf")) / self.policy_temperature
