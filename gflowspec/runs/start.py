"""One run from its directory to its outcome: the only place that knows trainer and tracker."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import version
from typing import Literal

import attrs

from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.core.errors import CheckpointMismatch, SpecInvalid, UsageError
from gflowspec.executor import checkpoint, events
from gflowspec.executor.memory import exhausted
from gflowspec.executor.result import Outcome, RunResult
from gflowspec.executor.trainer import train
from gflowspec.runs.keepsakes import keep_before, keep_report
from gflowspec.runs.kept import unusable
from gflowspec.runs.prepared import Prepared
from gflowspec.runs.prior import Work, prior
from gflowspec.runs.recorder import Recorder
from gflowspec.runs.report import RunReport, cached, failed
from gflowspec.runs.trackers import default_tracker, store_problem, store_unreachable
from gflowspec.tracking import description
from gflowspec.tracking.base import ParentRun, RunRecord, Status, Tracker
from gflowspec.tracking.process import ProcessIdentity
from gflowspec.tracking.project import Project, unwritable
from gflowspec.tracking.rundir import Run, RunInfo

#: How each outcome of training stands in the store.
STATUS = {
    Outcome.FINISHED: Status.FINISHED,
    Outcome.BUDGET: Status.FINISHED,
    Outcome.INTERRUPTED: Status.KILLED,
    Outcome.FAILED: Status.FAILED,
}


@attrs.frozen(kw_only=True)
class Membership:
    """The place of a run in a sweep.

    Attributes:
        parent: The run of the sweep.
        point: What the sweep sets for this run, with values as texts.
    """

    parent: ParentRun
    point: Mapping[str, str]

    @property
    def tags(self) -> dict[str, str]:
        """``sweep.<path>``: the page of MLflow drops parents when runs are filtered."""
        own = {f"sweep.{path}": value for path, value in self.point.items()}
        return {"gflowspec.sweep": self.parent.run_id, **own}


@attrs.frozen(kw_only=True)
class Wishes:
    """How a run is to be done, besides what it is.

    Attributes:
        resume: ``auto`` continues an unfinished run of the same hash and only reports a finished
            one; ``never`` starts afresh.
        tracking_uri: The store, instead of the usual one.
        offline: Journal only.
        membership: The sweep that the run belongs to; None for a run of its own.
        on_event: Receives what happens in training.
        should_stop: Asked after every iteration.
        notify: Receives lines for the user.
    """

    resume: Literal["auto", "never"] = "never"
    tracking_uri: str | None = None
    offline: bool = False
    membership: Membership | None = None
    on_event: Callable[[events.Event], None] = lambda _event: None
    should_stop: Callable[[], bool] = lambda: False
    notify: Callable[[str], None] = lambda _line: None


def execute(
    prepared: Prepared,
    wishes: Wishes | None = None,
    *,
    tracker: Tracker | None = None,
    project: Project | None = None,
) -> RunReport:
    """Run an experiment in a project.

    Args:
        prepared: What to train; it changes.
        wishes: How.
        tracker: Where it is recorded; None means as the specification says.
        project: None means that of the working directory.

    Raises:
        SpecInvalid: Nothing can be written here (GFS505); nothing was started.
    """
    wishes = wishes or Wishes()
    project = project or Project.find()
    job = prepared.job
    earlier = prior(project.runs(), job.hashes["run"], job.config)
    if wishes.resume == "auto" and earlier.run is not None:
        if earlier.work is Work.CACHED:
            return cached(earlier.run, prepared)
        if earlier.work is Work.RESUMABLE:
            return resume(prepared, earlier.run, wishes, tracker=tracker, project=project)
    _preflight(project, prepared, wishes, tracker)
    created = time.time()
    info = _info(prepared, project.new_run_id(job.hashes["run"], created), created)
    return _Session(prepared, project.create_run(info), wishes, project).go(tracker)


def resume(
    prepared: Prepared,
    run: Run,
    wishes: Wishes | None = None,
    *,
    tracker: Tracker | None = None,
    project: Project | None = None,
) -> RunReport:
    """Continue a run from its newest checkpoint, or from the start if it left none.

    Raises:
        SpecInvalid: Nothing can be written here (GFS505), or the checkpoint cannot be read
            (GFS502).
        UsageError: Another process of this machine still trains it (GFS602).
    """
    _refuse_second_trainer(run)
    _refuse_checkpoint(run)
    wishes = wishes or Wishes()
    project = project or Project.find()
    _preflight(project, prepared, wishes, tracker)
    process = ProcessIdentity.current().plain()
    info = attrs.evolve(run.info, status=Status.RUNNING, outcome="", ended=None, process=process)
    resumed_at = info.steps if run.checkpoint.is_file() else 0
    return _Session(prepared, run.write(info), wishes, project).go(tracker, resumed_at)


def _refuse_second_trainer(run: Run) -> None:
    """Two processes in one run directory would overwrite each other's checkpoints."""
    recorded = run.info.process
    if run.info.status is not Status.RUNNING or recorded is None:
        return
    other = ProcessIdentity.of(recorded)
    if other == ProcessIdentity.current() or other.is_alive is not True:
        return
    raise UsageError(
        Diagnostic(
            "GFS602",
            Severity.ERROR,
            f"run {run.info.run_id} is still training, in process {other.pid}",
            helps=("wait for it, or end it with Ctrl-C and resume then",),
        )
    )


def _refuse_checkpoint(run: Run) -> None:
    """Before anything is written: the run stays as it is."""
    try:
        if run.checkpoint.is_file():
            checkpoint.verify(run.checkpoint)
    except CheckpointMismatch as error:
        raise SpecInvalid((unusable(run, error),)) from error


def _preflight(
    project: Project, prepared: Prepared, wishes: Wishes, tracker: Tracker | None
) -> None:
    problems = project.preflight()
    if problems:
        raise SpecInvalid(problems)
    if tracker is None:
        problem = store_problem(prepared.job.config, project, wishes.tracking_uri)
        if problem is None:
            return
        if not wishes.offline:
            raise SpecInvalid((problem,))
        # nothing is delivered now: there is time to mend the store
        wishes.notify(f"tracking: {problem.message} ({'; '.join(problem.notes)})")


def _info(prepared: Prepared, run_id: str, created: float) -> RunInfo:
    job = prepared.job
    settings = {
        path: {"value": description.json_value(item.value), "source": item.source}
        for path, item in job.config.settings.items()
    }
    return RunInfo(
        run_id=run_id,
        name=job.name,
        experiment=job.config.experiment,
        hashes=dict(job.hashes),
        created=created,
        settings=settings,
        spec_path=job.spec_path and os.path.abspath(job.spec_path),  # noqa: PTH100 - keeps links
        sources=job.sources,
        overrides=job.overrides,
        tracker=job.config.track["backend"].name,
        process=ProcessIdentity.current().plain(),
        version=version("gflowspec"),
    )


@attrs.define
class _Session:
    """A run directory while its run is being done."""

    prepared: Prepared
    run: Run
    wishes: Wishes
    project: Project

    def go(self, tracker: Tracker | None, resumed_at: int | None = None) -> RunReport:
        """Train with the tracker around it, and close both whatever happens."""
        wishes = self.wishes
        chosen = tracker or default_tracker(
            self.prepared.job.config,
            self.project,
            uri=wishes.tracking_uri,
            offline=wishes.offline,
            notify=wishes.notify,
        )
        start = self.run.checkpoint if self.run.checkpoint.is_file() else None
        recorder = Recorder.continuing(self.run.journal) if start else Recorder()
        chosen.start(self._record(resumed_at))
        began = time.monotonic()
        try:
            keep_before(self.prepared.job, self.run, chosen)
            result = self._train(chosen, start, recorder)
            report = keep_report(self.prepared, self.run, result, chosen, recorder.series)
        except OSError as error:
            # A disk that fills up in the middle: what was saved before is still good.
            with suppress(OSError):
                self._fail(chosen, error)
            full = unwritable(self.run.directory, error)
            return failed(self.run, self.prepared, full, time.monotonic() - began)
        except CheckpointMismatch as error:
            self._fail(chosen, error)
            refused = unusable(self.run, error)
            return failed(self.run, self.prepared, refused, time.monotonic() - began)
        except SpecInvalid as error:
            # A dead end that no proof excludes: the run was started without one.
            self._fail(chosen, error)
            return failed(self.run, self.prepared, error.diagnostics[0], time.monotonic() - began)
        except (MemoryError, RuntimeError) as error:
            self._fail(chosen, error)
            problem = exhausted(error)
            if problem is None:
                raise
            return failed(self.run, self.prepared, problem, time.monotonic() - began)
        except BaseException as error:
            self._fail(chosen, error)
            raise
        return self._close(chosen, result, report)

    def _record(self, resumed_at: int | None) -> RunRecord:
        info, job = self.run.info, self.prepared.job
        strengths = {name: found["strength"] for name, found in job.checked.obligations.items()}
        tags = description.tags(
            info,
            job.config,
            strengths=strengths,
            source=job.source,
            lowering=self._lowering(),
            device=str(self.prepared.experiment.device),
        )
        member = self.wishes.membership
        return RunRecord(
            run_id=info.run_id,
            name=info.name,
            experiment=description.experiment_name(job.config),
            directory=self.run.directory,
            created=info.created,
            params=description.params(job.config.settings),
            tags=tags if member is None else {**tags, **member.tags},
            resumed_at=resumed_at,
            parent=None if member is None else member.parent,
        )

    def _lowering(self) -> str:
        """How rollouts are executed; said if it is not as wished."""
        found = self.prepared.experiment.lowering
        if found.reason:
            self.wishes.notify(f"rollouts are not compiled: {found.reason}")
        return found.name

    def _train(self, tracker: Tracker, start: object, recorder: Recorder) -> RunResult:
        def record(step: int, values: Mapping[str, float]) -> None:
            recorder.record(step, values)
            tracker.record(step, values)

        def on_event(event: events.Event) -> None:
            if isinstance(event, events.Checkpointing):
                tracker.checkpoint()
            if isinstance(event, events.Checkpointed):
                name = event.path.name
                info = attrs.evolve(self.run.info, steps=event.step, checkpoint=name)
                self.run = self.run.write(info)
            self.wishes.on_event(event)

        return train(
            self.prepared.experiment,
            record=record,
            on_event=on_event,
            checkpoint_dir=self.run.directory,
            resume_from=self.run.checkpoint if start else None,
            should_stop=lambda: tracker.failure is not None or self.wishes.should_stop(),
            identity={"run_id": self.run.info.run_id, "run_hash": self.run.info.hashes["run"]},
        )

    def _fail(self, tracker: Tracker, error: BaseException) -> None:
        killed = isinstance(error, KeyboardInterrupt)
        status = Status.KILLED if killed else Status.FAILED
        sentence = f"{type(error).__name__}: {error}".rstrip(": ")
        tracker.finish(status, sentence)
        outcome = "interrupted" if killed else "failed"
        self.run.write(
            attrs.evolve(
                self.run.info, status=status, outcome=outcome, sentence=sentence, ended=time.time()
            )
        )

    def _close(self, tracker: Tracker, result: RunResult, report: RunReport) -> RunReport:
        outcome = result.outcome
        if tracker.failure is not None:
            outcome = Outcome.FAILED
            report = attrs.evolve(
                report,
                outcome=outcome.word,
                sentence=tracker.failure.message,
                diagnostics=(*report.diagnostics, tracker.failure),
            )
        status = STATUS[outcome]
        summary = tracker.finish(status, report.sentence)
        info = attrs.evolve(
            self.run.info,
            status=status,
            outcome=report.outcome,
            sentence=report.sentence,
            ended=time.time(),
            seconds=self.run.info.seconds + result.seconds,
            steps=result.steps,
            metrics=dict(report.metrics),
            exact=None if report.exact is None else dict(report.exact),
            log_z_error=report.log_z_error,
            floor=report.floor,
            floor_samples=report.floor_samples,
            tracking_uri=summary.uri,
            mlflow_experiment_id=summary.experiment_id,
            mlflow_run_id=summary.mlflow_run_id,
        )
        self.run = self.run.write(info)
        tracked = None if summary.uri is None else summary
        found = report.diagnostics
        if summary.unsent and not self.wishes.offline:
            found = (*found, store_unreachable(summary))
        return attrs.evolve(report, tracking=tracked, diagnostics=found)
