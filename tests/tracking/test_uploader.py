"""The loop of the uploader, with a store in memory and time to spare."""

from __future__ import annotations

import threading

import attrs
import pytest

from gflowspec.tracking import flusher, uploader
from gflowspec.tracking.delivery import Delivery, StoreUnavailable
from gflowspec.tracking.flusher import Flusher
from gflowspec.tracking.location import StoreLocation
from gflowspec.tracking.rundir import Run
from gflowspec.tracking.uploader import Uploader

from .fakes import FakeStore
from .test_delivery import write_journal


@attrs.define
class Told:
    """What the parent would hear."""

    events: list[tuple[str, str]] = attrs.field(factory=list)

    def __call__(self, event: str, reason: str) -> None:
        self.events.append((event, reason))

    def names(self) -> list[str]:
        return [event for event, _ in self.events if event not in {"alive", "delivered"}]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploader, "INTERVAL", 0.01)
    monkeypatch.setattr(uploader, "_POLL", 0.005)


def make(run: Run, location: StoreLocation, store: FakeStore, told: Told) -> Uploader:
    return Uploader(
        run.directory,
        location,
        told,
        patience=0.3,
        first_pause=0.01,
        prepare=lambda: None,
        open_store=lambda _: store,
    )


def test_a_run_that_ended_is_delivered_and_accounted_for(run: Run, location: StoreLocation) -> None:
    total = write_journal(run, steps=80)
    store, told = FakeStore(), Told()
    loop = make(run, location, store, told)
    loop.finishing.set()
    assert loop.run()
    assert len(store.metrics) == 2400
    assert store.tags["gflowspec.records"].startswith(f"accepted={total} delivered={total} ")
    assert told.names() == []


def test_a_torn_last_line_does_not_keep_it_from_ending(run: Run, location: StoreLocation) -> None:
    write_journal(run, steps=1)
    with run.journal.open("ab") as file:
        file.write(b'{"checksum":"00')
    loop = make(run, location, FakeStore(), Told())
    loop.finishing.set()
    assert loop.run()


def test_an_outage_is_told_once_at_its_start_and_once_at_its_end(
    run: Run, location: StoreLocation
) -> None:
    write_journal(run, steps=2)
    store, told = FakeStore(failures=5), Told()
    loop = make(run, location, store, told)
    thread = threading.Thread(target=loop.run)
    thread.start()
    for _ in range(500):
        if store.status:
            break
        thread.join(0.01)
    loop.finishing.set()
    thread.join(5.0)
    assert not thread.is_alive()
    assert told.names() == ["outage", "restored"]
    assert store.status == "FINISHED"


def test_a_store_that_never_comes_back_is_given_up_after_the_end(
    run: Run, location: StoreLocation
) -> None:
    write_journal(run, steps=2)

    def away(_: StoreLocation) -> FakeStore:
        message = "connection refused"
        raise StoreUnavailable(message)

    told = Told()
    loop = attrs.evolve(make(run, location, FakeStore(), told), open_store=away)
    thread = threading.Thread(target=loop.run)
    thread.start()
    thread.join(0.6)
    assert thread.is_alive()  # for as long as the run lasts it does not give up
    loop.finishing.set()
    thread.join(5.0)
    assert not thread.is_alive()
    assert told.names() == ["outage"]


def test_it_gives_way_to_a_sync_that_delivers_the_same_run(
    run: Run, location: StoreLocation
) -> None:
    write_journal(run, steps=2)
    store = FakeStore()
    loop = make(run, location, store, Told())
    loop.finishing.set()
    with Delivery.lock(run.directory):
        assert not loop.run()
    assert store.calls == 0


def test_the_heartbeat_is_renewed_while_the_run_lasts(
    run: Run, location: StoreLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploader.heartbeat, "EVERY", 0.01)
    write_journal(run, steps=0)
    store = FakeStore()
    loop = make(run, location, store, Told())
    thread = threading.Thread(target=loop.run)
    thread.start()
    deadline = threading.Event()
    for _ in range(500):
        if "gflowspec.heartbeat" in store.tags:
            break
        deadline.wait(0.01)
    loop.finishing.set()
    thread.join(5.0)
    assert "gflowspec.heartbeat" in store.tags


def test_slow_work_of_this_machine_is_a_sign_of_life_and_a_slow_server_is_not(
    run: Run, location: StoreLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploader, "_SIGN", 0.01)
    for place, signs in ((location, True), (StoreLocation("http://host:1"), False)):
        told = Told()
        loop = make(run, place, FakeStore(), told)
        loop._retrying(lambda: threading.Event().wait(0.2))
        assert (("alive", "") in told.events) == signs


def test_rejections_are_told(run: Run, location: StoreLocation) -> None:
    write_journal(run, steps=1)
    store = FakeStore(refuse=lambda item: item.key == "train/m3")
    told = Told()
    loop = make(run, location, store, told)
    loop.finishing.set()
    assert loop.run()
    assert told.names() == ["rejected"]


def test_the_parent_warns_about_the_first_rejected_record_only() -> None:
    said: list[str] = []
    parent = Flusher(said.append)
    for event in ("alive", "rejected", "rejected", "outage", "restored", "delivered"):
        parent._note({"event": event, "reason": "why"})
    assert len(said) == 3
    assert "rejected.jsonl" in said[0]


def test_where_no_process_can_be_started_records_wait(
    run: Run, location: StoreLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(flusher.subprocess, "Popen", refuse)
    said: list[str] = []
    parent = Flusher(said.append)
    parent.start(run.directory, location)
    parent.finish()
    assert len(said) == 1
