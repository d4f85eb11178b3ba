"""From a run directory back to its specification; nothing here needs torch."""

from __future__ import annotations

from pathlib import Path

from gflowspec.compiler.front import check_experiment, demanded
from gflowspec.compiler.meaning import parts_of
from gflowspec.components.discover import vocabulary
from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.core.errors import CheckpointMismatch, SpecInvalid
from gflowspec.ir.diff import Part, changes
from gflowspec.lang.spec import load
from gflowspec.runs.documents import SPEC_FOLDER
from gflowspec.runs.job import Job
from gflowspec.tracking.description import json_value
from gflowspec.tracking.rundir import Run


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
        raise SpecInvalid(demanded((*found, *more)))
    return Job.of(
        spec,
        checked,
        spec_path=run.info.spec_path,
        overrides=overrides,
        diagnostics=(*found, *more),
    )


def changed(run: Run, job: Job) -> tuple[str, ...]:
    """What differs in meaning between a run and a job, one line each."""
    try:
        kept = kept_job(run)
    except SpecInvalid:
        return ("this version of GFlowSpec refuses the specification of the run",)
    return tuple(
        f"{change.path}: {_shown(change.before)} -> {_shown(change.after)}"
        for change in changes(parts_of(kept.checked), parts_of(job.checked))
    )


def _shown(part: Part | None) -> str:
    return "not set" if part is None else str(json_value(part.value))


def unusable(run: Run, reason: CheckpointMismatch) -> Diagnostic:
    """GFS502: there is a checkpoint, and it cannot be read."""
    return Diagnostic(
        "GFS502",
        Severity.ERROR,
        f"the checkpoint of run {run.info.run_id} cannot be used",
        notes=(str(reason),),
        helps=(f"train anew and keep the old run: gflowspec resume {run.info.run_id} --new-run",),
    )


def mismatch(run: Run, job: Job) -> Diagnostic:
    """GFS502: the specification was changed since the run began."""
    return Diagnostic(
        "GFS502",
        Severity.ERROR,
        f"the specification is no longer that of run {run.info.run_id}",
        notes=(
            f"the run has {run.info.hashes['run']}, now it is {job.hashes['run']}",
            *changed(run, job),
        ),
        helps=(f"train the changed one: gflowspec resume {run.info.run_id} --new-run",),
    )
