"""Whole files or none: write beside, make durable, rename."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_bytes(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content``, so that a reader sees the old file or the new one.

    Raises:
        OSError: The directory cannot be written or the disk is full; ``path`` is unchanged.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_text(path: Path, content: str) -> None:
    """The same for text, in UTF-8, line ends as they are."""
    write_bytes(path, content.encode("utf-8"))
