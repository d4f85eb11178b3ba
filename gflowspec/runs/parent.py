"""The run of a whole sweep in MLflow, under which its runs stand, and the delivery of all journals.

One process writes to the store: sqlite slows down several writers more than it gains by them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import attrs

from gflowspec.tracking import description
from gflowspec.tracking.base import RunRecord, Status
from gflowspec.tracking.delivery import Progress
from gflowspec.tracking.location import resolve
from gflowspec.tracking.sync import Syncer
from gflowspec.tracking.tracker import MlflowTracker

if TYPE_CHECKING:
    from gflowspec.runs.frozen import Frozen
    from gflowspec.tracking.project import Project

#: Seconds between two deliveries.
EVERY = 5.0
#: MLflow's own tag of a run that belongs to another one.
PARENT = "mlflow.parentRunId"


@attrs.frozen(kw_only=True)
class End:
    """How a sweep ended.

    Attributes:
        status: Finished only if all of its runs are.
        sentence: The same in words.
        best: Least values of metrics among its runs.
        table: A file with all runs.
    """

    status: Status
    sentence: str
    best: Mapping[str, float]
    table: Path


class Parent(Protocol):
    """What carries out a sweep needs of it."""

    @property
    def tags(self) -> Mapping[str, str]:
        """Tags of the runs that belong to it."""

    def begin(self, directory: Path) -> None:
        """Open it, and deliver it, so that its identity in the store is known."""

    def deliver(self, directories: Iterable[Path]) -> None:
        """Deliver what runs have journaled, if it is time."""

    def finish(self, end: End, directories: Iterable[Path]) -> None:
        """Close it, and deliver everything."""


@attrs.frozen
class NoParent:
    """Runs that are not tracked have none."""

    tags: Mapping[str, str] = attrs.field(factory=dict)

    def begin(self, directory: Path) -> None:
        """Nothing to do."""

    def deliver(self, directories: Iterable[Path]) -> None:
        """Nothing to do."""

    def finish(self, end: End, directories: Iterable[Path]) -> None:
        """Nothing to do."""


@attrs.define(kw_only=True)
class MlflowParent:
    """A run in MLflow that is journaled and delivered as any other.

    Attributes:
        sweep_id: Its run id and name.
        experiment: Experiment under which it is filed, as its runs are.
        params: What is the same for all runs.
        note: The specification, for the description.
        project: Whose store is meant.
    """

    sweep_id: str
    experiment: str
    params: Mapping[str, str]
    note: str
    project: Project
    tags: dict[str, str] = attrs.field(factory=dict, init=False)
    _tracker: MlflowTracker | None = attrs.field(default=None, init=False)
    _syncer: Syncer | None = attrs.field(default=None, init=False)
    _directory: Path = attrs.field(default=Path(), init=False)
    _delivered_at: float = attrs.field(default=0.0, init=False)

    def begin(self, directory: Path) -> None:
        """See ``Parent``."""
        location = resolve(self.project, os.environ, None)
        self._directory = directory
        self._tracker = MlflowTracker(location, offline=True)
        self._tracker.start(
            RunRecord(
                run_id=self.sweep_id,
                name=self.sweep_id,
                experiment=self.experiment,
                directory=directory,
                created=time.time(),
                params=self.params,
                tags={"gflowspec.kind": "sweep", "mlflow.note.content": self.note},
            )
        )
        self.tags["gflowspec.sweep"] = self.sweep_id
        self._sync([directory])
        progress = Progress.read(directory)
        if progress is not None and progress.mlflow_run_id:
            self.tags[PARENT] = progress.mlflow_run_id

    def deliver(self, directories: Iterable[Path]) -> None:
        """See ``Parent``."""
        if time.monotonic() - self._delivered_at >= EVERY:
            self._sync(directories)

    def finish(self, end: End, directories: Iterable[Path]) -> None:
        """See ``Parent``."""
        tracker = self._tracker
        if tracker is None:
            return
        if end.best:
            tracker.record(0, {f"best/{name}": value for name, value in end.best.items()})
        tracker.artifact(f"sweep/{end.table.name}", end.table)
        tracker.finish(end.status, end.sentence)
        self._sync([*directories, self._directory])

    def _sync(self, directories: Iterable[Path]) -> None:
        if self._syncer is None:
            self._syncer = Syncer(self.project, os.environ)
        result = self._syncer.sync(directories)
        if result.unsent:
            self._syncer = None  # a store that failed once is asked again next time
        self._delivered_at = time.monotonic()


def parent_of(frozen: Frozen, sweep_id: str, project: Project) -> Parent:
    """The parent that the experiment of a sweep asks for."""
    job = frozen.runs[0].job
    if job.config.track["backend"].name == "none":
        return NoParent()
    moved = {path for item in frozen.runs for path in item.point}
    settings = {
        path: value
        for path, value in job.config.settings.items()
        if not any(path == item or path.startswith(f"{item}.") for item in moved)
    }
    return MlflowParent(
        sweep_id=sweep_id,
        experiment=description.experiment_name(job.config),
        params=description.params(settings),
        note=description.note(job.source),
        project=project,
    )
