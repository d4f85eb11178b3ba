"""Paths of the command line: files, directories, and ``file.gfs:name``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from gflowspec.cli.usage import no_such_file
from gflowspec.core.errors import UsageError


def gfs_files(paths: Sequence[str]) -> tuple[str, ...]:
    """The files that are named, and all ``.gfs`` files below directories; each once, in order.

    Raises:
        UsageError: A path does not exist (GFS601), or a directory holds no ``.gfs`` file.
    """
    found: dict[str, None] = {}
    for path in paths:
        for item in _below(path):
            found[item] = None
    return tuple(found)


def _below(path: str) -> Iterable[str]:
    place = Path(path)
    if place.is_dir():
        # Hidden folders (.git, .venv, .gflowspec) hold nothing that a person wrote here.
        inside = sorted(
            item
            for item in place.rglob("*.gfs")
            if not any(part.startswith(".") for part in item.relative_to(place).parts)
        )
        if not inside:
            raise UsageError(no_such_file(f"{path}/**/*.gfs"))
        return [str(item) for item in inside]
    if not place.exists():
        raise UsageError(no_such_file(path, known=_neighbours(place)))
    return [path]


def split_spec(text: str) -> tuple[str, str | None]:
    """``file.gfs:name`` -> (file, name); the name is None where it is left out.

    Raises:
        UsageError: There is no such file.
    """
    path, name = text, None
    if not Path(text).exists() and ":" in text:
        path, _, name = text.rpartition(":")
    if not Path(path).is_file():
        raise UsageError(no_such_file(path, known=_neighbours(Path(path))))
    return path, name


def _neighbours(path: Path) -> list[str]:
    folder = path.parent
    return [str(item) for item in folder.glob("*.gfs")] if folder.is_dir() else []
