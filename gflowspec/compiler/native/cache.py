"""Compiled libraries are kept in the user's cache folder, under what they depend on.

A library is code: it is loaded only from a folder that belongs to this user and that nobody else
may write to, and only if its content has the digest that its name says.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from gflowspec.compiler.native.errors import NoNativeForm
from gflowspec.compiler.native.toolchain import FLAGS, Compiler
from gflowspec.core.resources import cache_directory

#: Libraries that are kept; the oldest ones go first.
KEPT = 100

_DIGITS = 32


def load(text: str, compiler: Compiler) -> ctypes.CDLL:
    """The library of a text: an earlier one, or one that is compiled now.

    Where the cache cannot be trusted or written to, nothing is kept.

    Raises:
        NoNativeForm: The compiler fails, or what it made cannot be loaded.
    """
    key = _digest("\0".join((text, compiler.identity, *compiler.command, *FLAGS)).encode())
    folder = cache_directory() / "native"
    try:
        if _is_private(folder):
            return ctypes.CDLL(str(_kept(folder, key) or _built(text, compiler, folder, key)))
        with tempfile.TemporaryDirectory(prefix="gflowspec-") as passing:
            return ctypes.CDLL(str(_built(text, compiler, Path(passing), key)))
    except OSError as error:
        reason = f"the compiled rollout cannot be loaded: {error}"
        raise NoNativeForm(reason) from error


def _kept(folder: Path, key: str) -> Path | None:
    return next((path for path in folder.glob(f"{key}-*.so") if _is_whole(path)), None)


def _built(text: str, compiler: Compiler, folder: Path, key: str) -> Path:
    """Compile into the folder; readers see a whole file under its name or none."""
    _forget_oldest(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix="new-") as work:
        made = Path(work, "rollout.so")
        compiler.build(text, made)
        made.chmod(stat.S_IRWXU)
        path = folder / f"{key}-{_digest(made.read_bytes())}.so"
        made.replace(path)
    return path


def _is_private(folder: Path) -> bool:
    """Whether the folder is there, ours, and writable by nobody else; it is made if missing."""
    try:
        folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError:
        return False
    mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    shared = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return mine and not shared and os.access(folder, os.W_OK)


def _is_whole(path: Path) -> bool:
    try:
        return path.stem.endswith(f"-{_digest(path.read_bytes())}")
    except OSError:
        return False


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def _forget_oldest(folder: Path) -> None:
    with suppress(OSError):  # another process may be doing the same
        entries = sorted(folder.glob("*.so"), key=lambda path: path.stat().st_mtime)
        for path in entries[: max(0, len(entries) - KEPT + 1)]:
            path.unlink()
