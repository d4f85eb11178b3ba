"""The process that runs a function: started when it is first needed, ended when it is late."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

#: Seconds that importing a module may take.
START = 120.0
_CHILD = Path(__file__).with_name("child.py")

#: Where this package was imported from.
OWN_FOLDER = Path(__file__).parents[3]


class CallFailed(Exception):
    """A call gave no result; the text says why."""


class NotStarted(Exception):
    """The function cannot be imported; the text says why."""


@attrs.frozen(kw_only=True)
class Setup:
    """What a worker is told first.

    Attributes:
        module: The module, and the function in it.
        file: Its file.
        sha256: The hash that the file must have.
        loose: Whether the module stands beside the specification and is no installed one.
        forms: The form of each argument.
        shared: Arguments that are the same in all calls, by position.
        keywords: Arguments by name that all calls get.
        batched: Whether the function takes lists of arguments.
        memory: Bytes that the process may have; 0 for any.
    """

    module: str
    function: str
    file: str
    sha256: str
    loose: bool
    forms: Sequence[Any]
    shared: Mapping[int, Any]
    keywords: Mapping[str, Any]
    batched: bool
    memory: int


class Worker:
    """A running process."""

    def __init__(self, setup: Setup) -> None:
        """Start it.

        Raises:
            NotStarted: The function cannot be imported, or that takes too long.
        """
        self._process = subprocess.Popen(
            # Isolated: neither the environment nor the working folder say what is imported.
            [sys.executable, "-I", "-B", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the run, which ends the worker itself
        )
        self._read = b""
        self._end = weakref.finalize(self, _end, self._process)
        told = {**attrs.asdict(setup), "path": search_path()}
        try:
            answer = self._ask(told, START)
        except CallFailed as error:
            raise NotStarted(str(error)) from None
        if "error" in answer:
            self.end()
            raise NotStarted(answer["error"])

    def batch(self, rows: Sequence[Sequence[Any]], seconds: float) -> list[Any]:
        """The results of a batch, as JSON has them.

        Raises:
            CallFailed: The function raised, the process ended, or ``seconds`` passed. The process
                may have ended.
        """
        return self._results(self._ask({"rows": rows, "seconds": seconds}, seconds))

    def each(self, rows: Sequence[Sequence[Any]], seconds: float) -> Iterator[Any]:
        """The results of calls one by one; a call that fails gives the exception ``CallFailed``.

        It ends early if the process does.
        """
        for place in range(len(rows)):
            told = {"rows": rows, "seconds": seconds} if place == 0 else None
            try:
                yield self._results(self._ask(told, seconds))[0]
            except CallFailed as error:
                yield error
                if not self.alive:
                    return

    def _results(self, answer: Any) -> list[Any]:
        if "error" in answer:
            raise CallFailed(answer["error"])
        results: list[Any] = answer["results"]
        return results

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._end.alive

    def end(self) -> None:
        """End the process."""
        self._end()

    def _ask(self, told: Mapping[str, Any] | None, seconds: float) -> Any:
        """The next answer, after telling something if there is something to tell."""
        try:
            stdin = self._process.stdin
            assert stdin is not None
            if told is not None:
                stdin.write(json.dumps(told).encode() + b"\n")
                stdin.flush()
            return json.loads(self._line(time.monotonic() + seconds))
        except TimeoutError:
            self.end()
            message = f"there was no result within {seconds:g} s"
            raise CallFailed(message) from None
        except (OSError, EOFError, ValueError):
            self._process.wait()
            code = self._process.returncode
            self.end()
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            message = f"its process ended {how}"
            raise CallFailed(message) from None

    def _line(self, until: float) -> bytes:
        """The next line of the answer."""
        stdout = self._process.stdout
        assert stdout is not None
        parts = []
        while b"\n" not in self._read:
            parts.append(self._read)
            ready, _, _ = select.select([stdout], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError
            self._read = os.read(stdout.fileno(), 1 << 16)
            if not self._read:
                raise EOFError
        line, _, self._read = self._read.partition(b"\n")
        return b"".join([*parts, line])


def search_path() -> list[str]:
    """Where modules are found: as here, but not in the working folder, which anyone can fill.

    The folder of this package stays: a checkout may be both.
    """
    asked = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    here, own = os.path.realpath(os.curdir), os.path.realpath(OWN_FOLDER)
    return [
        entry
        for entry in sys.path
        if entry in asked or (entry and (os.path.realpath(entry) != here or here == own))
    ]


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()
