"""From a run directory back to its specification and its trained networks."""

from __future__ import annotations

from pathlib import Path

from gflowspec.compiler.front import check_experiment
from gflowspec.components.discover import vocabulary
from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.core.errors import SpecInvalid, UsageError
from gflowspec.lang.spec import load
from gflowspec.runs.job import Job
from gflowspec.runs.keepsakes import SPEC_FOLDER
from gflowspec.runs.prepared import Prepared, prepare
from gflowspec.tracking.description import json_value
from gflowspec.tracking.rundir import Run


def recall(directory: Path) -> Prepared:
    """The experiment of a run as it was run, with the weights of its newest checkpoint.

    Raises:
        UsageError: The run left no checkpoint (GFS602).
        SpecInvalid: Its specification is no longer understood by this version.
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
    prepared = prepare(kept_job(run))
    prepared.restore(run.directory)
    return prepared


def kept_job(run: Run) -> Job:
    """The specification that the run directory kept, checked again.

    Raises:
        SpecInvalid: This version of GFlowSpec refuses it.
    """
    root = next(iter(run.info.sources), "")
    return read_job(run.directory / SPEC_FOLDER / root, run)


def current_job(run: Run) -> Job:
    """The specification file as it is now; what the run kept if the file is gone.

    Raises:
        SpecInvalid: It has errors.
    """
    path = Path(run.info.spec_path)
    if not run.info.spec_path or not path.is_file():
        return kept_job(run)
    return read_job(path, run)


def read_job(path: Path, run: Run) -> Job:
    """A file, with the overrides and the experiment of a run."""
    overrides = tuple(run.info.overrides)
    spec, found = load(str(path), overrides, vocabulary())
    if spec is None or any(item.is_error for item in found):
        raise SpecInvalid(found)
    checked, more = check_experiment(spec, run.info.experiment)
    if checked is None or any(item.is_error for item in more):
        raise SpecInvalid((*found, *more))
    return Job.of(
        spec,
        checked,
        spec_path=run.info.spec_path,
        overrides=overrides,
        diagnostics=(*found, *more),
    )


def changes(run: Run, job: Job) -> tuple[str, ...]:
    """Settings that differ between a run and a job, one line each."""
    before = {path: item["value"] for path, item in run.info.settings.items()}
    now = {path: json_value(item.value) for path, item in job.config.settings.items()}
    lines = [
        f"{path}: {before.get(path, 'not set')} -> {now.get(path, 'not set')}"
        for path in sorted({*before, *now})
        if before.get(path) != now.get(path)
    ]
    if run.info.hashes.get("task") != job.hashes["task"]:
        lines.insert(0, "the environment or the reward reads differently")
    return tuple(lines)


def mismatch(run: Run, job: Job) -> Diagnostic:
    """GFS502: the specification was changed since the run began."""
    return Diagnostic(
        "GFS502",
        Severity.ERROR,
        f"the specification is no longer that of run {run.info.run_id}",
        notes=(
            f"the run has {run.info.hashes['run']}, now it is {job.hashes['run']}",
            *changes(run, job),
        ),
        helps=(f"train the changed one: gflowspec resume {run.info.run_id} --new-run",),
    )
