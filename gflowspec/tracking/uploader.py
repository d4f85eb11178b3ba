"""The process beside a live run that moves its journal into the store.

It is a process, not a thread, because mlflow needs seconds of pure Python to be imported and
milliseconds for every batch, and a thread would take them from the training loop, which shares
the interpreter lock. It reads nothing but the journal, so that it may be killed at any time.

What it tells its parent, one JSON object a line on standard output:
``{"event": "alive"}``, ``{"event": "delivered", "unsent_bytes": 0}``,
``{"event": "outage", "reason": ...}``, ``{"event": "restored"}``,
``{"event": "rejected", "reason": ...}``.
The parent says ``finish`` on standard input. Its end without a word means that the parent died.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
from filelock import Timeout

from gflowspec.tracking import heartbeat
from gflowspec.tracking.delivery import Delivery, Rejection, Store, StoreUnavailable
from gflowspec.tracking.heartbeat import Heartbeat
from gflowspec.tracking.location import StoreLocation
from gflowspec.tracking.process import ProcessIdentity
from gflowspec.tracking.records import Tag
from gflowspec.tracking.store.client import MlflowStore, load

#: Seconds between two hand-overs, unless about ``BATCH`` records wait already.
INTERVAL = 1.0
_BATCH_BYTES = 30_000
_POLL = 0.1
_LONGEST_PAUSE = 30.0
_SIGN = 1.0
#: At the end: seconds without a sign of life from the store after which the rest is left to sync.
PATIENCE = 10.0


@attrs.define
class Uploader:
    """The loop; one object per run.

    Attributes:
        directory: The run directory.
        location: The store.
        tell: Called with each event for the parent.
        finishing: Set when the run has ended.
        patience: Seconds without success after which the end is not waited for any longer.
        first_pause: Seconds before the second attempt; doubles with each further one.
        prepare: Loads what the store needs; replaced in tests, as is ``open_store``.
        open_store: Opens the store.
    """

    directory: Path
    location: StoreLocation
    tell: Callable[[str, str], None]
    finishing: threading.Event = attrs.field(factory=threading.Event)
    patience: float = PATIENCE
    first_pause: float = 1.0
    prepare: Callable[[], None] = load
    open_store: Callable[[StoreLocation], Store] = MlflowStore.open
    _pause: float = 0.0
    _last_success: float = attrs.field(factory=time.monotonic)
    _last_beat: float = attrs.field(factory=time.monotonic)
    _ended: float = 0.0
    _process: ProcessIdentity = attrs.field(factory=lambda: ProcessIdentity.of_pid(os.getppid()))

    def run(self) -> bool:
        """Deliver until the run has ended and all is settled; False if it had to give up."""
        with self._alone() as alone:
            if not alone:
                return False
            delivery = self._open()
            return delivery is not None and self._deliver(delivery)

    def _deliver(self, delivery: Delivery) -> bool:
        last_step = 0.0
        while True:
            ending = self.finishing.is_set()
            pending = delivery.pending_bytes
            due = time.monotonic() - last_step >= INTERVAL
            settled = 0
            if pending and (due or ending or pending >= _BATCH_BYTES):
                last_step = time.monotonic()
                settled = self._retrying(delivery.step) or 0
            if self._out_of_patience():
                return False
            if ending and not self._pause and not settled and not self._pending(delivery):
                self._retrying(delivery.close_account)
                return True
            if not settled:
                self._beat(delivery)
                time.sleep(_POLL)

    @staticmethod
    def _pending(delivery: Delivery) -> bool:
        """Whether accepted lines wait; a torn last line does not count."""
        return bool(delivery.pending_bytes) and delivery.unsent() > 0

    def _open(self) -> Delivery | None:
        """Open the store, however long it is away; None once the run ended and patience too."""
        self._retrying(self.prepare)
        while True:
            store = self._retrying(lambda: self.open_store(self.location))
            if store is not None:
                self.tell("alive", "")
                delivery = Delivery.open(self.directory, store, self.location.shown)
                delivery.on_rejected = self._rejected
                return delivery
            if self._out_of_patience():
                return None

    def _retrying(self, call: Callable[[], Any]) -> Any:
        """One attempt; after a failure None, and a pause that doubles up to 30 s."""
        # what this machine does alone comes to an end, however busy it is; a server may not
        local = call is self.prepare or not self.location.is_server
        try:
            with self._working() if local else contextlib.nullcontext():
                result = call()
        except (StoreUnavailable, OSError) as error:
            if not self._pause:
                self.tell("outage", str(error))
            self._pause = min(max(self.first_pause, 2 * self._pause), _LONGEST_PAUSE)
            self._wait(self._pause)
            return None
        if self._pause:
            self.tell("restored", "")
            self._pause = 0.0
        self._last_success = time.monotonic()
        self.tell("delivered", "")
        return result

    def _wait(self, seconds: float) -> None:
        """Pause; the end of the run shortens every pause to the first one."""
        if self.finishing.is_set():
            time.sleep(min(seconds, self.first_pause))
        else:
            self.finishing.wait(seconds)

    def _out_of_patience(self) -> bool:
        if not self.finishing.is_set():
            return False
        now = time.monotonic()
        self._ended = self._ended or now  # the countdown starts with the end of the run
        return bool(self._pause) and now - max(self._last_success, self._ended) > self.patience

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        """While something is being done, say so once a second: it is a sign of life."""
        done = threading.Event()

        def tick() -> None:
            while not done.wait(_SIGN):
                self.tell("alive", "")

        threading.Thread(target=tick, daemon=True).start()
        try:
            yield
        finally:
            done.set()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        """Wait while ``gflowspec sync`` delivers this run; False if the run ends meanwhile."""
        lock = Delivery.lock(self.directory)
        started: float | None = None
        while True:
            try:
                lock.acquire(timeout=0.5)
                break
            except Timeout:
                if self.finishing.is_set():
                    started = started or time.monotonic()
                    if time.monotonic() - started > self.patience:
                        yield False
                        return
        try:
            yield True
        finally:
            lock.release()

    def _beat(self, delivery: Delivery) -> None:
        """Renew the heartbeat of the process that trains, while it does."""
        run_id = delivery.progress.mlflow_run_id
        due = time.monotonic() - self._last_beat >= heartbeat.EVERY
        if not (due and run_id) or self.finishing.is_set() or self._pause:
            return
        self._last_beat = time.monotonic()
        value = Heartbeat(self._process, time.time()).to_tag()
        self._retrying(lambda: delivery.store.log(run_id, [Tag(heartbeat.TAG, value)]))

    def _rejected(self, rejection: Rejection) -> None:
        self.tell("rejected", rejection.reason)


def _tell(event: str, reason: str) -> None:
    """Tell the parent; if it is gone there is nobody to tell."""
    line = json.dumps({"event": event, "reason": reason}) + "\n"
    with contextlib.suppress(OSError):
        os.write(1, line.encode())


def _listen(finishing: threading.Event) -> None:
    """Wait for ``finish``, or for the end of standard input when the parent dies."""
    sys.stdin.buffer.readline()
    finishing.set()


def main(directory: str, uri: str, artifacts: str, patience: str) -> int:
    """Entry point of the process; 0 if everything was settled.

    Args:
        directory: The run directory.
        uri: The store.
        artifacts: Folder for the artifacts of a local store; empty where a server decides.
        patience: Seconds without success after which the end is not waited for any longer.
    """
    # Ctrl-C and the end of a terminal concern the training; it decides when this process ends
    for name in (signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.nice(5)  # training comes first where there are fewer cores than processes
    location = StoreLocation(uri, Path(artifacts) if artifacts else None)
    uploader = Uploader(Path(directory), location, _tell, patience=float(patience))
    listener = threading.Thread(target=_listen, args=(uploader.finishing,), daemon=True)
    listener.start()
    return 0 if uploader.run() else 1
