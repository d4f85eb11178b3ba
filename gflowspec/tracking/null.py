"""A tracker that keeps nothing; the run directory still holds ``run.json`` and the checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from gflowspec.tracking.base import RunRecord, Status, TrackingSummary


@attrs.frozen
class NullTracker:
    """Accepts everything and keeps nothing (``--tracker none``)."""

    failure: None = attrs.field(default=None, init=False)

    def start(self, run: RunRecord) -> None:
        """Do nothing."""

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Do nothing."""

    def tag(self, values: Mapping[str, str]) -> None:
        """Do nothing."""

    def artifact(self, path_in_run: str, local_path: Path) -> None:
        """Do nothing."""

    def checkpoint(self) -> None:
        """Do nothing."""

    def finish(self, status: Status, outcome: str) -> TrackingSummary:
        """Return an empty account."""
        return TrackingSummary()
