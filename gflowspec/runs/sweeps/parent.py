"""The run of a sweep itself: under it stand those of its cells, and one thread delivers all."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import attrs

from gflowspec.ir.config import Config
from gflowspec.runs.sweeps.plan import SweepFolder, SweepPlan
from gflowspec.tracking import heartbeat
from gflowspec.tracking.base import RunRecord, Status, TrackingSummary
from gflowspec.tracking.delivery import Progress
from gflowspec.tracking.description import experiment_name, note
from gflowspec.tracking.location import resolve
from gflowspec.tracking.process import ProcessIdentity
from gflowspec.tracking.project import Project
from gflowspec.tracking.rundir import Run
from gflowspec.tracking.sync import Syncer
from gflowspec.tracking.tracker import MlflowTracker

#: Seconds between two rounds of the delivery.
EVERY = 2.0


def parent_record(folder: SweepFolder, config: Config, source: str) -> RunRecord:
    """What is known of a sweep before its first cell."""
    plan = folder.plan
    params = {"sweep": plan.name, "of": plan.experiment, "runs": str(len(plan.cells))}
    return RunRecord(
        run_id=plan.id,
        name=plan.id,
        experiment=experiment_name(config),
        directory=folder.path,
        created=plan.created,
        params=params | _moved(plan),
        tags={
            "gflowspec.run_id": plan.id,
            "gflowspec.sweep": plan.id,
            "gflowspec.spec": plan.spec_path,
            "gflowspec.hash.sweep": plan.digest,
            "mlflow.note.content": note(source),
        },
    )


def _moved(plan: SweepPlan) -> dict[str, str]:
    """The values that each setting takes, in the order in which they appear."""
    values: dict[str, dict[str, None]] = {}
    for cell in plan.cells:
        for path, value in cell.point.items():
            values.setdefault(f"sweep.{path}", {})[value] = None
    return {path: ", ".join(found) for path, found in values.items()}


@attrs.define
class ParentTracker:
    """Journals the run of a sweep and delivers it with those of its cells.

    Delivery is a thread here, unlike that of a single run: nothing is trained in this process.

    Attributes:
        project: Whose store is meant.
        uri: ``--tracking-uri``.
        offline: Journal only.
        notify: Receives lines for the user.
    """

    project: Project
    uri: str | None
    offline: bool
    notify: Callable[[str], None]
    _tracker: MlflowTracker | None = None
    _directories: list[Path] = attrs.field(factory=list)
    _thread: threading.Thread | None = None
    _stop: threading.Event = attrs.field(factory=threading.Event)
    _outage: str = ""
    _last_beat: float = attrs.field(factory=time.monotonic)

    def start(self, record: RunRecord) -> None:
        """Open the journal, and begin to deliver."""
        location = resolve(self.project, os.environ, self.uri)
        self._tracker = MlflowTracker(location, offline=True, notify=self.notify)
        self._tracker.start(record)
        self._directories.append(record.directory)
        if not self.offline:
            self._thread = threading.Thread(target=self._deliver, daemon=True)
            self._thread.start()

    def add(self, directory: Path) -> None:
        """Deliver the journal of a run too, from now on."""
        if directory not in self._directories:
            self._directories.append(directory)

    def artifact(self, path: str, file: Path) -> None:
        """Keep a file of the sweep."""
        if self._tracker is not None:
            self._tracker.artifact(path, file)

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Keep values of the sweep as a whole."""
        if self._tracker is not None:
            self._tracker.record(step, values)

    def tag(self, values: Mapping[str, str]) -> None:
        """Tag the run of the sweep."""
        if self._tracker is not None:
            self._tracker.tag(values)

    def finish(self, status: Status, outcome: str) -> int:
        """Close the run of the sweep and deliver the rest; returns how many records wait."""
        if self._tracker is None:
            return 0
        summary: TrackingSummary = self._tracker.finish(status, outcome)
        if self.offline:
            return summary.unsent + self._unsent(self._directories[1:])
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._round()
        return self._unsent(self._directories)

    def _deliver(self) -> None:
        while not self._stop.wait(EVERY):
            self._round()

    def _round(self) -> None:
        # a new one each time: it gives up on a store after its first failure
        syncer = Syncer(self.project, os.environ, self.uri, patience=0.0)
        result = syncer.sync(tuple(self._directories))
        reason = next((run.reason for run in result.runs if run.reason), "")
        if reason != self._outage:
            words = f"records wait: {reason}" if reason else "the store answers again"
            self.notify(f"tracking: {words}")
            self._outage = reason
        if time.monotonic() - self._last_beat >= heartbeat.EVERY:
            self._last_beat = time.monotonic()
            self._beat(syncer)

    def _beat(self, syncer: Syncer) -> None:
        """Show in the store that the sweep and its runs in flight live."""
        sweep, *runs = self._directories
        syncer.beat(sweep, ProcessIdentity.current())
        for directory in runs:
            with suppress(OSError, ValueError):
                run = Run.read(directory)
                if run.info.process is not None and run.is_alive:
                    syncer.beat(directory, ProcessIdentity.of(run.info.process))

    def _unsent(self, directories: Sequence[Path]) -> int:
        shown = resolve(self.project, os.environ, self.uri).shown
        found = [item for item in directories if (item / "journal.jsonl").is_file()]
        return sum(Progress.of(item, shown).unsent(item) for item in found)
