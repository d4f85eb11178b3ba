"""Whether a local store could be written, found out without MLflow and before any training."""

from __future__ import annotations

import tempfile
from pathlib import Path

from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.tracking.location import StoreLocation

#: First bytes of every sqlite database (sqlite.org/fileformat.html, "the database header").
_HEADER = b"SQLite format 3\0"


def store_problem(location: StoreLocation) -> Diagnostic | None:
    """GFS505 if a local store or its artifacts cannot be written; None for other stores.

    Local are sqlite databases and folders of files (``file:``). Nothing is created. What a server
    can do is found out when it is asked: a run goes on without it and keeps its journal.
    """
    reason = None
    if location.database is not None:
        reason = _database(location.database) or _folder(location.database.parent)
    for folder in (location.folder, location.artifacts):
        if reason is None and folder is not None:
            reason = _folder(folder)
    if reason is None:
        return None
    return Diagnostic(
        code="GFS505",
        severity=Severity.ERROR,
        message=f"the tracking store cannot be written: {location.shown}",
        notes=(reason,),
        helps=(
            "make it writable, or choose another store with --tracking-uri URI",
            "--offline only keeps a journal, for gflowspec sync; --tracker none keeps nothing",
        ),
    )


def _database(path: Path) -> str | None:
    """Why an existing file cannot serve as the database; None if it can, or is yet to be made."""
    try:
        with path.open("r+b") as file:
            head = file.read(len(_HEADER))
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"the system says of {path}: {error.strerror}"
    return None if head in (b"", _HEADER) else f"{path} is not an sqlite database"


def _folder(path: Path) -> str | None:
    """Why nothing can be written in a folder that exists or is yet to be made."""
    try:
        while not path.exists():
            path = path.parent
        with tempfile.TemporaryFile(dir=path):
            return None
    except OSError as error:
        return f"the system says of {path}: {error.strerror}"
