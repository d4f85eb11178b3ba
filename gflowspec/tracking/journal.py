r"""The journal of a run: one JSON line for each hand-over, appended with one ``write``.

A line is ``{"checksum":"1a2b3c4d","sequence":7,"kind":"metrics","time":...,"payload":{...}}``; the
checksum (CRC-32) covers everything after its own field, so that a line that was torn by a crash,
or damaged on disk, is recognised. A line counts as accepted when ``write`` has returned: it is in
the kernel then, and survives ``kill -9``. Numbers that are not finite are written as the strings
``NaN``, ``Infinity`` and ``-Infinity``, so that every line is JSON.
"""

from __future__ import annotations

import json
import math
import os
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
from filelock import FileLock, Timeout

KINDS = ("create", "params", "tags", "metrics", "artifact", "status")
_HEAD = b'{"checksum":"'
_BODY_AT = len(_HEAD) + 8 + 2  # eight hexadecimal digits, a quote, a comma
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


@attrs.frozen
class Line:
    """One line of a journal.

    Attributes:
        sequence: 1, 2, 3, ... within a run.
        kind: One of ``KINDS``.
        time: Milliseconds since the epoch at which it was produced; sent to the store as it is,
            which is what makes a repeated delivery harmless.
        payload: What is recorded; its form depends on the kind (see ``tracking.records``).
        end: Byte offset just after the line.
    """

    sequence: int
    kind: str
    time: int
    payload: Mapping[str, Any]
    end: int


@attrs.frozen
class DamagedLine:
    """A complete line in the middle of a journal whose checksum does not fit."""

    content: bytes
    end: int


class JournalInUse(Exception):
    """Another process writes this journal."""


def encode(sequence: int, kind: str, moment: int, payload: Mapping[str, Any]) -> bytes:
    """The bytes of a line, line end included."""
    entry = {"sequence": sequence, "kind": kind, "time": moment, "payload": payload}
    body = json.dumps(entry, separators=(",", ":"), allow_nan=False).encode()[1:]
    return b'%s%08x",%s\n' % (_HEAD, zlib.crc32(body), body)


def decode(content: bytes, end: int) -> Line | None:
    """Read a line without its line end; None if it was never accepted or is damaged."""
    body = content[_BODY_AT:]
    if not content.startswith(_HEAD) or content[len(_HEAD) : _BODY_AT] != b'%08x",' % (
        zlib.crc32(body)
    ):
        return None
    entry = json.loads(b"{" + body)
    return Line(entry["sequence"], entry["kind"], entry["time"], entry["payload"], end)


def plain_number(value: float) -> float | str:
    """A metric value as JSON: finite numbers as they are, others as their name."""
    number = float(value)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else ("Infinity" if number > 0 else "-Infinity")


def number(value: float | str) -> float:
    """The inverse of ``plain_number``."""
    return _NOT_FINITE[value] if isinstance(value, str) else float(value)


def read(path: Path, offset: int = 0, *, limit: int = 2**22) -> Iterator[Line | DamagedLine]:
    """Complete lines from byte ``offset`` on, up to about ``limit`` bytes of them.

    The last line is left out if it has no line end or a wrong checksum: it was not accepted
    (yet). A damaged line that others follow is yielded as such.

    Raises:
        OSError: The journal cannot be read.
    """
    with path.open("rb") as file:
        file.seek(offset)
        block = file.read(limit)
        if block and not block.endswith(b"\n"):
            block += file.readline()
        at_end = not file.read(1)
    end = offset
    lines = block.split(b"\n")[:-1]
    for index, content in enumerate(lines):
        end += len(content) + 1
        line = decode(content, end)
        if line is not None:
            yield line
        elif not at_end or index < len(lines) - 1:
            yield DamagedLine(content, end)


def read_all(path: Path, offset: int = 0) -> Iterator[Line | DamagedLine]:
    """The same without a limit, block by block."""
    while True:
        before = offset
        for line in read(path, offset):
            offset = line.end
            yield line
        if offset == before:
            return


@attrs.define
class JournalWriter:
    """The one writer of a journal.

    Opening cuts off what was never accepted and goes on with the sequence. The lock keeps a
    second writer out and vanishes with the process.

    Attributes:
        path: The journal.
        sequence: Sequence of the last line; 0 in an empty journal.
        size: Bytes of accepted lines.
        clock: Seconds since the epoch; replaced in tests.
    """

    path: Path
    sequence: int
    size: int
    clock: Callable[[], float]
    _descriptor: int
    _lock: FileLock

    @classmethod
    def open(cls, path: Path, clock: Callable[[], float] = time.time) -> JournalWriter:
        """Open for appending; creates the file if there is none.

        Raises:
            JournalInUse: Another process writes it.
            OSError: The directory cannot be written or the disk is full.
        """
        lock = FileLock(path.with_name("journal.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            message = f"another process writes {path}"
            raise JournalInUse(message) from error
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        size, sequence = 0, 0
        for line in read_all(path):
            size = line.end
            sequence = line.sequence if isinstance(line, Line) else sequence + 1
        os.ftruncate(descriptor, size)
        return cls(path, sequence, size, clock, descriptor, lock)

    def append(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Accept one line, with one ``write``.

        Raises:
            OSError: The disk is full; nothing of the line is kept.
        """
        line = encode(self.sequence + 1, kind, int(self.clock() * 1000), payload)
        written = 0
        try:
            while written < len(line):  # more than once only on a disk that is nearly full
                written += os.write(self._descriptor, line[written:])
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self.sequence += 1
        self.size += len(line)

    def sync(self) -> None:
        """Make all accepted lines survive a power cut.

        Raises:
            OSError: The disk does not take them.
        """
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Release the journal; repeated calls do nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self._lock.release()
