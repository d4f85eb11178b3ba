"""The metrics of a run as they are tracked, thinned so that they can be drawn at its end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from gflowspec.tracking.history import History

#: Points of a series that are kept at most; a fuller one loses every second.
KEPT = 2_000
#: Metrics that say how fast it went, not how well.
_NOT_DRAWN = "perf/"


@attrs.define
class Recorder:
    """Series of ``(step, value)`` by metric.

    Attributes:
        series: What was recorded, in the order of the first record of each metric.
    """

    series: dict[str, list[tuple[int, float]]] = attrs.field(factory=dict)
    _strides: dict[str, int] = attrs.field(factory=dict)
    _seen: dict[str, int] = attrs.field(factory=dict)

    @classmethod
    def continuing(cls, journal: Path) -> Recorder:
        """One that knows what a journal holds already; empty without a journal."""
        made = cls()
        if journal.is_file():
            for (step, key), value in sorted(History.read(journal).values.items()):
                made.record(step, {key: value})
        return made

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Keep the values of one step; a step that is repeated counts once."""
        for key, value in values.items():
            if key.startswith(_NOT_DRAWN):
                continue
            points = self.series.setdefault(key, [])
            while points and points[-1][0] >= step:
                points.pop()  # a run that is continued repeats what came after its checkpoint
            seen = self._seen.get(key, 0)
            self._seen[key] = seen + 1
            if seen % self._strides.get(key, 1) == 0:
                points.append((step, value))
            if len(points) > KEPT:
                del points[1::2]
                self._strides[key] = 2 * self._strides.get(key, 1)
