from __future__ import annotations

from gflowspec.components.schedules.base import Schedule
from gflowspec.core.schema import Range, component, param


@component("schedule", "half_life")
class HalfLife(Schedule):
    """factor(t) = 2^(-t / iterations)."""

    iterations: int = param(type=int, range=Range(1), doc="iterations that halve the factor")

    def factor(self, step: int, total: int) -> float:
        """One half after ``iterations``, a quarter after twice as many."""
        del total
        return float(2.0 ** (-step / self.iterations))
