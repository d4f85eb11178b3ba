"""Moves the journal of one run into a store: at least once, in order, every record accounted for.

Used by the uploader process of a live run and by ``gflowspec sync`` alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import attrs
from filelock import FileLock

from gflowspec.tracking import atomic, journal, records
from gflowspec.tracking.base import Status
from gflowspec.tracking.records import (
    Artifact,
    Create,
    Damaged,
    Metric,
    Param,
    Record,
    StatusChange,
    Tag,
)

#: Records in one hand-over to the store; MLflow takes at most 1,000 entities.
BATCH = 900
#: MLflow takes at most 100 parameters and 100 tags in one call.
BATCH_WORDS = 100


class StoreUnavailable(Exception):
    """The store cannot be reached or is busy; the same call may succeed later."""


class StoreRefused(Exception):
    """The store has looked at a record and will never take it."""


class Store(Protocol):
    """What delivery needs from a store. Each call may be repeated without changing anything.

    Every method raises ``StoreUnavailable`` or ``StoreRefused``.
    """

    def create(self, run: Create) -> tuple[str, str]:
        """Find the run by our id, or create it; returns ids of the experiment and the run."""

    def log(self, run_id: str, batch: Sequence[Param | Tag | Metric]) -> None:
        """Write at most 900 metrics, 100 parameters and 100 tags."""

    def upload(self, run_id: str, local_path: Path, path_in_run: str) -> None:
        """Copy a file to its place among the artifacts."""

    def set_status(self, run_id: str, change: StatusChange) -> None:
        """Set the status, and the end time unless it is RUNNING."""


@attrs.frozen(kw_only=True)
class Progress:
    """How far delivery has come; kept in ``upload.json`` and replaced in one step.

    Attributes:
        uri: The store, without credentials; progress counts for this store only.
        offset: Bytes of the journal that are settled.
        delivered: Records the store has acknowledged.
        rejected: Records that stand in ``rejected.jsonl``.
        experiment_id: MLflow's id, empty until known.
        mlflow_run_id: MLflow's id, empty until known.
        status: Last status that was delivered.
    """

    uri: str
    offset: int = 0
    delivered: int = 0
    rejected: int = 0
    experiment_id: str = ""
    mlflow_run_id: str = ""
    status: Status | None = None

    @classmethod
    def of(cls, directory: Path, uri: str) -> Progress:
        """What is settled for the store ``uri``; nothing if delivery went elsewhere so far."""
        found = cls.read(directory)
        return found if found is not None and found.uri == uri else cls(uri=uri)

    def unsent(self, directory: Path) -> int:
        """Records of the journal that are not settled."""
        lines = journal.read_all(directory / "journal.jsonl", self.offset)
        return sum(len(records.expand(line)) for line in lines)

    @classmethod
    def read(cls, directory: Path) -> Progress | None:
        """What ``upload.json`` says; None if there is none, or it is damaged."""
        try:
            plain = json.loads((directory / "upload.json").read_text(encoding="utf-8"))
            status = plain.pop("status", None)
            return cls(**plain, status=Status(status) if status else None)
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def write(self, directory: Path) -> None:
        """Replace ``upload.json``.

        Raises:
            OSError: The disk is full or the directory cannot be written.
        """
        text = json.dumps(attrs.asdict(self), indent=1) + "\n"
        atomic.write_text(directory / "upload.json", text)


@attrs.frozen
class Rejection:
    """A record the store refused, with its reason."""

    sequence: int
    record: Record
    reason: str

    def to_json(self) -> str:
        """As a line of ``rejected.jsonl``."""
        plain: dict[str, Any] = {
            "sequence": self.sequence,
            "kind": type(self.record).__name__.lower(),
            **{key: str(value) for key, value in attrs.asdict(self.record).items()},
            "reason": self.reason,
        }
        return json.dumps(plain, ensure_ascii=False)


@attrs.define
class Delivery:
    """Delivers one journal; hold ``lock`` while using it.

    Attributes:
        directory: The run directory.
        store: Where records go.
        progress: What is settled.
        on_rejected: Told about each rejected record.
    """

    directory: Path
    store: Store
    progress: Progress
    on_rejected: Callable[[Rejection], None] = lambda _: None

    @classmethod
    def open(cls, directory: Path, store: Store, uri: str) -> Delivery:
        """Go on where ``upload.json`` says, or from the start for another store."""
        return cls(directory, store, Progress.of(directory, uri))

    @staticmethod
    def lock(directory: Path) -> FileLock:
        """One deliverer at a time; the lock vanishes with its process."""
        return FileLock(directory / "upload.lock")

    @property
    def pending_bytes(self) -> int:
        """Bytes of the journal that are not settled, a torn last line included."""
        try:
            return (self.directory / "journal.jsonl").stat().st_size - self.progress.offset
        except OSError:
            return 0

    def step(self) -> int:
        """Deliver the next lines, about ``BATCH`` records; returns how many were settled.

        0 means that the journal holds nothing more (yet).

        Raises:
            StoreUnavailable: Nothing was settled; call again later.
        """
        lines = _take(journal.read(self.directory / "journal.jsonl", self.progress.offset))
        if not lines:
            return 0
        entries = [
            (getattr(line, "sequence", 0), record)
            for line in lines
            for record in records.expand(line)
        ]
        rejections = [item for group in _groups(entries) for item in self._send(group)]
        self._note(rejections)
        self.progress = attrs.evolve(
            self.progress,
            offset=lines[-1].end,
            delivered=self.progress.delivered + len(entries) - len(rejections),
            rejected=self.progress.rejected + len(rejections),
        )
        self.progress.write(self.directory)
        return len(entries)

    def drain(self) -> None:
        """Deliver all there is.

        Raises:
            StoreUnavailable: The rest stays in the journal.
        """
        while self.step():
            pass

    def unsent(self) -> int:
        """Records of the journal that are not settled."""
        return self.progress.unsent(self.directory)

    def close_account(self) -> None:
        """Write the account as the tag ``gflowspec.records``; it is no record itself.

        Raises:
            StoreUnavailable: As for any call.
        """
        if not self.progress.mlflow_run_id:
            return
        delivered, rejected = self.progress.delivered, self.progress.rejected
        unsent = self.unsent()
        accepted = delivered + unsent + rejected
        text = f"accepted={accepted} delivered={delivered} unsent={unsent} rejected={rejected}"
        self.store.log(self.progress.mlflow_run_id, [Tag("gflowspec.records", text)])

    def _send(self, group: Sequence[tuple[int, Record]]) -> list[Rejection]:
        """Deliver one group; halves it until what the store refuses stands alone."""
        try:
            self._deliver([record for _, record in group])
        except StoreRefused as error:
            if len(group) == 1:
                sequence, record = group[0]
                return [Rejection(sequence, record, str(error))]
            middle = len(group) // 2
            return self._send(group[:middle]) + self._send(group[middle:])
        return []

    def _deliver(self, group: Sequence[Record]) -> None:
        first = group[0]
        run_id = self.progress.mlflow_run_id
        if isinstance(first, Create):
            self._create(first)
        elif isinstance(first, Damaged):
            message = f"damaged line of the journal: {first.content}"
            raise StoreRefused(message)
        elif not run_id:
            message = "the journal does not begin with the creation of its run"
            raise StoreRefused(message)
        elif isinstance(first, Artifact):
            self._upload(run_id, first)
        elif isinstance(first, StatusChange):
            self.store.set_status(run_id, first)
            self.progress = attrs.evolve(self.progress, status=first.status)
        else:
            self.store.log(run_id, _last_of_each_tag(group))

    def _create(self, run: Create) -> None:
        try:
            experiment_id, run_id = self.store.create(run)
        except StoreRefused as error:  # without a run nothing can be delivered: keep everything
            message = f"the store does not create the run: {error}"
            raise StoreUnavailable(message) from error
        self.progress = attrs.evolve(
            self.progress, experiment_id=experiment_id, mlflow_run_id=run_id
        )

    def _upload(self, run_id: str, artifact: Artifact) -> None:
        local = self.directory / "artifacts" / artifact.path
        try:
            digest = records.sha256(local)
        except OSError as error:
            message = f"the file is gone: {error.strerror}"
            raise StoreRefused(message) from error
        if digest == artifact.sha256:  # else a later line announces what is there now
            self.store.upload(run_id, local, artifact.path)

    def _note(self, rejections: Sequence[Rejection]) -> None:
        if not rejections:
            return
        with (self.directory / "rejected.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(item.to_json() + "\n" for item in rejections)
        for item in rejections:
            self.on_rejected(item)


def _take(
    lines: Iterable[journal.Line | journal.DamagedLine],
) -> list[journal.Line | journal.DamagedLine]:
    """Lines with about ``BATCH`` records together, at least one line if there is any."""
    taken: list[journal.Line | journal.DamagedLine] = []
    total = 0
    for line in lines:
        total += len(records.expand(line))
        if taken and total > BATCH:
            break
        taken.append(line)
    return taken


def _groups(entries: Sequence[tuple[int, Record]]) -> list[list[tuple[int, Record]]]:
    """Cut a sequence of records into what one call of the store can take, in order."""
    groups: list[list[tuple[int, Record]]] = []
    words = 0
    for entry in entries:
        record = entry[1]
        batched = isinstance(record, Param | Tag | Metric)
        is_word = isinstance(record, Param | Tag)
        fits = groups and batched and isinstance(groups[-1][0][1], Param | Tag | Metric)
        if fits and len(groups[-1]) < BATCH and words + is_word <= BATCH_WORDS:
            groups[-1].append(entry)
            words += is_word
        else:
            groups.append([entry])
            words = int(is_word)
    return groups


def _last_of_each_tag(group: Sequence[Record]) -> list[Param | Tag | Metric]:
    """One call must not hold a tag twice; the later value counts."""
    latest = {record.key: record for record in group if isinstance(record, Tag)}
    return [
        record
        for record in group
        if isinstance(record, Param | Metric)
        or (isinstance(record, Tag) and latest[record.key] is record)
    ]
