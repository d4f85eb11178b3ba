"""What a tracker is: the small protocol that the API drives and the trainer's numbers flow into.

A *record* is the smallest thing a store can refuse on its own: the creation of a run, one
parameter, one tag, one metric value, one artifact, one status. All counts are of records.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import attrs

from gflowspec.core.diagnostics import Diagnostic


class Status(StrEnum):
    """State of a run, in MLflow's words."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"


@attrs.frozen(kw_only=True)
class ParentRun:
    """The run of a sweep, under which those of its cells are shown.

    Attributes:
        run_id: Our id, which is its name as well.
        created: Seconds since the epoch.
    """

    run_id: str
    created: float


@attrs.frozen(kw_only=True)
class RunRecord:
    """What is known about a run before its first step.

    Attributes:
        run_id: Our id; also the name of the run directory and the tag ``gflowspec.run_id``.
        name: Readable name, see ``tracking.naming``.
        experiment: Experiment under which the run is filed.
        directory: The run directory, which exists.
        created: Seconds since the epoch.
        params: Resolved settings by dotted path, as text.
        tags: Tags by their full name.
        resumed_at: The step from which a resumed run goes on; None for a run from scratch.
        parent: The run of its sweep; None for a run of its own.
    """

    run_id: str
    name: str
    experiment: str
    directory: Path
    created: float
    params: Mapping[str, str] = attrs.field(factory=dict)
    tags: Mapping[str, str] = attrs.field(factory=dict)
    resumed_at: int | None = None
    parent: ParentRun | None = None


@attrs.frozen(kw_only=True)
class TrackingSummary:
    """The account of a run: ``accepted == delivered + unsent + rejected``, always.

    Attributes:
        accepted: Records that were journaled.
        delivered: Records the store has acknowledged.
        unsent: Records that wait in the journal.
        rejected: Records the store refused as invalid; they stand in ``rejected.jsonl``.
        uri: The store, as MLflow's client takes it, without credentials; None without a store.
        experiment_id: MLflow's id of the experiment; None until delivered.
        mlflow_run_id: MLflow's id of the run; None until delivered.
        drift: The first value of a resumed run that differs from what was journaled before, in
            words; None if there is none.
        message: What the user should know or do, in one line; empty if there is nothing.
    """

    accepted: int = 0
    delivered: int = 0
    unsent: int = 0
    rejected: int = 0
    uri: str | None = None
    experiment_id: str | None = None
    mlflow_run_id: str | None = None
    drift: str | None = None
    message: str = ""


class Tracker(Protocol):
    """Receives a run. No method waits for a store and none raises because of one.

    The order of calls is ``start``, then any of ``record``, ``tag``, ``artifact``,
    ``checkpoint``, then ``finish`` once.
    """

    @property
    def failure(self) -> Diagnostic | None:
        """Why records can no longer be kept (a full disk); the run should stop then."""

    def start(self, run: RunRecord) -> None:
        """Open the run; for a run directory that already holds a journal, continue it."""

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Keep metric values of one step; keys are final names such as ``train/log_z``."""

    def tag(self, values: Mapping[str, str]) -> None:
        """Set tags by their full name."""

    def artifact(self, path_in_run: str, local_path: Path) -> None:
        """Keep a file under a path such as ``eval/curves.png``."""

    def checkpoint(self) -> None:
        """A checkpoint was written: make everything accepted so far survive a power cut."""

    def finish(self, status: Status, outcome: str) -> TrackingSummary:
        """Close the run; ``outcome`` is the sentence that is shown for it."""
