"""Executes a frozen sweep: gives cells to workers, and writes down what becomes of them."""

from __future__ import annotations

import queue
import signal
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import attrs

from gflowspec.runs.sweeps.ledger import BROKEN, Entry, Ledger, State
from gflowspec.runs.sweeps.plan import PlannedCell, SweepFolder
from gflowspec.runs.sweeps.pool import Handle, Message, Pool

_POLL = 0.1
#: How a run that ended stands in the ledger.
_STATES = {
    "finished": State.DONE,
    "cached": State.DONE,
    "budget": State.INTERRUPTED,
    "interrupted": State.INTERRUPTED,
    "failed": State.FAILED,
}


class Watcher(Protocol):
    """Sees how a sweep goes."""

    def cell(self, cell: PlannedCell, entry: Entry) -> None:
        """A cell has come to another state."""

    def progress(self, worker: int, cell: PlannedCell, event: dict[str, Any]) -> None:
        """A cell that is trained has come further."""


@attrs.define(kw_only=True)
class Conductor:
    """The loop of one call.

    Attributes:
        folder: The frozen plan.
        ledger: Where it is written down what becomes of each cell.
        pool: The workers.
        watcher: Sees how it goes.
        should_stop: Asked all the time; cells in flight then end with a checkpoint.
        on_ended: Told each cell that ended, whatever its end.
        close_dead: Closes the run of a cell whose process is gone, and returns its id.
        keep_going: Whether cells are started after one has failed.
    """

    folder: SweepFolder
    ledger: Ledger
    pool: Pool
    watcher: Watcher
    should_stop: Callable[[], bool]
    on_ended: Callable[[str], None]
    close_dead: Callable[[str], str | None]
    keep_going: bool
    _waiting: deque[str] = attrs.field(factory=deque)
    _broken: bool = False
    _ending: bool = False
    _failed_starts: int = 0
    _cells: dict[str, PlannedCell] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._cells = {cell.hash: cell for cell in self.folder.plan.cells}

    def run(self, cells: Sequence[str], processes: int) -> None:
        """Train ``cells`` on so many processes; returns when all workers have ended.

        Raises:
            KeyboardInterrupt: A second Ctrl-C: everything was ended at once.
            OSError: The ledger cannot be written, or no process can be started.
        """
        self._waiting = deque(cells)
        try:
            for number in range(min(processes, len(cells))):
                self.pool.start(number)
            while self.pool.workers:
                self._check_end()
                try:
                    self._take(self.pool.inbox.get(timeout=_POLL))
                except queue.Empty:
                    continue
        finally:
            self.pool.kill()  # whoever is left after an exception

    def _check_end(self) -> None:
        if self.should_stop() and not self._ending:
            self._ending = True
            self.pool.end()

    @property
    def could_not_start(self) -> bool:
        """Whether workers ended before they were ready."""
        return self._failed_starts > 0

    @property
    def _no_more(self) -> bool:
        return self._ending or not self._waiting or (self._broken and not self.keep_going)

    def _take(self, message: Message) -> None:
        handle, event = self.pool.workers[message.worker], dict(message.event)
        match event["event"]:
            case "ready":
                self._next(handle)
            case "started":
                self._set(event["cell"], Entry(state=State.RUNNING, reason="training"))
            case "progress":
                self.watcher.progress(handle.number, self._cells[event["cell"]], event)
            case "ended":
                state = _STATES[event["outcome"]]
                entry = Entry(state=state, run_id=event["run_id"], reason=event["reason"])
                self._finish(handle, entry)
            case "broken":
                self._finish(handle, Entry(state=State.FAILED, reason=event["reason"]))
            case "gone":
                self._bury(handle, event["code"])

    def _next(self, handle: Handle) -> None:
        if self._no_more:
            handle.close()
        else:
            self.pool.give(handle, self._waiting.popleft())

    def _finish(self, handle: Handle, entry: Entry) -> None:
        cell, handle.cell = handle.cell, None
        if cell is not None:
            self._set(cell, entry)
            self.on_ended(cell)
        self._next(handle)

    def _bury(self, handle: Handle, code: int) -> None:
        """A worker is gone: if it left a cell behind, that was what killed it."""
        del self.pool.workers[handle.number]
        handle.close()
        if handle.cell is not None:
            run_id = self.close_dead(handle.cell)
            reason = f"its process {_ending_of(code)}"
            self._set(handle.cell, Entry(state=State.KILLED, run_id=run_id, reason=reason))
            self.on_ended(handle.cell)
        elif code:
            self._failed_starts += 1
        # one that cannot even start would not the next time either
        if not self._no_more and self._failed_starts < 2:
            self.pool.start(handle.number)

    def _set(self, cell: str, entry: Entry) -> None:
        self._broken |= entry.state in BROKEN
        if entry.run_id is None:
            entry = attrs.evolve(entry, run_id=self.ledger[cell].run_id)
        self.ledger.set(cell, entry)
        self.watcher.cell(self._cells[cell], entry)


def _ending_of(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
