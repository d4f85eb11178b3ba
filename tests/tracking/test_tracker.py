"""The tracker as the training loop meets it: one write a hand-over, no mlflow, never a failure."""

from __future__ import annotations

import errno
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from gflowspec.tracking import journal
from gflowspec.tracking.base import RunRecord, Status, Tracker
from gflowspec.tracking.delivery import Delivery
from gflowspec.tracking.heartbeat import TAG as HEARTBEAT
from gflowspec.tracking.history import History
from gflowspec.tracking.journal import JournalInUse, Line
from gflowspec.tracking.location import StoreLocation
from gflowspec.tracking.memory import MemoryTracker
from gflowspec.tracking.null import NullTracker
from gflowspec.tracking.project import Project
from gflowspec.tracking.rundir import Run
from gflowspec.tracking.sync import Syncer
from gflowspec.tracking.tracker import MlflowTracker

from .fakes import FakeStore, record_of


@pytest.fixture
def tracker(location: StoreLocation) -> MlflowTracker:
    return MlflowTracker(location, offline=True)


def again(tracker: MlflowTracker, told: list[str] | None = None) -> MlflowTracker:
    """A tracker as a resumed process would make it."""
    notify = (lambda _: None) if told is None else told.append
    return MlflowTracker(tracker.location, offline=True, notify=notify)


def lines(run: Run, kind: str) -> list[Line]:
    found = journal.read_all(run.journal)
    return [line for line in found if isinstance(line, Line) and line.kind == kind]


def test_a_run_is_journaled_and_can_be_delivered(run: Run, tracker: MlflowTracker) -> None:
    picture = run.directory / "picture.png"
    picture.write_bytes(b"png")
    tracker.start(record_of(run))
    tracker.record(0, {"train/loss_forward": 1.0})
    tracker.artifact("eval/picture.png", picture)
    tracker.tag({"gflowspec.lowering": "eager"})
    tracker.checkpoint()
    summary = tracker.finish(Status.FINISHED, "all steps were done")
    assert tracker.failure is None
    # create, 2 params, 2 tags, 1 metric, 1 artifact, 1 tag, outcome, status
    assert (summary.accepted, summary.unsent, summary.delivered) == (10, 10, 0)
    expected = f"10 records unsent; run: gflowspec sync {run.directory}"
    assert summary.message == expected

    store = FakeStore()
    delivery = Delivery.open(run.directory, store, tracker.location.shown)
    delivery.drain()
    assert delivery.progress.delivered == 10
    assert store.params == {"train.lr": "0.001", "policy.backward": "tlm"}
    assert store.artifacts == {"eval/picture.png": b"png"}
    assert store.tags["gflowspec.outcome"] == "all steps were done"
    assert (store.status, "gflowspec.heartbeat" in store.tags) == ("FINISHED", True)


def test_sync_knows_the_store_of_a_run_that_died_before_any_delivery(
    project: Project, run: Run
) -> None:
    chosen = StoreLocation("http://me:secret@chosen:5000")
    tracker = MlflowTracker(chosen, offline=True)
    tracker.start(record_of(run))
    assert Syncer(project, {}).location(run.directory).uri == "http://chosen:5000"
    assert "secret" not in "".join(
        item.read_text() for item in run.directory.iterdir() if item.is_file()
    )
    tracker.finish(Status.KILLED, "")


def test_at_most_one_write_for_each_hand_over(
    run: Run, tracker: MlflowTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker.start(record_of(run))
    calls: list[str] = []
    real = os.write

    def counted(descriptor: int, content: bytes) -> int:
        calls.append("write")
        return real(descriptor, content)

    monkeypatch.setattr(os, "write", counted)
    monkeypatch.setattr(os, "fsync", lambda _: calls.append("fsync"))
    monkeypatch.setattr("socket.socket", lambda *_: pytest.fail("a socket in the hot path"))
    for step in range(100):
        tracker.record(step, {"train/a": 1.0, "train/b": math.nan})
    assert calls == ["write"] * 100
    tracker.checkpoint()
    assert calls[100:] == ["fsync"]


def test_training_needs_no_mlflow_torch_or_matplotlib(run: Run, location: StoreLocation) -> None:
    program = f"""
import sys
from pathlib import Path
from gflowspec.tracking.base import RunRecord, Status
from gflowspec.tracking.location import StoreLocation
from gflowspec.tracking.tracker import MlflowTracker
import gflowspec.tracking.sync, gflowspec.tracking.server, gflowspec.tracking.repair
import gflowspec.tracking.description, gflowspec.tracking.naming
import gflowspec.tracking.plots.density, gflowspec.pages.pictures
tracker = MlflowTracker(StoreLocation({location.uri!r}, Path("a")), offline=True)
tracker.start(RunRecord(run_id="r", name="n", experiment="e", created=1.0,
                        directory=Path({str(run.directory)!r})))
tracker.record(0, {{"train/a": 1.0}})
tracker.finish(Status.FINISHED, "done")
print(sorted({{"mlflow", "torch", "matplotlib", "networkx", "sqlalchemy"}} & set(sys.modules)))
"""
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_long_parameters_become_artifacts(run: Run, tracker: MlflowTracker) -> None:
    tracker.start(record_of(run, params={"policy.shape": "x" * 501, "train.lr": "y" * 500}))
    tracker.finish(Status.FINISHED, "")
    (params,) = lines(run, "params")
    assert params.payload["policy.shape"].startswith("sha256:")
    assert params.payload["train.lr"] == "y" * 500
    assert (run.artifacts / "params" / "policy.shape.txt").read_text() == "x" * 501


def test_a_resumed_run_compares_and_does_not_record_again(run: Run, tracker: MlflowTracker) -> None:
    tracker.start(record_of(run))
    for step in range(0, 50, 10):
        tracker.record(step, {"train/a": step / 3, "train/n": math.nan, "perf/s": 1.0})
    tracker.finish(Status.KILLED, "interrupted")
    before = len(lines(run, "metrics"))

    told: list[str] = []
    resumed = again(tracker, told)
    resumed.start(record_of(run, resumed_at=20))
    for step in range(20, 80, 10):
        resumed.record(step, {"train/a": step / 3, "train/n": math.nan, "perf/s": 2.0})
    summary = resumed.finish(Status.FINISHED, "done")
    assert (summary.drift, told) == (None, [])
    steps = [line.payload["step"] for line in lines(run, "metrics")]
    assert steps[before:] == [50, 60, 70]
    history = History.read(run.journal)
    assert history.tags["gflowspec.resumed_at"] == "20"
    assert len(lines(run, "create")) == 1
    assert [line.payload["status"] for line in lines(run, "status")] == [
        "KILLED", "RUNNING", "FINISHED",
    ]  # fmt: skip

    third = again(tracker)
    third.start(record_of(run, resumed_at=60))
    third.finish(Status.KILLED, "")
    assert History.read(run.journal).tags["gflowspec.resumed_at"] == "20, 60"


def test_the_first_value_that_differs_after_a_resume_is_reported_once(
    run: Run, tracker: MlflowTracker
) -> None:
    tracker.start(record_of(run))
    for step in range(3):
        tracker.record(step, {"train/a": 1.0, "train/b": 2.0})
    tracker.finish(Status.KILLED, "")
    told: list[str] = []
    resumed = again(tracker, told)
    resumed.start(record_of(run, resumed_at=0))
    resumed.record(0, {"train/a": 1.0, "train/b": 2.0})
    resumed.record(1, {"train/a": 1.0, "train/b": 2.5})
    resumed.record(2, {"train/a": 9.0})
    summary = resumed.finish(Status.FINISHED, "")
    assert summary.drift == "train/b at step 1 was 2.0, is now 2.5"
    assert len(told) == 1
    assert History.read(run.journal).values[1, "train/b"] == 2.0


def test_changed_parameters_of_a_resumed_run_become_a_tag(run: Run, tracker: MlflowTracker) -> None:
    tracker.start(record_of(run, params={"track.every": "10"}))
    tracker.finish(Status.KILLED, "")
    resumed = again(tracker)
    resumed.start(record_of(run, params={"track.every": "20", "train.device": "cpu"}))
    resumed.finish(Status.FINISHED, "")
    history = History.read(run.journal)
    assert history.params == {"track.every": "10", "train.device": "cpu"}
    assert history.tags["gflowspec.param_drift"] == "track.every: 10 -> 20"


def test_the_same_file_twice_is_one_artifact(run: Run, tracker: MlflowTracker) -> None:
    place = run.directory / "a.txt"
    tracker.start(record_of(run))
    for text in ("one", "one", "two"):
        place.write_text(text)
        tracker.artifact("a.txt", place)
    tracker.finish(Status.FINISHED, "")
    assert len(lines(run, "artifact")) == 2
    assert (run.artifacts / "a.txt").read_text() == "two"


def test_a_full_disk_stops_the_journal_and_raises_nothing(
    run: Run, tracker: MlflowTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker.start(record_of(run))
    tracker.record(0, {"train/a": 1.0})
    with monkeypatch.context() as patch:

        def full(descriptor: int, content: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr(os, "write", full)
        tracker.record(1, {"train/a": 1.0})
    assert tracker.failure is not None
    assert tracker.failure.code == "GFS505"
    tracker.record(2, {"train/a": 1.0})  # nothing after a gap
    summary = tracker.finish(Status.FAILED, "the disk is full")
    assert summary.accepted == 6
    assert History.read(run.journal).last_step == 0


def test_a_run_is_trained_by_one_process(run: Run, tracker: MlflowTracker) -> None:
    tracker.start(record_of(run))
    with pytest.raises(JournalInUse):
        again(tracker).start(record_of(run))
    tracker.finish(Status.FINISHED, "")


def test_a_run_directory_that_cannot_be_is_a_failure_not_an_exception(
    run: Run, tracker: MlflowTracker
) -> None:
    record: RunRecord = attrs.evolve(record_of(run), directory=run.directory / "run.json")
    tracker.start(record)
    tracker.record(0, {"a": 1.0})
    tracker.artifact("a", run.directory / "run.json")
    tracker.checkpoint()
    assert tracker.failure is not None
    assert tracker.finish(Status.FAILED, "").accepted == 0


def test_memory_tracker_keeps_what_it_is_given(run: Run, tmp_path: Path) -> None:
    memory = MemoryTracker()
    memory.start(record_of(run))
    memory.record(0, {"train/a": 1.0})
    memory.record(1, {"train/a": 2.0, "train/b": 3.0})
    memory.tag({"t": "1"})
    memory.artifact("a.txt", tmp_path)
    memory.checkpoint()
    summary = memory.finish(Status.FINISHED, "done")
    assert memory.series("train/a") == [(0, 1.0), (1, 2.0)]
    assert memory.tags == {"gflowspec.version": "0.1", "t": "1"}
    assert (memory.status, memory.checkpoints) == (Status.FINISHED, 1)
    assert summary.accepted == summary.delivered > 0


@pytest.mark.parametrize("make", [NullTracker, MemoryTracker])
def test_every_tracker_follows_the_protocol(make: Callable[[], Tracker], run: Run) -> None:
    tracker: Tracker = make()
    tracker.start(record_of(run))
    tracker.record(0, {"a": 1.0})
    assert tracker.failure is None
    summary = tracker.finish(Status.FINISHED, "")
    assert summary.accepted == summary.delivered + summary.unsent + summary.rejected
    assert HEARTBEAT not in (getattr(tracker, "tags", None) or {})
