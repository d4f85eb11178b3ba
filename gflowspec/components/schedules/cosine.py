from __future__ import annotations

import math

from gflowspec.components.schedules.base import Schedule
from gflowspec.core.schema import Range, component, param


@component("schedule", "cosine")
class Cosine(Schedule):
    """factor(t) = (1 + cos(pi t / steps)) / 2, then 0 (Loshchilov and Hutter, 2017)."""

    steps: int | None = param(
        default=None,
        range=Range(1),
        type=int,
        optional=True,
        doc="iterations from 1 to 0; `none` is the whole run",
    )

    def factor(self, step: int, total: int) -> float:
        """Half a period of the cosine."""
        length = total if self.steps is None else self.steps
        return (1.0 + math.cos(math.pi * min(1.0, step / max(1, length)))) / 2.0
