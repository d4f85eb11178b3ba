"""Which tracker a specification asks for, and whether its store can be used."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from gflowspec.ir.config import Config
from gflowspec.tracking.base import Tracker
from gflowspec.tracking.location import StoreLocation, resolve
from gflowspec.tracking.null import NullTracker
from gflowspec.tracking.project import Project
from gflowspec.tracking.tracker import MlflowTracker


def default_tracker(
    config: Config,
    project: Project,
    *,
    uri: str | None,
    offline: bool,
    notify: Callable[[str], None],
) -> Tracker:
    """The tracker of ``track.backend``."""
    if config.track["backend"].name == "none":
        return NullTracker()
    location = resolve(project, os.environ, uri)
    return MlflowTracker(location, offline=offline, notify=notify)


def store_problems(config: Config, project: Project, uri: str | None) -> Iterator[str]:
    """Why the store cannot be written, one line each; said before training starts.

    The run goes on without it: everything is journaled, and ``gflowspec sync`` delivers it later.
    """
    if config.track["backend"].name == "none":
        return
    location = resolve(project, os.environ, uri)
    reason = _unwritable(location)
    if reason is not None:
        yield (
            f"tracking: the store {location.shown} cannot be written: {reason}; "
            "records wait in the run directory, deliver them with: gflowspec sync"
        )


def _unwritable(location: StoreLocation) -> str | None:
    database = location.database
    if database is None:
        return None
    if database.exists():
        if not database.is_file():
            return f"{database} is no file"
        return None if os.access(database, os.W_OK) else "no permission to write the file"
    folder = database.parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        return f"{folder} is no folder"
    return None if os.access(folder, os.W_OK) else f"no permission to write in {folder}"
