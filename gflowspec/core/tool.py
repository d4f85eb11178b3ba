"""Which GFlowSpec this is: what is kept between commands holds for one state of it only."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from gflowspec.core.resources import grammar_file, package_directory

#: Libraries that have a part in what a command says about a file.
LIBRARIES = ("attr", "lark", "networkx", "numpy")


@cache
def tool_digest(*folders: str) -> str:
    """A digest of the files of this package, its libraries and the interpreter.

    Files count with name, size and time of change, as in Python's own check of byte code. It is
    computed once: a process goes on with the code that it has loaded.

    Args:
        folders: Those of the package that matter; without any, the whole package and the grammar.
    """
    root = package_directory()
    roots = [root / folder for folder in folders] or [root]
    stamps = [stamp for folder in roots for stamp in _stamps(folder)]
    if not folders:
        stamps.append(_stamp(grammar_file()))
    stamps += [_library(name) for name in LIBRARIES]
    text = "\n".join([sys.version, *stamps])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _stamps(folder: Path) -> Iterator[str]:
    for place, subfolders, names in os.walk(folder):
        subfolders[:] = sorted(name for name in subfolders if name != "__pycache__")
        for name in sorted(names):
            yield _stamp(Path(place, name))


def _library(name: str) -> str:
    """The stamp of the first file of a library, which says its version."""
    found = find_spec(name)
    return name if found is None or found.origin is None else _stamp(Path(found.origin))


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{path}:{status.st_size}:{status.st_mtime_ns}"
