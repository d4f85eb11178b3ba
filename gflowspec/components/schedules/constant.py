from __future__ import annotations

from gflowspec.components.schedules.base import Schedule
from gflowspec.core.schema import component


@component("schedule", "constant")
class Constant(Schedule):
    """factor(t) = 1."""

    def factor(self, step: int, total: int) -> float:
        """Always 1."""
        del step, total
        return 1.0
