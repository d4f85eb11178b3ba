"""Every specification of the repository, right and wrong, as texts to start from."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gflowspec.core.codes import CODES
from gflowspec.core.resources import std_directory

ROOT = Path(__file__).parents[2]
FOLDERS = ("specs", "examples", "benchmarks", "tests/golden")


@cache
def texts() -> tuple[str, ...]:
    """All of them, in a fixed order."""
    files = [*std_directory().rglob("*.gfs")]
    for folder in FOLDERS:
        files += (ROOT / folder).rglob("*.gfs")
    found = [file.read_bytes().decode("utf-8", "replace") for file in sorted(files)]
    for code in CODES.values():
        found += [text for text in (code.wrong, code.right) if text]
    return tuple(found)
