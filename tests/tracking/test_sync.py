"""Sync and repair: what is left behind by runs that died."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import attrs
import pytest

from gflowspec.tracking.base import Status
from gflowspec.tracking.delivery import Delivery, Progress, StoreUnavailable
from gflowspec.tracking.heartbeat import SILENT_ELSEWHERE, SILENT_HERE, TAG, Heartbeat
from gflowspec.tracking.history import History
from gflowspec.tracking.journal import JournalWriter
from gflowspec.tracking.location import StoreLocation, resolve
from gflowspec.tracking.process import ProcessIdentity
from gflowspec.tracking.project import Project
from gflowspec.tracking.repair import Repair
from gflowspec.tracking.rundir import Run
from gflowspec.tracking.sync import Syncer

from .fakes import FakeStore
from .test_delivery import write_journal


def syncer_of(project: Project, store: FakeStore, **changes: object) -> Syncer:
    return Syncer(project, {}, open_store=lambda _: store, **changes)  # type: ignore[arg-type]


def test_journals_of_all_runs_are_delivered(project: Project, make_run: Callable[..., Run]) -> None:
    runs = [make_run() for _ in range(3)]
    total = sum(write_journal(run, steps=2) for run in runs[:2])  # the third was not tracked
    store = FakeStore()
    syncer = syncer_of(project, store)
    result = syncer.sync(run.directory for run in runs)
    assert (result.delivered, result.unsent, result.rejected) == (total, 0, 0)
    assert store.created == 2
    again = syncer.sync(run.directory for run in runs)
    assert (again.delivered, again.unsent, again.rejected) == (0, 0, 0)


def test_no_store_is_opened_if_nothing_waits(project: Project, run: Run) -> None:
    write_journal(run, steps=1)
    syncer_of(project, FakeStore()).sync([run.directory])

    def refuse(location: StoreLocation) -> FakeStore:
        raise AssertionError(location)

    result = Syncer(project, {}, open_store=refuse).sync([run.directory])
    assert result.runs[0].progress.delivered > 0


def test_a_store_that_is_away_is_asked_once_and_keeps_everything(
    project: Project, make_run: Callable[..., Run]
) -> None:
    runs = [make_run(), make_run()]
    total = sum(write_journal(run, steps=2) for run in runs)
    asked = []

    def away(location: StoreLocation) -> FakeStore:
        asked.append(location)
        message = "connection refused"
        raise StoreUnavailable(message)

    result = Syncer(project, {}, open_store=away).sync(run.directory for run in runs)
    assert (result.delivered, result.unsent) == (0, total)
    assert {run.reason for run in result.runs} == {"connection refused"}
    assert len(asked) == 1


def test_a_run_that_delivers_itself_is_left_to_itself(project: Project, run: Run) -> None:
    total = write_journal(run, steps=1)
    run.write(attrs.evolve(run.info, process=ProcessIdentity.current().plain()))
    with Delivery.lock(run.directory):
        result = syncer_of(project, FakeStore()).sync([run.directory])
    assert (result.delivered, result.unsent) == (0, total)
    assert "its own process" in result.runs[0].reason


def test_the_uploader_of_a_dead_run_is_waited_for(project: Project, run: Run) -> None:
    total = write_journal(run, steps=1)
    lock = Delivery.lock(run.directory)
    held = threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            time.sleep(0.2)

    uploader = threading.Thread(target=hold)
    uploader.start()
    held.wait(5.0)
    impatient = syncer_of(project, FakeStore(), patience=0.0).sync([run.directory])
    assert impatient.unsent == total
    assert syncer_of(project, FakeStore()).sync([run.directory]).delivered == total
    uploader.join()


def test_a_run_goes_where_it_went_before(project: Project, run: Run) -> None:
    write_journal(run, steps=1)
    Progress(uri="http://before:5000").write(run.directory)
    assert Syncer(project, {}).location(run.directory).uri == "http://before:5000"
    explicit = Syncer(project, {}, explicit="http://asked:1")
    assert explicit.location(run.directory).uri == "http://asked:1"
    with_password = {"MLFLOW_TRACKING_URI": "http://me:secret@before:5000"}
    assert Syncer(project, with_password).location(run.directory).uri.endswith("secret@before:5000")


def test_a_run_never_delivered_goes_where_it_was_meant_to(project: Project, run: Run) -> None:
    run.write(attrs.evolve(run.info, tracking_uri="http://meant:5000"))
    assert Syncer(project, {}).location(run.directory).uri == "http://meant:5000"
    run.write(attrs.evolve(run.info, tracking_uri=None))
    assert Syncer(project, {}).location(run.directory) == resolve(project, {})


def dead_process() -> ProcessIdentity:
    """A process of this machine that has ended."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = ProcessIdentity.of_pid(child.pid)
    assert identity.is_alive
    child.communicate()
    return identity


def start_journal(run: Run, process: ProcessIdentity, moment: float) -> None:
    write_journal(run, steps=2)
    lines = run.journal.read_bytes().splitlines(keepends=True)
    run.journal.write_bytes(b"".join(lines[:-1]))  # it never came to its end
    writer = JournalWriter.open(run.journal)
    writer.append("tags", {TAG: Heartbeat(process, moment).to_tag()})
    writer.close()


@pytest.mark.parametrize(
    ("alive", "silent", "dead"),
    [(False, 400.0, True), (False, 100.0, False), (True, 4000.0, False)],
)
def test_a_run_is_dead_if_it_is_silent_and_its_process_gone(
    project: Project, run: Run, alive: bool, silent: float, dead: bool
) -> None:
    process = ProcessIdentity.current() if alive else dead_process()
    start_journal(run, process, time.time())
    repair = Repair(syncer_of(project, FakeStore()), clock=lambda: time.time() + silent)
    found = repair.here()
    assert [item.run_id for item in found] == ([run.info.run_id] if dead else [])


def test_repair_closes_journal_run_and_store(project: Project, run: Run) -> None:
    start_journal(run, dead_process(), time.time())
    store = FakeStore()
    repair = Repair(syncer_of(project, store), clock=lambda: time.time() + 2 * SILENT_HERE)
    (dead,) = repair.here()
    repair.apply(dead)
    assert Run.read(run.directory).info.status is Status.KILLED
    assert Run.read(run.directory).info.outcome == "interrupted"
    assert History.read(run.journal).status is Status.KILLED
    assert store.status == "KILLED"
    assert repair.here() == ()


def test_repair_creates_no_store(project: Project, make_run: Callable[..., Run]) -> None:
    make_run()  # without a journal: never tracked
    assert Repair(Syncer(project, {})).find() == ()
    assert [item.name for item in project.folder.iterdir()] == ["runs"]


def test_a_run_that_ended_but_could_not_say_so_keeps_its_end(project: Project, run: Run) -> None:
    write_journal(run, steps=1)  # ends FINISHED
    repair = Repair(syncer_of(project, FakeStore()), clock=lambda: time.time() + 2 * SILENT_HERE)
    repair.apply(attrs.evolve(dead_of(run)))
    assert Run.read(run.directory).info.status is Status.FINISHED


def dead_of(run: Run) -> object:
    from gflowspec.tracking.repair import DeadRun

    return DeadRun(run.info.run_id, Status.KILLED, run.directory)


def test_other_machines_are_given_a_day() -> None:
    elsewhere = ProcessIdentity("another-host", "boot", 1, "1")
    assert elsewhere.is_alive is None
    beat = Heartbeat(elsewhere, 1000.0)
    assert not beat.is_dead(1000.0 + SILENT_ELSEWHERE - 1)
    assert beat.is_dead(1000.0 + SILENT_ELSEWHERE + 1)
    assert beat.is_dead(1000.0 + 61, older_than=60)


def test_a_pid_of_another_boot_or_start_is_another_process() -> None:
    here = ProcessIdentity.current()
    assert here.is_alive
    assert not attrs.evolve(here, boot="before").is_alive
    assert not attrs.evolve(here, started="1").is_alive
    assert ProcessIdentity.of(json.loads(json.dumps(here.plain()))) == here


def test_a_heartbeat_is_read_back_and_others_are_not() -> None:
    beat = Heartbeat(ProcessIdentity.current(), 1234.0)
    assert Heartbeat.of_tag(beat.to_tag()) == beat
    for text in ("", "{}", "[]", "12:00"):
        assert Heartbeat.of_tag(text) is None
