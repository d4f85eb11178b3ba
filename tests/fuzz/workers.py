"""Trials in processes of their own, watched from outside: time, memory, and sudden death."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TextIO

import attrs

from fuzz.trial import Outcome, trial
from gflowspec.lang.syntax.table import load_parser

#: Failures after which a process is of no more use.
ENDED = frozenset({"died", "hang", "stuck", "memory"})
TICK = 1 / os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@attrs.frozen(kw_only=True)
class Limits:
    """What a trial may cost.

    Attributes:
        slow: CPU seconds that are a failure.
        hanging: CPU seconds after which it is ended.
        stuck: Seconds on the clock after which it is ended, whatever it did.
        memory: Most resident bytes of its process; torch alone has a seventh of them.
    """

    slow: float = 10.0
    hanging: float = 30.0
    stuck: float = 120.0
    memory: int = 2 * 1024**3


@attrs.frozen
class Errand:
    """What workers do, and what they need for it; it is sent to each."""

    work: Callable[[str], Outcome]
    limits: Limits
    folder: str


@attrs.define(eq=False)
class Worker:
    """A process and the trial it is busy with."""

    errand: Errand
    process: SpawnProcess
    connection: Connection
    key: int = -1
    text: str = ""
    cpu: float = 0.0
    since: float = 0.0

    @classmethod
    def start(cls, errand: Errand) -> Worker:
        """A fresh process."""
        ours, theirs = get_context("spawn").Pipe()
        process = get_context("spawn").Process(target=serve, args=(theirs, errand), daemon=True)
        process.start()
        theirs.close()
        ours.recv()  # it has loaded what it needs
        return cls(errand, process, ours)

    def give(self, key: int, text: str) -> None:
        """Send a trial."""
        self.key, self.text = key, text
        self.cpu, self.since = self.used(), time.monotonic()
        self.connection.send(text)

    def used(self) -> float:
        """CPU seconds of the process so far."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) * TICK

    def memory(self) -> int:
        """Resident bytes of the process."""
        try:
            return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE
        except OSError:
            return 0

    def trouble(self) -> str:
        """Why it has to be ended; empty if it need not be."""
        limits = self.errand.limits
        if self.used() - self.cpu > limits.hanging:
            return "hang"
        if self.memory() > limits.memory:
            return "memory"
        return "stuck" if time.monotonic() - self.since > limits.stuck else ""

    def end(self) -> None:
        """Kill it."""
        self.connection.close()
        self.process.kill()
        self.process.join()


def serve(connection: Connection, errand: Errand) -> None:
    """Answer trials until there are no more; the cache of proofs is the worker's own."""
    load_parser()
    own = tempfile.mkdtemp(prefix="worker", dir=errand.folder)
    os.environ["XDG_CACHE_HOME"] = own
    tempfile.tempdir = own
    connection.send(None)
    with Path(own, "where.txt").open("w+") as where, contextlib.suppress(EOFError):
        while True:
            connection.send(_timed(errand, connection.recv(), where))


def _timed(errand: Errand, text: str, where: TextIO) -> Outcome:
    """The outcome of a trial, and where it was when it became slow."""
    slow = errand.limits.slow
    where.seek(0)
    where.truncate()
    faulthandler.dump_traceback_later(slow, file=where)
    start = time.process_time()
    outcome = errand.work(text)
    faulthandler.cancel_dump_traceback_later()
    seconds = time.process_time() - start
    if seconds < slow or outcome.failure:
        return outcome
    where.seek(0)
    detail = f"{seconds:.0f} s, after {slow:.0f} in\n{where.read()}"
    return attrs.evolve(outcome, failure="slow", detail=detail)


def run(
    texts: Iterable[tuple[int, str]],
    jobs: int,
    work: Callable[[str], Outcome] = trial,
    limits: Limits | None = None,
) -> Iterator[tuple[int, str, Outcome]]:
    """Outcomes of all trials, in the order in which they end.

    Args:
        texts: Keys and texts.
        jobs: Number of processes.
        work: What is done with a text.
        limits: What it may cost.
    """
    load_parser()  # builds the parse table once
    errand = Errand(work, limits or Limits(), tempfile.mkdtemp(prefix="fuzz"))
    waiting = iter(texts)
    workers = [Worker.start(errand) for _ in range(jobs)]
    try:
        for worker in workers:
            _next(worker, waiting)
        while any(worker.key >= 0 for worker in workers):
            for at, worker in enumerate(workers):
                ended = _ended(worker)
                if ended is None:
                    continue
                key, text = worker.key, worker.text
                if ended.failure in ENDED:
                    worker.end()
                    workers[at] = Worker.start(errand)
                _next(workers[at], waiting)
                yield key, text, ended
            wait([worker.connection for worker in workers if worker.key >= 0], timeout=0.5)
    finally:
        for worker in workers:
            worker.end()
        shutil.rmtree(errand.folder, ignore_errors=True)


def _ended(worker: Worker) -> Outcome | None:
    """The outcome of what a worker was given; None while it is busy with it."""
    if worker.key < 0:
        return None
    if not worker.connection.poll():
        trouble = worker.trouble()
        return Outcome("unreadable", trouble, f"ended: {trouble}") if trouble else None
    try:
        outcome: Outcome = worker.connection.recv()
    except (EOFError, OSError):
        return Outcome("unreadable", "died", "the process ended on its own")
    return outcome


def _next(worker: Worker, waiting: Iterator[tuple[int, str]]) -> None:
    key, text = next(waiting, (-1, ""))
    if key >= 0:
        worker.give(key, text)
    else:
        worker.key = -1
