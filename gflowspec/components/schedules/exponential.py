from __future__ import annotations

from gflowspec.components.schedules.base import Schedule
from gflowspec.core.schema import Range, component, param


@component("schedule", "exponential")
class Exponential(Schedule):
    """factor(t) = gamma^t."""

    gamma: float = param(
        type=float, range=Range(0, 1, low_open=True), doc="factor of each iteration"
    )

    def factor(self, step: int, total: int) -> float:
        """Gamma to the power of the iteration."""
        del total
        return float(self.gamma**step)
