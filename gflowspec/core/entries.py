"""What is kept between commands, in the user's cache folder: parse tables, proofs, verdicts.

An entry is one line with the SHA-256 of the rest, then JSON. It is written as a whole or not at
all, and one that is not whole is no entry; a cache that cannot be used costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from gflowspec.core.resources import cache_directory


def read_entry(folder: str, key: str) -> Any | None:
    """The value that was kept under ``key``; None if there is none, or if it is damaged."""
    try:
        data = _path(folder, key).read_bytes()
        checksum, _, body = data.partition(b"\n")
        if checksum.decode() != hashlib.sha256(body).hexdigest():
            return None
        return json.loads(body)
    except (OSError, ValueError):
        return None


def write_entry(folder: str, key: str, value: Any, *, kept: int) -> None:
    """Keep ``value``; of ``kept`` entries in the folder the older half goes first.

    Raises:
        TypeError: The value has no JSON form.
        ValueError: Likewise.
    """
    body = json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    data = hashlib.sha256(body).hexdigest().encode() + b"\n" + body
    path = _path(folder, key)
    with contextlib.suppress(OSError):  # a read-only home or a full disk
        path.parent.mkdir(parents=True, exist_ok=True)
        _forget_oldest(path.parent, kept)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".new")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)


def _path(folder: str, key: str) -> Path:
    return cache_directory() / folder / f"{key}.json"


def _forget_oldest(folder: Path, kept: int) -> None:
    entries = [entry for entry in os.scandir(folder) if entry.is_file()]
    if len(entries) < kept:
        return
    ages = []
    for entry in entries:
        with contextlib.suppress(OSError):  # another process was faster
            ages.append((entry.stat().st_mtime, entry.path))
    for _, path in sorted(ages)[: len(ages) // 2]:
        with contextlib.suppress(OSError):
            Path(path).unlink()
