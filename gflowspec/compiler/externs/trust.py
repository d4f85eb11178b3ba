"""Which functions in Python the user allows to run: by the hash of the file and the function.

The list is the user's, in the folder of their configuration. No specification, and nothing that
stands beside one, can add to it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import attrs

from gflowspec.compiler.externs.locate import Located
from gflowspec.core.resources import config_directory


@attrs.frozen
class Trusted:
    """A function of a file."""

    sha256: str
    target: str


def is_trusted(found: Located, granted: Iterable[str] = ()) -> bool:
    """Whether a function may run.

    Args:
        found: The function.
        granted: Hashes of files that are trusted for this command.
    """
    if found.ships or found.sha256 in granted:
        return True
    return Trusted(found.sha256, found.target) in trusted()


def trusted() -> frozenset[Trusted]:
    """What the user trusts; nothing, if the list is damaged."""
    try:
        stored = json.loads(_file().read_text(encoding="utf-8"))
        return frozenset(Trusted(item["sha256"], item["target"]) for item in stored["trusted"])
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()


def trust(functions: Iterable[Located]) -> None:
    """Add functions to the list.

    Raises:
        OSError: It cannot be written.
    """
    _write(trusted() | {Trusted(item.sha256, item.target) for item in functions})


def distrust(functions: Iterable[Located]) -> None:
    """Take functions off the list, whatever their files hold now.

    Raises:
        OSError: It cannot be written.
    """
    targets = {item.target for item in functions}
    _write(item for item in trusted() if item.target not in targets)


def _file() -> Path:
    return config_directory() / "trust.json"


def _write(items: Iterable[Trusted]) -> None:
    ordered = sorted(items, key=lambda item: (item.target, item.sha256))
    text = json.dumps({"trusted": [attrs.asdict(item) for item in ordered]}, indent=2) + "\n"
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, suffix=".new")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(partial).replace(path)
