"""The tracker of a run in MLflow: a journal in front, an uploader beside."""

from __future__ import annotations

import logging
import math
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

from gflowspec.core.diagnostics import Diagnostic
from gflowspec.tracking import records
from gflowspec.tracking.base import RunRecord, Status, TrackingSummary
from gflowspec.tracking.delivery import Progress
from gflowspec.tracking.flusher import Flusher
from gflowspec.tracking.heartbeat import TAG as HEARTBEAT
from gflowspec.tracking.heartbeat import Heartbeat
from gflowspec.tracking.history import History
from gflowspec.tracking.journal import JournalWriter
from gflowspec.tracking.location import StoreLocation
from gflowspec.tracking.process import ProcessIdentity
from gflowspec.tracking.project import unwritable

#: Longer parameters are kept as an artifact: MLflow would cut them without a word.
LONGEST_PARAM = 500
_UNSENT_EVERY = 10.0
_EXEMPT = "perf/"


def _log(line: str) -> None:
    logging.getLogger("gflowspec.tracking").warning("%s", line)


@attrs.define
class MlflowTracker:
    """Journals a run and has it delivered to an MLflow store; see ``tracking.base.Tracker``.

    To be used from one thread. A run directory that already holds a journal is continued: steps
    that are journaled already are compared, not recorded again.

    Attributes:
        location: The store.
        offline: Journal only; ``gflowspec sync`` delivers later.
        notify: Called with a line for the user, possibly from another thread.
        patience: At the end, seconds without a sign of life from the store before giving up.
    """

    location: StoreLocation
    offline: bool = False
    notify: Callable[[str], None] = _log
    patience: float = 10.0
    failure: Diagnostic | None = attrs.field(default=None, init=False)
    drift: str | None = attrs.field(default=None, init=False)
    _directory: Path | None = attrs.field(default=None, init=False)
    _journal: JournalWriter | None = attrs.field(default=None, init=False)
    _flusher: Flusher | None = attrs.field(default=None, init=False)
    _history: History = attrs.field(factory=History, init=False)
    _accepted: int = attrs.field(default=0, init=False)
    _unsent_at: float = attrs.field(default=0.0, init=False)

    def start(self, run: RunRecord) -> None:
        """Open the journal and start the uploader.

        Raises:
            JournalInUse: Another process trains this run.
        """
        self._directory = run.directory
        self._unsent_at = time.monotonic()
        try:
            self._journal = JournalWriter.open(run.directory / "journal.jsonl")
        except OSError as error:
            self.failure = unwritable(run.directory, error)
            return
        self._history = History.read(run.directory / "journal.jsonl")
        self._accepted = self._history.records
        if self._history.created:
            self._append("status", {"status": Status.RUNNING.value, "outcome": ""})
        else:
            self._append("create", records.create_payload(run))
        self._params(run.params)
        self._tags_of_start(run)
        self._say_where(run.directory)
        if not self.offline:
            self._flusher = Flusher(self.notify, self.patience)
            self._flusher.start(run.directory, self.location)

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Journal the values of one step, with one ``write``."""
        fresh: Mapping[str, float] = values
        if step <= self._history.last_step:
            fresh = self._compare(step, values)
        if not fresh:
            return
        now = time.monotonic()
        if now - self._unsent_at >= _UNSENT_EVERY and self._flusher is not None:
            self._unsent_at = now
            fresh = {**fresh, "perf/unsent": float(self._unsent())}
        self._append("metrics", records.metrics_payload(step, fresh))

    def tag(self, values: Mapping[str, str]) -> None:
        """Journal tags."""
        if values:
            self._append("tags", dict(values))

    def artifact(self, path_in_run: str, local_path: Path) -> None:
        """Keep a file in the run directory and journal it; repeating the same file does nothing."""
        if self._directory is None or self.failure is not None:
            return
        kept = self._directory / "artifacts" / path_in_run
        try:
            if kept.resolve() != local_path.resolve():
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(local_path, kept)
            payload = records.artifact_payload(path_in_run, kept)
        except OSError as error:
            self.failure = unwritable(kept, error)
            return
        if self._history.artifacts.get(path_in_run) != payload["sha256"]:
            self._history.artifacts[path_in_run] = payload["sha256"]
            self._append("artifact", payload)

    def checkpoint(self) -> None:
        """Make everything accepted so far survive a power cut."""
        if self._journal is not None and self.failure is None:
            try:
                self._journal.sync()
            except OSError as error:
                self.failure = unwritable(self._journal.path, error)

    def finish(self, status: Status, outcome: str) -> TrackingSummary:
        """Journal the end and wait for the uploader while it makes progress."""
        self._append("status", {"status": status.value, "outcome": outcome})
        self.checkpoint()
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        if self._flusher is not None:
            self._flusher.finish()
            self._flusher = None
        return self._summary()

    def _say_where(self, directory: Path) -> None:
        """Leave the store's name for sync, should this process die before any delivery."""
        if Progress.read(directory) is not None or self.failure is not None:
            return
        try:
            Progress(uri=self.location.shown).write(directory)
        except OSError as error:
            self.failure = unwritable(directory, error)

    def _append(self, kind: str, payload: Mapping[str, object]) -> None:
        if self._journal is None or self.failure is not None:
            return
        try:
            self._journal.append(kind, payload)
        except OSError as error:
            self.failure = unwritable(self._journal.path, error)
            return
        self._accepted += records.count(payload, kind)

    def _params(self, params: Mapping[str, str]) -> None:
        """Journal what is new; a changed parameter becomes the tag ``gflowspec.param_drift``."""
        fresh: dict[str, str] = {}
        drift: list[str] = []
        for key, value in params.items():
            text = value if len(value) <= LONGEST_PARAM else self._long_param(key, value)
            before = self._history.params.get(key)
            if before is None:
                fresh[key] = text
            elif before != text:
                drift.append(f"{key}: {before} -> {text}")
        if fresh:
            self._append("params", fresh)
        if drift:
            self.tag({"gflowspec.param_drift": "; ".join(drift)})

    def _long_param(self, key: str, value: str) -> str:
        if self._directory is None:
            return ""
        path = f"params/{key}.txt"
        local = self._directory / "artifacts" / path
        try:
            local.parent.mkdir(parents=True, exist_ok=True)
            local.write_text(value, encoding="utf-8")
        except OSError as error:
            self.failure = unwritable(local, error)
            return ""
        self.artifact(path, local)
        return f"sha256:{records.sha256(local)}"

    def _tags_of_start(self, run: RunRecord) -> None:
        beat = Heartbeat(ProcessIdentity.current(), time.time()).to_tag()
        tags = {**run.tags, HEARTBEAT: beat}
        if run.resumed_at is not None:
            before = self._history.tags.get("gflowspec.resumed_at")
            steps = [before] if before else []
            tags["gflowspec.resumed_at"] = ", ".join([*steps, str(run.resumed_at)])
        self.tag(
            {key: value for key, value in tags.items() if self._history.tags.get(key) != value}
        )

    def _compare(self, step: int, values: Mapping[str, float]) -> dict[str, float]:
        """The values that are not journaled for this step; notes the first that differs."""
        fresh: dict[str, float] = {}
        for key, value in values.items():
            before = self._history.values.get((step, key))
            if before is None:
                fresh[key] = value
            elif not key.startswith(_EXEMPT) and self.drift is None and not _same(before, value):
                self.drift = f"{key} at step {step} was {before!r}, is now {float(value)!r}"
                self.notify(f"tracking: the resumed run differs from before: {self.drift}")
                self.tag({"gflowspec.resume_drift": self.drift})
        return fresh

    def _unsent(self) -> int:
        progress = None if self._directory is None else Progress.read(self._directory)
        settled = 0 if progress is None else progress.delivered + progress.rejected
        return max(0, self._accepted - settled)

    def _summary(self) -> TrackingSummary:
        uri = self.location.shown
        progress = Progress(uri=uri)
        if self._directory is not None:
            progress = Progress.of(self._directory, uri)
        unsent = self._accepted - progress.delivered - progress.rejected
        message = ""
        if unsent:
            message = f"{unsent:,} records unsent; run: gflowspec sync {self._directory}"
        elif progress.rejected:
            message = (
                f"{progress.rejected:,} records rejected, see {self._directory}/rejected.jsonl"
            )
        return TrackingSummary(
            accepted=self._accepted,
            delivered=progress.delivered,
            unsent=unsent,
            rejected=progress.rejected,
            uri=progress.uri,
            experiment_id=progress.experiment_id or None,
            mlflow_run_id=progress.mlflow_run_id or None,
            drift=self.drift,
            message=message,
        )


def _same(before: float, value: float) -> bool:
    number = float(value)
    return before == number or (math.isnan(before) and math.isnan(number))
