"""Which tracker a specification asks for, and whether its store can be used."""

from __future__ import annotations

import os
from collections.abc import Callable

from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.ir.config import Config
from gflowspec.tracking import storecheck
from gflowspec.tracking.base import Tracker, TrackingSummary
from gflowspec.tracking.location import resolve
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


def store_problem(config: Config, project: Project, uri: str | None) -> Diagnostic | None:
    """Why the local store of ``track.backend`` cannot be written; None if it can, or is remote."""
    if config.track["backend"].name == "none":
        return None
    return storecheck.store_problem(resolve(project, os.environ, uri))


def store_unreachable(summary: TrackingSummary) -> Diagnostic:
    """GFS504: records wait in the journal of the run."""
    return Diagnostic(
        "GFS504",
        Severity.WARNING,
        f"the tracking store did not take {summary.unsent:,} records",
        notes=(f"the store is {summary.uri}", summary.message),
    )
