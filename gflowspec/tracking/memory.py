"""A tracker that keeps everything in memory; for tests and notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from gflowspec.tracking.base import RunRecord, Status, TrackingSummary


@attrs.define
class MemoryTracker:
    """Keeps what it is given, to be read back as plain attributes.

    Attributes:
        run: The record given to ``start``.
        metrics: ``(step, values)`` in the order of recording.
        tags: Latest value of each tag, those of the record included.
        artifacts: Local file of each artifact path.
        checkpoints: How often a checkpoint was announced.
        status: RUNNING between ``start`` and ``finish``, then what ``finish`` was given.
        outcome: The sentence given to ``finish``.
    """

    run: RunRecord | None = None
    metrics: list[tuple[int, dict[str, float]]] = attrs.field(factory=list)
    tags: dict[str, str] = attrs.field(factory=dict)
    artifacts: dict[str, Path] = attrs.field(factory=dict)
    checkpoints: int = 0
    status: Status | None = None
    outcome: str = ""
    failure: None = attrs.field(default=None, init=False)

    def start(self, run: RunRecord) -> None:
        """Keep the record."""
        self.run = run
        self.tags.update(run.tags)
        self.status = Status.RUNNING

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Keep a copy of the values."""
        self.metrics.append((step, dict(values)))

    def tag(self, values: Mapping[str, str]) -> None:
        """Set tags."""
        self.tags.update(values)

    def artifact(self, path_in_run: str, local_path: Path) -> None:
        """Keep the path of the file; nothing is copied."""
        self.artifacts[path_in_run] = local_path

    def checkpoint(self) -> None:
        """Count."""
        self.checkpoints += 1

    def finish(self, status: Status, outcome: str) -> TrackingSummary:
        """Close the run; every record counts as delivered."""
        self.status = status
        self.outcome = outcome
        params = len(self.run.params) if self.run is not None else 0
        values = sum(len(item) for _, item in self.metrics)
        accepted = 2 + params + len(self.tags) + values + len(self.artifacts)
        return TrackingSummary(accepted=accepted, delivered=accepted)

    def series(self, key: str) -> list[tuple[int, float]]:
        """``(step, value)`` of one metric, in the order of recording."""
        return [(step, values[key]) for step, values in self.metrics if key in values]
