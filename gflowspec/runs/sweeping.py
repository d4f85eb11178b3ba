"""Carries out a sweep: one process for each run, and one that delivers all journals, this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import attrs

from gflowspec.runs.parent import End, Parent
from gflowspec.runs.sweep import Cell, Plan, State, best_of, summary, with_results, write_table
from gflowspec.tracking.project import Project
from gflowspec.tracking.rundir import Run

#: Seconds between two looks at the processes.
POLL = 0.1
#: Exit codes of a run that somebody ended.
_ENDED = (130, 143, -2, -15)


class Process(Protocol):
    """A run in a process of its own."""

    def poll(self) -> int | None:
        """The exit code; None while it runs."""

    def send_signal(self, sig: int) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it at once."""


#: Starts a command line of gflowspec with its two outputs.
Start = Callable[[Sequence[str], Path, Path], Process]


def start_process(arguments: Sequence[str], stdout: Path, stderr: Path) -> Process:
    """A process with one thread, out of reach of the terminal's Ctrl-C."""
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    with stdout.open("wb") as out, stderr.open("wb") as err:
        return subprocess.Popen(
            [sys.executable, "-m", "gflowspec", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=environment,
            start_new_session=True,
        )


@attrs.frozen(kw_only=True)
class SweepWishes:
    """How a sweep is to be done.

    Attributes:
        jobs: Runs at a time.
        keep_going: Whether to begin further runs after one has failed.
        limit: Runs that are begun at most; None for all.
        on_change: Receives a run whose state has changed, with all of them.
        should_stop: Asked all the time; runs then end with a checkpoint and no other begins.
    """

    jobs: int = 1
    keep_going: bool = False
    limit: int | None = None
    on_change: Callable[[Cell, Sequence[Cell]], None] = lambda _cell, _all: None
    should_stop: Callable[[], bool] = lambda: False


@attrs.define(kw_only=True)
class Sweeping:
    """A plan while it is carried out.

    Attributes:
        plan: What is to be done.
        parent: Its run in MLflow, and the delivery of all journals.
        project: Whose runs they are.
        wishes: How.
        start: Starts the process of a run.
    """

    plan: Plan
    parent: Parent
    project: Project
    wishes: SweepWishes
    start: Start
    cells: dict[str, Cell] = attrs.field(init=False)
    _running: dict[str, tuple[Process, float]] = attrs.field(factory=dict, init=False)
    _asked: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.cells = {cell.hash: cell for cell in self.plan.cells}

    def carry_out(self) -> tuple[Cell, ...]:
        """Run what is not done yet; returns all runs in order.

        Raises:
            OSError: The directory of the sweep cannot be written.
        """
        self.plan.write()
        todo = [x for x in self.cells.values() if x.wanted and x.state is State.WAITING]
        waiting = deque(todo[: self.wishes.limit])
        self.parent.begin(self.plan.directory)
        try:
            while waiting or self._running:
                self._heed()
                while waiting and len(self._running) < self.wishes.jobs and not self._is_over():
                    self._begin(waiting.popleft())
                if not self._running and self._is_over():
                    break
                self._collect()
                self.parent.deliver(self._directories())
                time.sleep(POLL)
        except BaseException:
            for process, _ in self._running.values():
                process.kill()
            raise
        finally:
            self._close()
        return tuple(self.cells.values())

    def _close(self) -> None:
        """Keep the table, and close the parent."""
        cells = tuple(self.cells.values())
        table = self.plan.directory / "runs.csv"
        write_table(cells, table)
        status, sentence = summary(cells)
        end = End(status=status, sentence=sentence, best=best_of(cells), table=table)
        self.parent.finish(end, self._directories())

    def _is_over(self) -> bool:
        """Whether no further run is to begin."""
        failed = any(cell.state is State.FAILED for cell in self.cells.values())
        return self._asked or (failed and not self.wishes.keep_going)

    def _heed(self) -> None:
        """Pass a wish to end on to all processes, once."""
        if not self._asked and self.wishes.should_stop():
            self._asked = True
            for process, _ in self._running.values():
                process.send_signal(2)

    def _begin(self, cell: Cell) -> None:
        tags = {**self.parent.tags, **{f"sweep.{path}": text for path, text in cell.point.items()}}
        stdout, stderr = self._outputs(cell)
        process = self.start(self.plan.command(cell, tags), stdout, stderr)
        self._running[cell.hash] = (process, time.monotonic())
        self._change(attrs.evolve(cell, state=State.RUNNING))

    def _collect(self) -> None:
        for key, (process, began) in list(self._running.items()):
            code = process.poll()
            if code is not None:
                del self._running[key]
                seconds = time.monotonic() - began
                self._change(attrs.evolve(self._ended(self.cells[key], code), seconds=seconds))

    def _ended(self, cell: Cell, code: int) -> Cell:
        """What a process left: its answer, or what can be told without one."""
        stdout, stderr = self._outputs(cell)
        answer = _answer(stdout)
        run = self._run_of(answer)
        if run is not None:
            cell = with_results(cell, run, cell.state)
        if code in _ENDED or answer.get("outcome") == "interrupted":
            return attrs.evolve(cell, state=State.INTERRUPTED)
        hashed = (answer.get("hashes") or {}).get("run", cell.hash)
        if hashed != cell.hash:
            reason = "the file, or gflowspec itself, has changed since the sweep was planned"
            return attrs.evolve(cell, state=State.FAILED, reason=reason)
        if code == 0 and answer.get("outcome") in {"finished", "cached", "budget"}:
            return attrs.evolve(cell, state=State.FINISHED)
        return attrs.evolve(cell, state=State.FAILED, reason=_reason(answer, stderr, code))

    def _run_of(self, answer: Mapping[str, Any]) -> Run | None:
        run_id = answer.get("run_id")
        if not run_id:
            return None
        try:
            return Run.read(self.project.runs_folder / str(run_id))
        except (OSError, ValueError):
            return None

    def _change(self, cell: Cell) -> None:
        self.cells[cell.hash] = cell
        self.wishes.on_change(cell, tuple(self.cells.values()))

    def _outputs(self, cell: Cell) -> tuple[Path, Path]:
        stem = cell.hash.rpartition(":")[2].rpartition("/")[2][:12]
        folder = self.plan.directory
        return folder / f"{stem}.jsonl", folder / f"{stem}.log"

    def _directories(self) -> Iterable[Path]:
        """Run directories of this sweep."""
        wanted = {cell.hash for cell in self.plan.cells if cell.state is not State.CACHED}
        return [
            run.directory for run in self.project.runs() if run.info.hashes.get("run") in wanted
        ]


def _answer(stdout: Path) -> dict[str, Any]:
    """The object on the last line that a run printed; empty if it died before."""
    try:
        lines = stdout.read_text(encoding="utf-8").splitlines()
        found = json.loads(lines[-1]) if lines else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and "event" not in found else {}


def _reason(answer: Mapping[str, Any], stderr: Path, code: int) -> str:
    for item in answer.get("diagnostics") or ():
        if item.get("severity") == "error":
            return f"{item['code']}: {item['message']}"
    said = stderr.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return said[-1] if said else f"its process ended with code {code}"
