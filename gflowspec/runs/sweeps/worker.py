"""The process that trains cells of a frozen sweep, one after another, on one thread.

Its first line on standard input is its order (``Order``), each further one
``{"cell": <run hash>}``. The end of its input, which also comes when its parent dies, means: end
the iteration that is being done, with a checkpoint, and go. What it tells, a JSON object a line:
``{"event": "ready"}``, ``started``, ``progress``, ``ended`` and ``broken``, each with its ``cell``.
Everything else that is printed here goes to its log.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import torch

from gflowspec.components.discover import vocabulary
from gflowspec.core.errors import SpecInvalid, UsageError
from gflowspec.executor import events
from gflowspec.lang.spec import load
from gflowspec.runs.frozen import PlannedRun, freeze_sweep
from gflowspec.runs.prepared import prepare
from gflowspec.runs.start import Membership, Wishes, execute
from gflowspec.runs.sweeps.order import Order
from gflowspec.runs.sweeps.plan import SweepFolder
from gflowspec.tracking.base import ParentRun
from gflowspec.tracking.project import Project

#: Seconds between two lines about the progress of a cell.
EVERY = 0.5

Tell = Callable[..., None]


def main() -> int:
    """Work until the input ends."""
    tell = _protocol()
    orders: queue.Queue[str | None] = queue.Queue()
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    order = Order.of_line(sys.stdin.readline())
    threading.Thread(target=_read, args=(orders, ending), daemon=True).start()
    worker = Worker.open(order, tell, ending)
    tell("ready")
    while not ending.is_set():
        cell = orders.get()
        if cell is None:
            break
        worker.do(cell)
        gc.collect()
    return 0


def _protocol() -> Tell:
    """Keep the standard output for the protocol, and send everything printed to the log."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)

    def tell(event: str, **values: Any) -> None:
        # a parent that died hears nothing; the end of our input says so as well
        with contextlib.suppress(OSError):
            own.write(json.dumps({"event": event, **values}) + "\n")

    return tell


def _log(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _read(orders: queue.Queue[str | None], ending: threading.Event) -> None:
    for line in sys.stdin:
        orders.put(json.loads(line)["cell"])
    ending.set()
    orders.put(None)


@attrs.define
class Worker:
    """The cells of a sweep, ready to be trained.

    Attributes:
        order: What was asked for.
        runs: The cells by run hash, expanded from the kept specification.
        parent: The run of the sweep.
        tell: Speaks to the parent process.
        ending: Set when training is to end.
    """

    order: Order
    runs: Mapping[str, PlannedRun]
    parent: ParentRun
    tell: Tell
    ending: threading.Event

    @classmethod
    def open(cls, order: Order, tell: Tell, ending: threading.Event) -> Worker:
        """Expand the kept specification once, by the function that made the plan.

        Raises:
            SpecInvalid: The kept specification has errors, which it had not when it was frozen.
        """
        folder = SweepFolder.read(Path(order.folder))
        plan = folder.plan
        spec, found = load(str(folder.spec), plan.overrides, vocabulary())
        if spec is None:
            raise SpecInvalid(found)
        frozen = freeze_sweep(
            spec,
            plan.name,
            spec_path=plan.spec_path,
            project=Project(Path(order.project)),
            overrides=plan.overrides,
            known=found,
        )
        runs = {item.job.hashes["run"]: item for item in frozen.runs}
        parent = ParentRun(run_id=plan.id, created=plan.created)
        return cls(order, runs, parent, tell, ending)

    def do(self, cell: str) -> None:
        """Train one cell; whatever goes wrong is told and does not end the worker."""
        self.tell("started", cell=cell)
        try:
            self._train(cell)
        except SpecInvalid as error:
            reason = "; ".join(item.message for item in error.diagnostics if item.is_error)
            self.tell("broken", cell=cell, reason=reason)
        except UsageError as error:
            self.tell("broken", cell=cell, reason=error.diagnostic.message)
        except Exception as error:  # a bug or a full memory: one cell less, the others go on
            traceback.print_exc()
            self.tell("broken", cell=cell, reason=f"{type(error).__name__}: {error}".rstrip(": "))

    def _train(self, cell: str) -> None:
        # one thread each; more would wait for each other, and results depend on their number
        torch.set_num_threads(1)
        item = self.runs[cell]
        wishes = Wishes(
            resume="auto",
            tracking_uri=self.order.tracking_uri,
            offline=True,  # one process delivers all journals of a sweep
            membership=Membership(parent=self.parent, point=item.point),
            on_event=_Progress(cell, self.tell).show,
            should_stop=self.ending.is_set,
            notify=_log,
        )
        prepared = prepare(item.job, granted=self.order.granted)
        report = execute(prepared, wishes, project=Project(Path(self.order.project)))
        self.tell(
            "ended",
            cell=cell,
            run_id=report.run_id,
            outcome=report.outcome,
            reason=report.sentence,
            steps=report.steps,
            seconds=report.seconds,
        )


@attrs.define
class _Progress:
    cell: str
    tell: Tell
    _last: float = 0.0

    def show(self, event: events.Event) -> None:
        """Pass on the step and the figures, now and then."""
        now = time.monotonic()
        match event:
            case events.Started(step=step, steps=steps):
                self.tell("progress", cell=self.cell, step=step, steps=steps, values={})
            case events.Progress(step=step, steps=steps) if now - self._last >= EVERY:
                self._last = now
                self.tell("progress", cell=self.cell, step=step, steps=steps, values={})
            case events.Evaluated(step=step, values=values):
                found = {key: value for key, value in values.items() if value == value}  # noqa: PLR0124 - NaN is no JSON
                self.tell("progress", cell=self.cell, step=step, steps=None, values=found)


if __name__ == "__main__":
    sys.exit(main())
