"""From a run directory back to its trained networks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.core.errors import CheckpointMismatch, SpecInvalid, UsageError
from gflowspec.runs.kept import kept_job, unusable
from gflowspec.runs.prepared import Prepared, prepare
from gflowspec.tracking.rundir import Run


def recall(directory: Path, granted: Iterable[str] = ()) -> Prepared:
    """The experiment of a run as it was run, with the weights of its newest checkpoint.

    Args:
        directory: The run directory.
        granted: Hashes of files with functions in Python that are trusted for this time.

    Raises:
        UsageError: The run left no checkpoint (GFS602).
        SpecInvalid: Its specification or its checkpoint (GFS502) is no longer understood by this
            version.
    """
    run = Run.read(directory)
    if not run.checkpoint.is_file():
        helps = (f"resume it: gflowspec resume {run.info.run_id}",)
        raise UsageError(
            Diagnostic(
                "GFS602",
                Severity.ERROR,
                f"run {run.info.run_id} has no checkpoint yet",
                helps=helps,
            )
        )
    prepared = prepare(kept_job(run), granted=granted)
    try:
        prepared.restore(run.directory)
    except CheckpointMismatch as error:
        raise SpecInvalid((unusable(run, error),)) from error
    return prepared
