"""How a run went, in plain values; for a finished, a cached and a failed one alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from gflowspec.core.diagnostics import Diagnostic
from gflowspec.executor.sample import Drawn, draw
from gflowspec.tracking.base import TrackingSummary
from gflowspec.tracking.rundir import Run

if TYPE_CHECKING:
    from gflowspec.runs.prepared import Prepared


@attrs.frozen(kw_only=True, eq=False)
class RunReport:
    """The result of a run.

    Attributes:
        run_id: Our id; it names the run directory.
        run_name: Readable name.
        outcome: ``finished``, ``cached``, ``budget``, ``interrupted`` or ``failed``.
        sentence: The outcome in words.
        steps: Iterations done in all.
        trajectories: Trajectories trained on in all.
        seconds: Wall time of this start, evaluation included, set-up not.
        iterations_per_second: Rate of this start, evaluation excluded.
        metrics: Last value of each metric by its name in the file.
        exact: ``tv``, ``l1``, ``kl`` and ``log_z`` of the final policy; None if not enumerable.
        log_z_error: Learned or implied log Z minus the exact one; None if either is missing.
        floor: TV that a perfect sampler would show from ``floor_samples`` samples.
        floor_samples: Their number.
        tracking: The account of the tracker; None without one.
        checkpoint: The newest checkpoint.
        hashes: ``env``, ``task``, ``run``.
        directory: The run directory.
        picture: Target beside learned, if it could be drawn.
        diagnostics: Warnings, or the failure.
        prepared: The networks, trained; None if they were not needed.
    """

    run_id: str
    run_name: str
    outcome: str
    sentence: str
    steps: int
    trajectories: int
    seconds: float
    iterations_per_second: float
    metrics: Mapping[str, float | None]
    exact: Mapping[str, float | None] | None
    log_z_error: float | None = None
    floor: float | None = None
    floor_samples: int = 0
    tracking: TrackingSummary | None = None
    checkpoint: Path | None = None
    hashes: Mapping[str, str] = attrs.field(factory=dict)
    directory: Path
    picture: Path | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    prepared: Prepared | None = attrs.field(default=None, repr=False)

    def sample(self, n: int, *, seed: int = 0) -> tuple[Drawn, ...]:
        """Objects from the policy that was trained."""
        from gflowspec.runs.recall import recall  # noqa: PLC0415 - it needs this module

        prepared = self.prepared or recall(self.directory)
        return draw(prepared.experiment, n, seed=seed)

    def plain(self) -> dict[str, Any]:
        """The keys of ``run --format json``, findings aside."""
        return {
            "run_id": self.run_id,
            "run_name": self.run_name,
            "outcome": self.outcome,
            "steps": self.steps,
            "seconds": self.seconds,
            "iterations_per_second": self.iterations_per_second,
            "metrics": dict(self.metrics),
            "exact": None if self.exact is None else dict(self.exact),
            "tracking": _account(self.tracking),
            "checkpoint": None if self.checkpoint is None else str(self.checkpoint),
            "hashes": dict(self.hashes),
        }


def _account(summary: TrackingSummary | None) -> dict[str, Any] | None:
    if summary is None:
        return None
    return {
        "uri": summary.uri,
        "experiment_id": summary.experiment_id,
        "run_id": summary.mlflow_run_id,
        "unsent": summary.unsent,
    }


def cached(run: Run, prepared: Prepared) -> RunReport:
    """The report of a run that was finished before, as its directory tells it."""
    info = run.info
    picture = run.artifacts / "eval" / "target_vs_learned.png"
    summary = None
    if info.tracking_uri is not None:
        summary = TrackingSummary(
            uri=info.tracking_uri,
            experiment_id=info.mlflow_experiment_id,
            mlflow_run_id=info.mlflow_run_id,
        )
    batch = prepared.experiment.settings.train.batch
    prepared.restore(run.directory)
    return RunReport(
        run_id=info.run_id,
        run_name=info.name,
        outcome="cached",
        sentence=f"the same run was done before, as {info.run_id}; these are its results",
        steps=info.steps,
        trajectories=info.steps * batch,
        seconds=info.seconds,
        iterations_per_second=info.steps / info.seconds if info.seconds else 0.0,
        metrics=info.metrics,
        exact=info.exact,
        log_z_error=info.log_z_error,
        floor=info.floor,
        floor_samples=info.floor_samples,
        tracking=summary,
        checkpoint=run.checkpoint if run.checkpoint.is_file() else None,
        hashes=info.hashes,
        directory=run.directory,
        picture=picture if picture.is_file() else None,
        diagnostics=prepared.job.diagnostics,
        prepared=prepared,
    )


def failed(run: Run, prepared: Prepared, problem: Diagnostic, seconds: float) -> RunReport:
    """The report of a run that could not be kept, with what its directory still tells.

    Args:
        run: Its directory, as it was last written.
        prepared: What was trained.
        problem: Why it failed.
        seconds: Wall time of this start.
    """
    info = run.info
    return RunReport(
        run_id=info.run_id,
        run_name=info.name,
        outcome="failed",
        sentence=problem.message,
        steps=info.steps,
        trajectories=info.steps * prepared.experiment.settings.train.batch,
        seconds=seconds,
        iterations_per_second=info.steps / seconds if seconds else 0.0,
        metrics=info.metrics,
        exact=info.exact,
        checkpoint=run.checkpoint if run.checkpoint.is_file() else None,
        hashes=info.hashes,
        directory=run.directory,
        diagnostics=(*prepared.job.diagnostics, problem),
        prepared=prepared,
    )
