"""``gflowspec run`` and ``resume``: train, evaluate, track."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import attrs
import click

from gflowspec.cli.answer import DONE, FAILED, Answer
from gflowspec.cli.options import settings, training_flags, trusting, verb, with_training_flags
from gflowspec.cli.output import Output
from gflowspec.cli.progress import screen
from gflowspec.cli.signals import Request, graceful
from gflowspec.cli.tables import pairs
from gflowspec.core.errors import SpecInvalid

if TYPE_CHECKING:
    from gflowspec.core.diagnostics import Diagnostic
    from gflowspec.runs.job import Job
    from gflowspec.runs.prepared import Prepared
    from gflowspec.runs.report import RunReport
    from gflowspec.runs.start import Wishes

_TRACKING = (
    click.option("--tracking-uri", default=None, metavar="URI", help="The store to deliver to."),
    click.option("--offline", is_flag=True, help="Journal only; gflowspec sync delivers later."),
    click.option(
        "--strict-tracking", is_flag=True, help="Records that were not delivered are an error."
    ),
    click.option(
        "--allow-unproved",
        is_flag=True,
        help="Train although obligations were only sampled; the run says so.",
    ),
)


@attrs.frozen(kw_only=True)
class TrackingFlags:
    """What the tracking flags say."""

    tracking_uri: str | None
    offline: bool
    strict_tracking: bool
    allow_unproved: bool
    granted: tuple[str, ...] = ()


def _tracking(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_TRACKING):
        function = option(function)
    return trusting(function)


@click.command("run")
@click.argument("spec")
@settings
@training_flags
@click.option(
    "--resume",
    "resume_",
    type=click.Choice(["auto", "never"]),
    default="auto",
    help="auto: continue an unfinished run of the same hash, report a finished one.",
)
@_tracking
@verb
def run(
    output: Output,
    spec: str,
    settings: tuple[str, ...],
    seed: int | None,
    device: str | None,
    tracker: str | None,
    resume_: Literal["auto", "never"],
    tracking_uri: str | None,
    offline: bool,
    strict_tracking: bool,
    allow_unproved: bool,
    granted: tuple[str, ...],
) -> Answer:
    """Train an experiment, evaluate it, and keep it as a run of this project."""
    from gflowspec.cli.jobs import job_of
    from gflowspec.runs.start import execute

    flags = TrackingFlags(
        tracking_uri=tracking_uri,
        offline=offline,
        strict_tracking=strict_tracking,
        allow_unproved=allow_unproved,
        granted=granted,
    )
    job = job_of(spec, with_training_flags(settings, seed, device, tracker))

    def go(prepared: Prepared, wishes: Wishes) -> RunReport:
        return execute(prepared, attrs.evolve(wishes, resume=resume_))

    return _train(output, job, flags, go)


@click.command("resume")
@click.argument("run", metavar="RUN")
@click.option("--new-run", is_flag=True, help="Start a new run of the specification as it is now.")
@_tracking
@verb
def resume(
    output: Output,
    run: str,
    new_run: bool,
    tracking_uri: str | None,
    offline: bool,
    strict_tracking: bool,
    allow_unproved: bool,
    granted: tuple[str, ...],
) -> Answer:
    """Continue a run exactly where its checkpoint left it."""
    from gflowspec.runs import kept
    from gflowspec.tracking.project import Project

    flags = TrackingFlags(
        tracking_uri=tracking_uri,
        offline=offline,
        strict_tracking=strict_tracking,
        allow_unproved=allow_unproved,
        granted=granted,
    )
    found = Project.find().find_run(run)
    job = kept.current_job(found)
    if not new_run and job.hashes["run"] != found.info.hashes["run"]:
        raise SpecInvalid((kept.mismatch(found, job),))
    # torch is loaded from here on
    from gflowspec.runs import start
    from gflowspec.runs.report import cached

    def go(prepared: Prepared, wishes: Wishes) -> RunReport:
        if new_run:
            return start.execute(prepared, wishes)
        if found.info.outcome == "finished":
            return cached(found, prepared)
        return start.resume(prepared, found, wishes)

    return _train(output, job, flags, go)


def _train(
    output: Output,
    job: Job,
    flags: TrackingFlags,
    go: Callable[[Prepared, Wishes], RunReport],
) -> Answer:
    from gflowspec.runs.prepared import prepare
    from gflowspec.runs.start import Wishes

    demand_proofs(job, allow_unproved=flags.allow_unproved)
    _use_one_thread()
    output.findings(() if output.json else job.diagnostics)
    output.say(_preface(job))
    shown = screen(output)
    with graceful(output.say) as request:
        try:
            wishes = Wishes(
                tracking_uri=flags.tracking_uri,
                offline=flags.offline,
                on_event=shown.show,
                should_stop=lambda: request.made,
                notify=output.say,
            )
            report = go(prepare(job, granted=flags.granted), wishes)
        finally:
            shown.close()
    return _answer(output, report, request, strict=flags.strict_tracking)


def _preface(job: Job) -> str:
    """One line that stands while libraries load."""
    counts = Counter(found["strength"] for found in job.checked.obligations.values())
    proofs = ", ".join(f"{count} {strength}" for strength, count in counts.items())
    states = job.checked.report.counts.states
    size = "" if states is None else f"{states:,} states; "
    return f"{job.name}: {size}{proofs}; building ..."


def _use_one_thread() -> None:
    """Networks of this size are fastest on one thread, and results do not depend on the machine.

    More threads wait for each other, and for whatever else runs: ten times slower on two busy
    cores. ``OMP_NUM_THREADS`` asks for another number.
    """
    import torch

    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)


def demand_proofs(job: Job, *, allow_unproved: bool) -> None:
    """Refuse a job with obligations that nothing established.

    Raises:
        SpecInvalid: GFS350 for each.
    """
    from gflowspec.compiler.report import Strength, below

    minimum = Strength.SAMPLED if allow_unproved else Strength.SCOPE
    missing = below(job.checked.report, job.checked.instance.environment.span, minimum)
    if missing:
        raise SpecInvalid((*job.diagnostics, *missing))


def _answer(output: Output, report: RunReport, request: Request, *, strict: bool) -> Answer:
    code = {"interrupted": request.code, "failed": FAILED}.get(report.outcome, DONE)
    unsent = 0 if report.tracking is None else report.tracking.unsent
    if code == DONE and strict and unsent:
        code = FAILED
    return Answer(
        payload=report.plain(),
        text=table(report),
        # Warnings were shown before training; they are part of the answer in JSON only.
        diagnostics=report.diagnostics if output.json else _errors(report),
        code=code,
        with_diagnostics=True,
    )


def _errors(report: RunReport) -> list[Diagnostic]:
    return [item for item in report.diagnostics if item.is_error]


def table(report: RunReport) -> str:
    """The table at the end of a run."""
    exact = report.exact or {}
    rows: dict[str, Any] = {"outcome": f"{report.outcome}: {report.sentence}"}
    if report.exact is not None:
        rows["exact TV"] = exact["tv"]
        rows["exact KL"] = exact["kl"]
        rows["exact log Z"] = exact["log_z"]
    if report.log_z_error is not None:
        rows["log Z error"] = report.log_z_error
    if report.floor is not None:
        samples = f"TV of a perfect sampler over {report.floor_samples:,} samples"
        rows["floor"] = f"{report.floor:.4g}   ({samples})"
    said = {"tv_exact", "kl_exact", "logz_error"} if exact else {}
    rows |= {name: value for name, value in report.metrics.items() if name not in said}
    rows |= {
        "iterations": report.steps,
        "trajectories": report.trajectories,
        "seconds": round(report.seconds, 1),
        "iterations/s": round(report.iterations_per_second),
        "run": report.run_name,
        "run id": report.run_id,
    }
    if report.picture is not None:
        rows["picture"] = str(report.picture)
    if report.outcome in {"interrupted", "budget"}:
        rows["resume it"] = f"gflowspec resume {report.run_id}"
    if report.tracking is not None and report.tracking.message:
        rows["tracking"] = report.tracking.message
    if report.tracking is not None:
        rows["open it"] = "gflowspec ui"
    return pairs(rows)
