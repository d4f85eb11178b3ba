"""The data directory: files that specifications share, each known by its hash.

A list beside the files, ``files.json``, holds the hashes of what was added; the standard library
names others. The list is a convenience of the user: what counts for a specification is the hash
that it holds itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import attrs

from gflowspec.core import resources
from gflowspec.core.places import DATA
from gflowspec.core.source import SourceFile
from gflowspec.lang.file_refs import file_refs, written_hash
from gflowspec.lang.syntax.parser import parse

LIST = "files.json"


class NotAdded(Exception):
    """A file that cannot be added; the text says why."""


@attrs.frozen(kw_only=True)
class DataFile:
    """A file that is known or present.

    Attributes:
        name: Its path below the data directory.
        expected: The hash that it should have; None if nobody says.
        found: The hash that it has; None if it is missing.
        needed_by: The library file that names it; empty if none does.
    """

    name: str
    expected: str | None
    found: str | None
    needed_by: str = ""

    @property
    def verified(self) -> bool:
        """Whether it is here and the one that is meant."""
        return self.found is not None and self.found == self.expected

    @property
    def is_wrong(self) -> bool:
        """Whether it is here and another one is meant."""
        return self.found is not None and self.expected not in (None, self.found)


def data_files() -> tuple[DataFile, ...]:
    """Everything that is known or present, by name; present files are hashed.

    Raises:
        OSError: A file cannot be read.
    """
    folder = resources.data_directory()
    library = dict(_of_library())
    known = {**{name: hash_ for name, (hash_, _) in library.items()}, **_listed(folder)}
    names = sorted({*known, *_present(folder)})
    return tuple(
        DataFile(
            name=name,
            expected=known.get(name),
            found=_hash(folder / name),
            needed_by=library[name][1] if name in library else "",
        )
        for name in names
    )


def add(path: Path, name: str) -> DataFile:
    """Copy a file into the data directory and write its hash down.

    Raises:
        NotAdded: The library knows another file of this name.
        OSError: The file cannot be read, or the directory not written.
    """
    folder = resources.data_directory()
    found = _hash(path)
    if found is None:
        message = f"`{path}` is no file"
        raise NotAdded(message)
    expected = dict(_of_library()).get(name)
    if expected is not None and expected[0] not in (None, found):
        message = f"`{expected[1]}` needs another `{name}`: its hash is {expected[0]}, not {found}"
        raise NotAdded(message)
    target = folder / name
    if not target.resolve().is_relative_to(folder.resolve()) or name == LIST:
        message = f"`{name}` is no name of a file in the data directory"
        raise NotAdded(message)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not (target.exists() and target.samefile(path)):
        _copy(path, target)
    _write_list(folder, {**_listed(folder), name: found})
    return DataFile(name=name, expected=found, found=_hash(target))


def _copy(path: Path, target: Path) -> None:
    """Copy as a whole or not at all."""
    handle, partial = tempfile.mkstemp(dir=target.parent, suffix=".new")
    try:
        with os.fdopen(handle, "wb") as file, path.open("rb") as source:
            shutil.copyfileobj(source, file)
        Path(partial).chmod(0o644)
        Path(partial).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(partial).unlink()
        raise


def _write_list(folder: Path, known: Mapping[str, str]) -> None:
    text = json.dumps(known, indent=2, sort_keys=True) + "\n"
    partial = folder / f"{LIST}.new"
    partial.write_text(text, encoding="utf-8")
    partial.replace(folder / LIST)


def _listed(folder: Path) -> dict[str, str]:
    """Hashes that were written down; a damaged list says nothing."""
    try:
        stored = json.loads((folder / LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {
        name: hash_
        for name, hash_ in stored.items()
        if isinstance(name, str) and isinstance(hash_, str)
    }


def _present(folder: Path) -> Iterator[str]:
    """Files below the directory; the list, hidden ones and what is written about them left out."""
    if not folder.is_dir():
        return
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        about = path.suffix.lower() == ".md"
        if path.is_file() and not hidden and not about and str(name) not in (LIST, f"{LIST}.new"):
            yield name.as_posix()


def _hash(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _of_library() -> Iterator[tuple[str, tuple[str | None, str]]]:
    """What the standard library reads: name, (hash, library file)."""
    for path in sorted(resources.std_directory().glob("*.gfs")):
        text = path.read_text(encoding="utf-8")
        if DATA not in text:
            continue
        module = f"gfs:std/{path.stem}"
        for ref in file_refs(parse(SourceFile(module, text))[0]):
            if ref.path.value.startswith(DATA):
                yield ref.path.value.removeprefix(DATA), (written_hash(ref), module)
