"""``gflowspec sweep``: train all runs of a sweep, each once."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
import click

from gflowspec.cli.answer import DONE, FAILED, Answer
from gflowspec.cli.options import settings, training_flags, trusting, verb, with_training_flags
from gflowspec.cli.output import Output
from gflowspec.cli.signals import graceful
from gflowspec.cli.sweep_screen import sweep_screen
from gflowspec.cli.tables import columns
from gflowspec.cli.usage import usage
from gflowspec.core.errors import SpecInvalid, UsageError

if TYPE_CHECKING:
    from gflowspec.lang.spec import Spec
    from gflowspec.runs.frozen import Frozen
    from gflowspec.runs.sweeps.execute import SweepReport

_FLAGS = (
    click.option(
        "-j", "processes", type=click.IntRange(min=1), default=None, metavar="N",
        help="Train N runs at a time, each on one thread; one for each core if left out.",
    ),
    click.option(
        "--keep-going", is_flag=True, help="Start further runs although one has failed."
    ),
    click.option(
        "--retry-failed", is_flag=True,
        help="Start runs again that failed or were killed in an earlier call.",
    ),
    click.option(
        "--only", default=None, metavar="EXPR",
        help="Only runs for which this holds, such as 'objective is tb and train.seed <= 2'.",
    ),
    click.option(
        "--limit", type=click.IntRange(min=1), default=None, metavar="N",
        help="Start at most N runs in this call.",
    ),
    click.option("--yes", is_flag=True, help="Confirm a sweep of more than 1,000 runs."),
    click.option("--tracking-uri", default=None, metavar="URI", help="The store to deliver to."),
    click.option("--offline", is_flag=True, help="Journal only; gflowspec sync delivers later."),
    click.option(
        "--allow-unproved", is_flag=True,
        help="Train although obligations were only sampled.",
    ),
)  # fmt: skip


@attrs.frozen(kw_only=True)
class SweepFlags:
    """What the flags of this verb say."""

    processes: int | None
    keep_going: bool
    retry_failed: bool
    only: str | None
    limit: int | None
    yes: bool
    tracking_uri: str | None
    offline: bool
    allow_unproved: bool
    granted: tuple[str, ...]


def _flags(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_FLAGS):
        function = option(function)
    return trusting(function)


@click.command("sweep")
@click.argument("spec")
@settings
@training_flags
@_flags
@verb
def sweep(
    output: Output,
    spec: str,
    settings: tuple[str, ...],
    seed: int | None,
    device: str | None,
    tracker: str | None,
    **flags: Any,
) -> Answer:
    """Train all runs of a sweep: SPEC is file.gfs:name, or a file with one sweep.

    The plan is frozen first; a second call goes on where the first one ended. Finished runs are
    never repeated, those in flight when it ended are resumed from their checkpoints.
    """
    from gflowspec.cli.jobs import frozen_sweep

    asked = SweepFlags(**flags)
    overrides = with_training_flags(settings, seed, device, tracker)
    loaded, frozen = frozen_sweep(spec, overrides)
    _demand(frozen, asked)
    only = None if asked.only is None else _selected(loaded, frozen, asked.only)
    output.findings(() if output.json else frozen.diagnostics)
    return _execute(output, frozen, asked, only)


def _execute(
    output: Output, frozen: Frozen, asked: SweepFlags, only: frozenset[str] | None
) -> Answer:
    from gflowspec.runs.sweeps.execute import SweepWishes, execute_sweep
    from gflowspec.tracking.project import Project

    shown = sweep_screen(output)
    with graceful(output.say) as request:
        wishes = SweepWishes(
            processes=asked.processes or _cores(),
            keep_going=asked.keep_going,
            retry_failed=asked.retry_failed,
            only=only,
            limit=asked.limit,
            tracking_uri=asked.tracking_uri,
            offline=asked.offline,
            granted=asked.granted,
            should_stop=lambda: request.made,
            notify=output.say,
        )
        try:
            report = execute_sweep(frozen, wishes, shown, Project.find())
        finally:
            shown.close()
    failed = FAILED if report.failed else DONE
    return Answer(
        payload=payload(report),
        text=table(report),
        diagnostics=frozen.diagnostics if output.json else (),
        code=request.code if request.made else failed,
        with_diagnostics=True,
    )


def payload(report: SweepReport) -> dict[str, Any]:
    """The keys of ``sweep --format json``, findings aside."""
    from gflowspec.runs.sweeps.ledger import State

    return {
        "sweep": report.folder.plan.name,
        "id": report.folder.plan.id,
        "total": len(report.cells),
        "done": report.done,
        "cached": report.count(State.CACHED),
        "failed": report.failed,
        "runs": [item.plain() for item in report.cells],
    }


def table(report: SweepReport) -> str:
    """What stands at the end of a sweep: its runs, and what to do next."""
    paths = list(dict.fromkeys(path for item in report.cells for path in item.cell.point))
    names = list(dict.fromkeys(name for item in report.cells for name in item.metrics))[:4]
    rows = [
        [
            *(item.cell.point.get(path, "") for path in paths),
            str(item.entry.state),
            *(item.metrics.get(name) for name in names),
            item.entry.run_id,
        ]
        for item in report.cells
    ]
    lines = [columns(rows, (*paths, "status", *names, "run id")), "", report.sentence]
    lines += [
        f"{item.cell.name}: {item.entry.reason}"
        for item in report.cells
        if item.entry.state in {"failed", "killed"}
    ]
    if report.unsent:
        lines.append(f"{report.unsent:,} records unsent; run: gflowspec sync")
    if report.done < len(report.cells):
        again = "--retry-failed starts failed ones again" if report.failed else "it goes on then"
        lines.append(f"call the sweep again to do the rest; {again}")
    else:
        lines.append(f"compare them: gflowspec compare {report.folder.plan.id}")
    return "\n".join(lines)


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _demand(frozen: Frozen, asked: SweepFlags) -> None:
    """Refuse a sweep with unproved obligations, and a large one that was not confirmed."""
    from gflowspec.cli.run import demand_proofs
    from gflowspec.compiler.elaborate.sweep import UNCONFIRMED_RUNS

    if len(frozen.runs) > UNCONFIRMED_RUNS and not asked.yes:
        message = f"the sweep has {len(frozen.runs):,} runs, more than {UNCONFIRMED_RUNS:,}"
        raise UsageError(usage("GFS600", message, helps=["confirm it: --yes"]))
    for item in {id(run.job.checked.report): run for run in frozen.runs}.values():
        demand_proofs(item.job, allow_unproved=asked.allow_unproved)


def _selected(loaded: Spec, frozen: Frozen, text: str) -> frozenset[str]:
    """Run hashes of the cells for which the condition holds."""
    from gflowspec.compiler.elaborate.selection import select
    from gflowspec.lang.syntax.parser import parse_expression

    condition, problems = parse_expression(text)
    if condition is None:
        message = f"--only does not parse: {problems[0].message}"
        helps = ["write a condition, as `skip when` has it: 'train.seed <= 2'"]
        raise UsageError(usage("GFS600", message, helps=helps))
    holds, found = select(loaded, condition, [run.job.config for run in frozen.runs])
    if any(item.is_error for item in found):
        raise SpecInvalid(found)
    runs = zip(frozen.runs, holds, strict=True)
    chosen = frozenset(run.job.hashes["run"] for run, is_meant in runs if is_meant)
    if not chosen:
        raise UsageError(usage("GFS600", f"--only {text!r} leaves no run of the sweep"))
    return chosen
