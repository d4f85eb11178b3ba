from __future__ import annotations

from gflowspec.components.schedules.base import Schedule
from gflowspec.core.schema import Range, component, param


@component("schedule", "linear")
class Linear(Schedule):
    """A straight line from ``start`` to ``end``, then ``end``."""

    start: float = param(default=1.0, range=Range(0), doc="factor at the first iteration")
    end: float = param(default=0.0, range=Range(0), doc="factor at the end of the line")
    steps: int | None = param(
        default=None,
        range=Range(1),
        type=int,
        optional=True,
        doc="iterations from `start` to `end`; `none` is the whole run",
    )

    def factor(self, step: int, total: int) -> float:
        """``start + (end - start) * step / steps``."""
        length = total if self.steps is None else self.steps
        return self.start + (self.end - self.start) * min(1.0, step / max(1, length))
