"""``gflowspec runs repair``: runs whose process is gone no longer read RUNNING."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import attrs

from gflowspec.tracking.base import Status
from gflowspec.tracking.delivery import StoreUnavailable
from gflowspec.tracking.heartbeat import TAG, Heartbeat
from gflowspec.tracking.history import History
from gflowspec.tracking.journal import JournalInUse, JournalWriter
from gflowspec.tracking.location import StoreLocation
from gflowspec.tracking.process import ProcessIdentity
from gflowspec.tracking.records import StatusChange
from gflowspec.tracking.rundir import Run
from gflowspec.tracking.store.client import RUN_ID_TAG, MlflowStore
from gflowspec.tracking.sync import Syncer

_OUTCOMES = {
    Status.KILLED: "interrupted",
    Status.FAILED: "failed",
    Status.FINISHED: "finished",
    Status.RUNNING: "",
}
SENTENCE = "the process ended without a word; repaired"


@attrs.frozen
class DeadRun:
    """A run that reads RUNNING although it can only be dead.

    Attributes:
        run_id: Our id.
        status: What it is set to.
        directory: Its run directory on this machine; None if only the store knows the run.
        mlflow_run_id: MLflow's id, for a run that only the store knows.
    """

    run_id: str
    status: Status
    directory: Path | None
    mlflow_run_id: str | None = None


@attrs.define
class Repair:
    """Finds dead runs and closes them; finding changes nothing.

    Attributes:
        syncer: Delivers journals first, so that a run that did end is not called dead.
        older_than: Seconds of silence after which a run of another machine counts as dead;
            None for a day.
        clock: Seconds since the epoch; replaced in tests.
    """

    syncer: Syncer
    older_than: float | None = None
    clock: Callable[[], float] = time.time

    def find(self) -> tuple[DeadRun, ...]:
        """Dead runs of this project, then those that only its store knows."""
        return (*self.here(), *self.elsewhere())

    def here(self) -> tuple[DeadRun, ...]:
        """Dead runs among the run directories of this project; no store is needed."""
        dead = [run for run in self._running() if self._is_dead(run)]
        return tuple(DeadRun(run.info.run_id, Status.KILLED, run.directory) for run in dead)

    def fallen_silent(self) -> tuple[str, ...]:
        """Ids of runs of this machine whose process is gone, but not long enough to be closed.

        What they wrote last may still be on its way to the store.
        """
        runs = [run for run in self._running() if not self._is_dead(run)]
        return tuple(run.info.run_id for run in runs if not run.is_alive)

    def elsewhere(self) -> tuple[DeadRun, ...]:
        """Dead runs that only the store knows; runs without our tags are left alone."""
        database = self._location().database
        if database is not None and not database.exists():
            return ()  # opening it would create it
        try:
            running = self._store().runs(Status.RUNNING)
        except StoreUnavailable:
            return ()
        known = {run.info.run_id for run in self.syncer.project.runs()}
        found = []
        for run in running:
            beat = Heartbeat.of_tag(run.tags.get(TAG, ""))
            run_id = run.tags[RUN_ID_TAG]
            if run_id in known or beat is None:
                continue
            if beat.is_dead(self.clock(), self.older_than):
                found.append(DeadRun(run_id, Status.KILLED, None, run.mlflow_run_id))
        return tuple(found)

    def apply(self, dead: DeadRun) -> None:
        """Close one run: in its journal, its ``run.json`` and the store.

        Raises:
            StoreUnavailable: Only for a run that the store alone knows.
        """
        if dead.directory is not None:
            self.close(Run.read(dead.directory))
            self.syncer.sync([dead.directory])
        elif dead.mlflow_run_id is not None:
            change = StatusChange(dead.status, int(self.clock() * 1000))
            self._store().set_status(dead.mlflow_run_id, change)

    def _running(self) -> list[Run]:
        """Runs of this project that read RUNNING."""
        return [r for r in self.syncer.project.runs() if r.info.status is Status.RUNNING]

    def _is_dead(self, run: Run) -> bool:
        beat = self._last_sign(run)
        return beat is not None and beat.is_dead(self.clock(), self.older_than)

    @staticmethod
    def _last_sign(run: Run) -> Heartbeat | None:
        """The process of the last start, last seen when it wrote its last line."""
        if not run.journal.is_file():  # not tracked: run.json is all there is
            if run.info.process is None:
                return None
            seen = (run.directory / "run.json").stat().st_mtime
            return Heartbeat(ProcessIdentity.of(run.info.process), seen)
        beat = Heartbeat.of_tag(History.read(run.journal).tags.get(TAG, ""))
        if beat is None:
            return None
        return attrs.evolve(beat, time=max(beat.time, run.journal.stat().st_mtime))

    def close(self, run: Run) -> None:
        """Close a run whose process is gone, in its journal and its ``run.json``."""
        if not run.journal.is_file():
            self._write(run, Status.KILLED, SENTENCE)
            return
        history = History.read(run.journal)
        status, sentence = history.status, history.tags.get("gflowspec.outcome", SENTENCE)
        if status is Status.RUNNING:
            status, sentence = Status.KILLED, SENTENCE
            try:
                writer = JournalWriter.open(run.journal)
            except JournalInUse:
                return  # it came back to life
            writer.append("status", {"status": status.value, "outcome": sentence})
            writer.sync()
            writer.close()
        self._write(run, status, sentence)

    def _write(self, run: Run, status: Status, sentence: str) -> None:
        outcome = run.info.outcome or _OUTCOMES[status]
        run.write(attrs.evolve(run.info, status=status, outcome=outcome, sentence=sentence))

    def _store(self) -> MlflowStore:
        return MlflowStore.open(self._location())

    def _location(self) -> StoreLocation:
        return self.syncer.location(self.syncer.project.folder)
