"""``gflowspec sync``: delivers what waits in the journals of all runs, dead ones included."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import attrs
from filelock import Timeout

from gflowspec.tracking.delivery import Delivery, Progress, Rejection, Store, StoreUnavailable
from gflowspec.tracking.heartbeat import TAG as HEARTBEAT
from gflowspec.tracking.heartbeat import Heartbeat
from gflowspec.tracking.location import StoreLocation, resolve
from gflowspec.tracking.process import ProcessIdentity
from gflowspec.tracking.project import Project
from gflowspec.tracking.records import Tag
from gflowspec.tracking.rundir import Run
from gflowspec.tracking.store.client import MlflowStore


@attrs.frozen
class SyncedRun:
    """What was done for one run.

    Attributes:
        directory: The run directory.
        delivered: Records delivered by this call.
        unsent: Records that still wait.
        rejected: Records the store refused during this call.
        reason: Why records still wait, in words; empty if none do.
        progress: How far the delivery of this run has come in all.
    """

    directory: Path
    delivered: int
    unsent: int
    rejected: int
    reason: str
    progress: Progress


@attrs.frozen
class SyncResult:
    """The sum over all runs."""

    runs: tuple[SyncedRun, ...] = ()

    @property
    def delivered(self) -> int:
        """Records delivered by this call."""
        return sum(run.delivered for run in self.runs)

    @property
    def unsent(self) -> int:
        """Records that still wait."""
        return sum(run.unsent for run in self.runs)

    @property
    def rejected(self) -> int:
        """Records the store refused during this call."""
        return sum(run.rejected for run in self.runs)


@attrs.define
class Syncer:
    """Delivers journals; opens each store once, and only if something waits for it.

    Attributes:
        project: Whose default store is meant where a run does not say.
        environment: The environment variables (``MLFLOW_TRACKING_URI``).
        explicit: ``--tracking-uri``, which overrides where a run was delivered before.
        patience: Seconds to wait for the uploader of a run that died, which delivers what it can
            before it ends as well. A run that lives is left to itself.
        open_store: Opens a store; replaced in tests.
    """

    project: Project
    environment: Mapping[str, str]
    explicit: str | None = None
    patience: float = 15.0
    open_store: Callable[[StoreLocation], Store] = MlflowStore.open
    _stores: dict[str, Store] = attrs.field(factory=dict)
    _failed: dict[str, str] = attrs.field(factory=dict)

    def sync(self, directories: Iterable[Path]) -> SyncResult:
        """Deliver what waits in these run directories; runs without a journal are left out."""
        found = [item for item in directories if (item / "journal.jsonl").is_file()]
        return SyncResult(tuple(self._run(directory) for directory in found))

    def beat(self, directory: Path, process: ProcessIdentity) -> None:
        """Renew the heartbeat of a run, in the store itself; nothing if that does not answer."""
        location = self.location(directory)
        run_id = Progress.of(directory, location.shown).mlflow_run_id
        if run_id:
            tag = Tag(HEARTBEAT, Heartbeat(process, time.time()).to_tag())
            with suppress(StoreUnavailable):
                self._store(location).log(run_id, [tag])

    def location(self, directory: Path) -> StoreLocation:
        """The store of a run: as asked, else where it was delivered before, else the default."""
        default = resolve(self.project, self.environment, self.explicit)
        recorded = None if self.explicit else _recorded(directory)
        if recorded is None or recorded == default.shown:
            return default  # which also knows the password
        return resolve(self.project, {}, recorded)

    def _run(self, directory: Path) -> SyncedRun:
        location = self.location(directory)
        try:
            with Delivery.lock(directory).acquire(
                timeout=0 if _lives(directory) else self.patience
            ):
                return self._deliver(directory, location)
        except Timeout:
            progress = Progress.of(directory, location.shown)
            return self._waiting(directory, progress, progress, "its own process delivers it")

    def _deliver(self, directory: Path, location: StoreLocation) -> SyncedRun:
        before = Progress.of(directory, location.shown)
        if not before.unsent(directory):
            return SyncedRun(directory, 0, 0, 0, "", before)
        try:
            delivery = Delivery(directory, self._store(location), before)
        except StoreUnavailable as error:
            return self._waiting(directory, before, before, str(error))
        rejections: list[Rejection] = []
        delivery.on_rejected = rejections.append
        reason = ""
        try:
            delivery.drain()
            delivery.close_account()
        except StoreUnavailable as error:
            reason = str(error)
        return self._waiting(directory, before, delivery.progress, reason)

    def _store(self, location: StoreLocation) -> Store:
        if location.uri in self._failed:
            raise StoreUnavailable(self._failed[location.uri])
        if location.uri not in self._stores:
            try:
                self._stores[location.uri] = self.open_store(location)
            except StoreUnavailable as error:
                self._failed[location.uri] = str(error)
                raise
        return self._stores[location.uri]

    @staticmethod
    def _waiting(directory: Path, before: Progress, now: Progress, reason: str) -> SyncedRun:
        unsent = now.unsent(directory)
        return SyncedRun(
            directory,
            now.delivered - before.delivered,
            unsent,
            now.rejected - before.rejected,
            reason if unsent else "",
            now,
        )


def _lives(directory: Path) -> bool:
    try:
        return Run.read(directory).is_alive
    except (OSError, ValueError):
        return False


def _recorded(directory: Path) -> str | None:
    """Where the run was delivered before, or was meant to be."""
    progress = Progress.read(directory)
    if progress is not None:
        return progress.uri
    try:
        return Run.read(directory).info.tracking_uri
    except (OSError, ValueError):
        return None
