"""Files that a text names: where they may lie, and how they are read.

No text reads a file outside the folder tree of the file that is checked and the data directory.
Links are followed first, so that a link cannot lead out. ``~`` and ``$VAR`` are not expanded.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

#: What a path begins with that means the data directory.
DATA = "gfs:data/"


class Unreadable(Exception):
    """A file that cannot be read as a whole; the text says why."""


def real_path(path: Path) -> Path | None:
    """A path with all links followed; None if no file can have it."""
    try:
        # Unlike Path.resolve it does not raise where links form a loop.
        return Path(os.path.realpath(path))
    except (OSError, ValueError):
        return None


def within(path: Path, roots: Sequence[Path]) -> bool:
    """Whether a real path lies below one of some folders."""
    return any(path.is_relative_to(root) for root in (real_path(item) for item in roots) if root)


def is_file(path: Path) -> bool:
    """Whether there is a regular file; a device, a pipe or a name that is too long is none."""
    return os.path.isfile(path)  # noqa: PTH113 - unlike Path.is_file it never raises


def read_bytes(path: Path, limit: int) -> bytes:
    """The contents of a regular file of at most ``limit`` bytes.

    Raises:
        Unreadable: It is no regular file, is larger, or cannot be read.
    """
    try:
        # Without O_NONBLOCK, opening a pipe waits for somebody who writes.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                message = "it is no regular file"
                raise Unreadable(message)
            if status.st_size > limit:
                message = f"it has {status.st_size:,} bytes; {limit:,} are allowed"
                raise Unreadable(message)
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(getattr(error, "strerror", None) or str(error)) from None
    if len(data) > limit:
        message = f"it has more than {limit:,} bytes"
        raise Unreadable(message)
    return data


def shown(written: str) -> str:
    """A path as messages show it: short, and without characters that a terminal obeys."""
    text = written if len(written) <= 200 else f"{written[:80]}...{written[-80:]}"
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def digest_of(path: Path, limit: int) -> str:
    """The SHA-256 of a regular file of at most ``limit`` bytes; a file is read once.

    Raises:
        Unreadable: It is no regular file, is larger, or cannot be read.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - beside os.open
    except (OSError, ValueError) as error:
        raise Unreadable(str(error)) from None
    if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
        message = f"it has {status.st_size:,} bytes; {limit:,} are allowed"
        raise Unreadable(message)
    return _digest(path, (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns))


@lru_cache(maxsize=256)
def _digest(path: Path, stamp: tuple[int, ...]) -> str:
    del stamp  # part of the key: a file that was written since is another file
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None
