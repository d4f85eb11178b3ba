"""Delivery: at least once, stored once, in order, every record accounted for."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest

from gflowspec.tracking import journal, records
from gflowspec.tracking.base import Status
from gflowspec.tracking.delivery import Delivery, Progress, StoreUnavailable
from gflowspec.tracking.history import History
from gflowspec.tracking.journal import JournalWriter, Line
from gflowspec.tracking.records import NONFINITE, Metric
from gflowspec.tracking.rundir import Run

from .fakes import FakeStore, record_of

URI = "sqlite:////somewhere/mlflow.db"


def write_journal(run: Run, steps: int = 40) -> int:
    """A journal with every kind of line; returns its number of records."""
    ticks = iter(range(10**6))
    writer = JournalWriter.open(run.journal, clock=lambda: 1_700_000_000 + next(ticks) / 1000)
    writer.append("create", records.create_payload(record_of(run)))
    writer.append("params", {f"train.p{i}": str(i) for i in range(150)})
    writer.append("tags", {"gflowspec.version": "0.1", "note": "a"})
    (run.artifacts / "spec").mkdir()
    source = run.artifacts / "spec" / "source.gfs"
    source.write_text("experiment e {}")
    writer.append("artifact", records.artifact_payload("spec/source.gfs", source))
    for step in range(steps):
        values = {f"train/m{i}": step + i / 7 for i in range(30)}
        writer.append("metrics", records.metrics_payload(step, values))
    writer.append("tags", {"note": "b"})
    writer.append("status", {"status": Status.FINISHED.value, "outcome": "done"})
    writer.close()
    return 1 + 150 + 2 + 1 + 30 * steps + 1 + 2


def account(delivery: Delivery) -> int:
    return delivery.progress.delivered + delivery.progress.rejected + delivery.unsent()


def test_everything_arrives_once_and_in_order(run: Run) -> None:
    total = write_journal(run)
    store = FakeStore()
    delivery = Delivery.open(run.directory, store, URI)
    delivery.drain()
    assert delivery.progress.delivered == total
    assert (delivery.progress.rejected, delivery.unsent(), delivery.pending_bytes) == (0, 0, 0)
    assert store.created == 1
    assert len(store.params) == 150
    assert store.tags == {"gflowspec.version": "0.1", "note": "b", "gflowspec.outcome": "done"}
    assert len(store.metrics) == 1200
    assert store.artifacts == {"spec/source.gfs": b"experiment e {}"}
    assert store.status == "FINISHED"
    assert store.end_time is not None
    assert store.largest <= 900
    # few calls: create, two for params, the artifact, two or three batches, the status
    assert store.calls <= 9


@pytest.mark.parametrize("times", [1, 2])
def test_a_replay_from_the_start_changes_nothing(run: Run, times: int) -> None:
    write_journal(run)
    store = FakeStore()
    Delivery.open(run.directory, store, URI).drain()
    before = store.snapshot()
    before_metrics = set(store.metrics)
    for _ in range(times):
        (run.directory / "upload.json").unlink()  # the offset is lost
        Delivery.open(run.directory, store, URI).drain()
    assert store.snapshot() == before
    assert store.metrics == before_metrics
    assert store.created == 1


@pytest.mark.parametrize("seed", range(5))
def test_the_account_is_right_at_every_moment_under_failures(run: Run, seed: int) -> None:
    total = write_journal(run)
    chance = random.Random(seed)
    refused = {("train/m3", 5.0), ("train/m7", 11.0)}

    def refuse(item: object) -> bool:
        return isinstance(item, Metric) and (item.key, float(item.step)) in refused

    store = FakeStore(refuse=refuse)
    delivery = Delivery.open(run.directory, store, URI)
    for _ in range(500):
        assert account(delivery) == total
        store.failures = chance.choice([0, 1, 0, 2])
        if chance.random() < 0.3:  # the process dies and a new one goes on
            delivery = Delivery.open(run.directory, store, URI)
        try:
            if not delivery.step():
                break
        except StoreUnavailable:
            continue
    assert account(delivery) == total
    assert (delivery.progress.rejected, delivery.unsent()) == (2, 0)
    assert len(store.metrics) == 1200 - 2
    rejected = (run.directory / "rejected.jsonl").read_text().splitlines()
    found = {(row["key"], float(row["step"])) for row in map(json.loads, rejected)}
    assert found == refused
    assert all("INVALID_PARAMETER_VALUE" in json.loads(row)["reason"] for row in rejected)


def test_a_batch_is_bisected_so_that_only_the_culprit_is_left_out(run: Run) -> None:
    write_journal(run, steps=10)
    told = []
    store = FakeStore(refuse=lambda item: item.key == "train/m17")
    delivery = Delivery.open(run.directory, store, URI)
    delivery.on_rejected = told.append
    delivery.drain()
    assert delivery.progress.rejected == len(told) == 10
    assert len(store.metrics) == 290
    assert {item.record.key for item in told} == {"train/m17"}  # type: ignore[union-attr]


def test_another_store_gets_everything_from_the_start(run: Run) -> None:
    total = write_journal(run)
    Delivery.open(run.directory, FakeStore(), URI).drain()
    other = FakeStore()
    delivery = Delivery.open(run.directory, other, "http://elsewhere:5000")
    delivery.drain()
    assert delivery.progress.delivered == total
    assert len(other.metrics) == 1200


def test_a_run_the_store_does_not_create_loses_nothing(run: Run) -> None:
    class Closed(FakeStore):
        def create(self, run: records.Create) -> tuple[str, str]:
            from gflowspec.tracking.delivery import StoreRefused

            message = "invalid name of an experiment"
            raise StoreRefused(message)

    total = write_journal(run)
    delivery = Delivery.open(run.directory, Closed(), URI)
    with pytest.raises(StoreUnavailable, match="invalid name"):
        delivery.drain()
    assert delivery.unsent() == total


def test_values_that_are_not_finite_are_counted_not_sent(run: Run) -> None:
    values = {"train/a": math.nan, "train/b": math.inf, "train/c": 1.0}
    payload = records.metrics_payload(3, values)
    line = Line(1, "metrics", 99, payload, 0)
    assert records.expand(line) == (Metric("train/c", 1.0, 99, 3), Metric(NONFINITE, 2.0, 99, 3))
    assert records.count(payload, "metrics") == 2
    counted = records.metrics_payload(3, {**values, NONFINITE: 4.0})
    assert Metric(NONFINITE, 6.0, 99, 3) in records.expand(Line(1, "metrics", 99, counted, 0))


def test_the_quick_count_is_the_count(run: Run) -> None:
    for values in ({}, {"a": 1.0}, {"a": 1.0, "b": math.nan}, {"a": -math.inf, NONFINITE: 1.0}):
        payload = records.metrics_payload(0, values)
        assert records.count(payload, "metrics") == len(
            records.expand(Line(1, "metrics", 0, payload, 0))
        )


def test_a_damaged_line_and_a_vanished_file_are_rejected_with_their_reason(run: Run) -> None:
    total = write_journal(run, steps=3)
    content = run.journal.read_bytes().replace(b'"step":1', b'"step":7')
    run.journal.write_bytes(content)
    (run.artifacts / "spec" / "source.gfs").unlink()
    delivery = Delivery.open(run.directory, FakeStore(), URI)
    delivery.drain()
    rows = [json.loads(row) for row in (run.directory / "rejected.jsonl").read_text().splitlines()]
    assert [row["kind"] for row in rows] == ["artifact", "damaged"]
    assert "the file is gone" in rows[0]["reason"]
    assert delivery.progress.delivered == total - 30 - 1  # the damaged line held 30 records


def test_an_artifact_that_was_replaced_is_sent_once_as_it_is_now(run: Run) -> None:
    write_journal(run, steps=0)
    source = run.artifacts / "spec" / "source.gfs"
    source.write_text("changed")
    writer = JournalWriter.open(run.journal)
    writer.append("artifact", records.artifact_payload("spec/source.gfs", source))
    writer.close()
    store = FakeStore()
    delivery = Delivery.open(run.directory, store, URI)
    delivery.drain()
    assert store.artifacts == {"spec/source.gfs": b"changed"}
    assert delivery.progress.rejected == 0


def test_damaged_progress_is_no_progress(run: Run, tmp_path: Path) -> None:
    for text in ("", "[]", "{}", '{"uri": 1, "what": 2}', '{"uri": "a", "status": "?"}'):
        (tmp_path / "upload.json").write_text(text)
        assert Progress.read(tmp_path) is None
    progress = Progress(uri=URI, offset=3, delivered=2, status=Status.KILLED)
    progress.write(tmp_path)
    assert Progress.read(tmp_path) == progress


def test_the_account_becomes_a_tag(run: Run) -> None:
    total = write_journal(run, steps=2)
    store = FakeStore(refuse=lambda item: item.key == "train/m0")
    delivery = Delivery.open(run.directory, store, URI)
    delivery.drain()
    delivery.close_account()
    expected = f"accepted={total} delivered={total - 2} unsent=0 rejected=2"
    assert store.tags["gflowspec.records"] == expected


def test_history_knows_what_was_journaled(run: Run) -> None:
    total = write_journal(run, steps=3)
    history = History.read(run.journal)
    assert (history.created, history.records, history.last_step) == (True, total, 2)
    assert history.values[2, "train/m7"] == 3.0
    assert history.tags["note"] == "b"
    assert history.status is Status.FINISHED
    assert set(history.artifacts) == {"spec/source.gfs"}
    assert sum(isinstance(line, Line) for line in journal.read_all(run.journal)) == 9
