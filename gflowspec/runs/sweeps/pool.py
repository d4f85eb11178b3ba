"""Worker processes: started, fed, heard, and buried. Nothing here knows what a cell is."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from gflowspec.runs.sweeps.order import Order

_MODULE = "gflowspec.runs.sweeps.worker"
#: Each worker computes on one thread, whatever the machine has.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@attrs.frozen
class Message:
    """What was heard of a worker.

    Attributes:
        worker: Its number.
        event: What it told; ``gone`` when its output ended, with its exit ``code``.
    """

    worker: int
    event: Mapping[str, Any]


@attrs.define(eq=False)
class Handle:
    """One worker process, seen from outside.

    Attributes:
        number: Its place on the screen; that of a dead one is given to its successor.
        cell: What it trains; None while it has nothing to do.
    """

    number: int
    process: subprocess.Popen[str]
    cell: str | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def send(self, line: str) -> None:
        """Write a line to it; one that died meanwhile is heard of as ``gone``."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.write(line + "\n")
                self.process.stdin.flush()

    def close(self) -> None:
        """Let it end: after its iteration, with a checkpoint."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()


@attrs.define
class Pool:
    """The workers of a sweep.

    Attributes:
        order: What each is told first.
        logs: Folder of their logs.
        inbox: What they say, in the order in which it came.
    """

    order: Order
    logs: Path
    inbox: queue.Queue[Message] = attrs.field(factory=queue.Queue)
    workers: dict[int, Handle] = attrs.field(factory=dict)

    def start(self, number: int) -> Handle:
        """Start a worker.

        Raises:
            OSError: No process can be started, or its log cannot be written.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        threads = {name: os.environ.get(name, "1") for name in _THREADS}
        package = str(Path(__file__).resolve().parents[3])
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        with (self.logs / f"worker-{number}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", _MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                env={**os.environ, **threads, "PYTHONPATH": os.pathsep.join(paths)},
                start_new_session=True,  # Ctrl-C in the terminal is for the sweep, not for it
            )
        handle = Handle(number, process)
        self.workers[number] = handle
        threading.Thread(target=self._hear, args=(handle,), daemon=True).start()
        handle.send(self.order.to_line())
        return handle

    def give(self, handle: Handle, cell: str) -> None:
        """Let a worker train a cell."""
        handle.cell = cell
        handle.send(json.dumps({"cell": cell}))

    def end(self) -> None:
        """Let all end after their iteration."""
        for handle in self.workers.values():
            handle.close()

    def kill(self) -> None:
        """End all at once; their cells go on from their last checkpoint in another call."""
        for handle in self.workers.values():
            handle.process.kill()
        for handle in self.workers.values():
            handle.process.wait()
            handle.close()

    def _hear(self, handle: Handle) -> None:
        assert handle.process.stdout is not None
        with handle.process.stdout as stream:
            for line in stream:
                with contextlib.suppress(ValueError):
                    self.inbox.put(Message(handle.number, json.loads(line)))
        code = handle.process.wait()
        self.inbox.put(Message(handle.number, {"event": "gone", "code": code}))
