"""What is kept of a run as files: before training the specification, after it the results."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.core.errors import TooManyStates
from gflowspec.executor.result import Outcome, RunResult
from gflowspec.executor.sample import draw
from gflowspec.pages.curves import Points, training_curves
from gflowspec.runs.documents import SPEC_FOLDER, documents, keep_sources
from gflowspec.runs.job import Job
from gflowspec.runs.pictures import draw_density
from gflowspec.runs.prepared import Prepared
from gflowspec.runs.report import RunReport
from gflowspec.runs.states import draw_state_graph
from gflowspec.tracking import atomic, description
from gflowspec.tracking.base import Tracker
from gflowspec.tracking.rundir import Run

SAMPLES = 100
PICTURE = "eval/target_vs_learned.png"
CURVES = "eval/training_curves.svg"


def keep_before(job: Job, run: Run, tracker: Tracker) -> None:
    """Keep the specification in all its stages, and the state graph at scope.

    Raises:
        OSError: The run directory cannot be written.
    """
    keep_sources(job, run.directory / SPEC_FOLDER)
    for path, file in description.write_documents(run.artifacts, documents(job)).items():
        tracker.artifact(path, file)
    with contextlib.suppress(TooManyStates):
        path = "spec/state_graph.svg"
        draw_state_graph(job.checked.small, run.artifacts / path)
        tracker.artifact(path, run.artifacts / path)


def keep_report(
    prepared: Prepared, run: Run, result: RunResult, tracker: Tracker, series: Mapping[str, Points]
) -> RunReport:
    """Keep samples and pictures, and put everything into words.

    Args:
        prepared: What was trained.
        run: Its directory.
        result: How the training ended.
        tracker: Where files are kept as well.
        series: Metrics by step, for the curves.

    Raises:
        OSError: The run directory cannot be written.
    """
    exact = result.exact
    picture = None
    if result.outcome is not Outcome.INTERRUPTED and series:
        _keep_curves(run, result, tracker, series)
    if result.outcome in {Outcome.FINISHED, Outcome.BUDGET}:
        _keep_samples(prepared, run, tracker)
        if exact is not None:
            picture = draw_density(prepared, run.artifacts / PICTURE, run.info.name)
            tracker.artifact(PICTURE, picture)
    sentence = result.outcome.value
    if result.detail:
        sentence = f"{sentence}: {result.detail}"
    return RunReport(
        run_id=run.info.run_id,
        run_name=run.info.name,
        outcome=result.outcome.word,
        sentence=sentence,
        steps=result.steps,
        trajectories=result.trajectories,
        seconds=result.seconds,
        iterations_per_second=result.iterations_per_second,
        metrics=dict(result.metrics),
        exact=None if exact is None else exact.plain(),
        log_z_error=None if exact is None else exact.log_z_error,
        floor=None if exact is None else exact.floor,
        floor_samples=0 if exact is None else exact.floor_samples,
        checkpoint=result.checkpoint,
        hashes=dict(run.info.hashes),
        directory=run.directory,
        picture=picture,
        diagnostics=(*prepared.job.diagnostics, *_failures(result)),
        prepared=prepared,
    )


def _keep_curves(
    run: Run, result: RunResult, tracker: Tracker, series: Mapping[str, Points]
) -> None:
    references = {} if result.exact is None else {"train/log_z": result.exact.log_z}
    with contextlib.suppress(ValueError):  # no metric has a finite value
        text = training_curves(series, run.info.name, references)
        path = run.artifacts / CURVES
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(path, text.encode())
        tracker.artifact(CURVES, path)


def _keep_samples(prepared: Prepared, run: Run, tracker: Tracker) -> None:
    drawn = draw(prepared.experiment, SAMPLES, seed=0)
    rows = [(item.object, item.log_reward, item.log_pf, item.log_pb) for item in drawn]
    path = "eval/samples.json"
    written = description.write_documents(run.artifacts, {path: description.samples_table(rows)})
    tracker.artifact(path, written[path])
    tracker.tag(description.table_tag([path]))


def _failures(result: RunResult) -> tuple[Diagnostic, ...]:
    if result.outcome is not Outcome.FAILED or result.findings:
        return result.findings
    notes = [] if result.failed_batch is None else [f"the batch is kept: {result.failed_batch}"]
    helps = ("lower train.optimizer.lr, or set clip_norm of the optimiser",)
    message = result.detail or result.outcome.value
    return (Diagnostic("GFS501", Severity.ERROR, message, notes=tuple(notes), helps=helps),)
