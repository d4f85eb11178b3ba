"""``gflowspec sweep``: all runs of a sweep."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from gflowspec.cli.answer import DONE, FAILED, Answer
from gflowspec.cli.options import settings, training_flags, verb, with_training_flags
from gflowspec.cli.output import Output
from gflowspec.cli.signals import graceful
from gflowspec.cli.tables import cell as shown_value
from gflowspec.cli.tables import columns, duration
from gflowspec.cli.usage import usage
from gflowspec.core.errors import SpecInvalid, UsageError

if TYPE_CHECKING:
    from gflowspec.lang import ast
    from gflowspec.runs.frozen import Frozen
    from gflowspec.runs.sweep import Cell

#: More runs than this need ``--yes``.
UNCONFIRMED = 1_000


@click.command("sweep")
@click.argument("spec")
@settings
@training_flags
@click.option(
    "-j", "--jobs", type=click.IntRange(1), default=None, help="Runs at a time; one per core."
)
@click.option("--keep-going", is_flag=True, help="Begin further runs after one has failed.")
@click.option(
    "--only", "only", default=None, metavar="EXPR", help="Runs for which this holds, as skip when."
)
@click.option("--limit", type=click.IntRange(1), default=None, help="Begin at most N runs now.")
@click.option("--yes", is_flag=True, help="Do more than 1,000 runs without asking back.")
@verb
def sweep(
    output: Output,
    spec: str,
    settings: tuple[str, ...],
    seed: int | None,
    device: str | None,
    tracker: str | None,
    jobs: int | None,
    keep_going: bool,
    only: str | None,
    limit: int | None,
    yes: bool,
) -> Answer:
    """Do all runs of a sweep that are not done yet, one process each.

    The plan is frozen first; a second call goes on with it. Finished runs are never done again, a
    run that failed marks itself and is done anew by the next call.
    """
    from gflowspec.cli.jobs import frozen
    from gflowspec.runs import sweeping
    from gflowspec.runs.parent import parent_of
    from gflowspec.runs.sweep import Plan
    from gflowspec.tracking.project import Project

    condition = _condition(only)
    found = frozen(spec, with_training_flags(settings, seed, device, tracker), condition)
    _refuse(found, spec, only=only, yes=yes)
    project = Project.find()
    problems = project.preflight()
    if problems:
        raise SpecInvalid(problems)
    plan = Plan.of(found, project)
    output.findings(() if output.json else found.diagnostics)
    output.say(f"{plan.sweep_id}: {len(plan.cells)} runs in {plan.directory}")
    with graceful(output.say) as request:
        work = sweeping.Sweeping(
            plan=plan,
            parent=parent_of(found, plan.sweep_id, project),
            project=project,
            wishes=sweeping.SweepWishes(
                jobs=jobs or _cores(),
                keep_going=keep_going,
                limit=limit,
                on_change=_teller(output),
                should_stop=lambda: request.made,
            ),
            start=sweeping.start_process,
        )
        cells = work.carry_out()
    return _answer(plan.name, cells, request.code if request.made else None, found)


def _condition(text: str | None) -> ast.Expr | None:
    from gflowspec.lang.syntax.parser import parse_expression

    if text is None:
        return None
    parsed, found = parse_expression(text)
    if parsed is None:
        raise UsageError(found[0])
    return parsed


def _refuse(found: Frozen, spec: str, *, only: str | None, yes: bool) -> None:
    if found.sweep is None:
        message = f"`{spec}` is an experiment, not a sweep"
        helps = (f"do it with `gflowspec run {spec}`",)
        raise UsageError(usage("GFS600", message, helps=helps))
    if not any(item.wanted for item in found.runs):
        raise UsageError(usage("GFS600", f"no run of the sweep satisfies `{only}`"))
    count = sum(item.wanted for item in found.runs)
    if count > UNCONFIRMED and not yes:
        message = f"the sweep has {count:,} runs"
        raise UsageError(
            usage("GFS600", message, helps=("say `--yes`, or take some with `--only`",))
        )


def _cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _teller(output: Output) -> Callable[[Cell, Sequence[Cell]], None]:
    """Says what became of a run."""

    def tell(cell: Cell, cells: Sequence[Cell]) -> None:
        from gflowspec.runs.sweep import DONE as DONE_STATES
        from gflowspec.runs.sweep import State

        output.event({"event": "run", **cell.plain()})
        if cell.state is State.RUNNING:
            return
        done = sum(item.state in DONE_STATES for item in cells)
        distance = cell.metrics.get("tv_exact")
        parts = [f"[{done}/{len(cells)}]", str(cell.state), cell.name]
        parts += [f"exact TV {shown_value(distance)}"] if distance is not None else []
        parts += [duration(cell.seconds)] if cell.seconds else []
        parts += [cell.reason] if cell.reason else []
        output.say("  ".join(parts))

    return tell


def _answer(name: str, cells: Sequence[Cell], ended: int | None, found: Frozen) -> Answer:
    from gflowspec.runs.sweep import State, summary

    counts = {state: sum(item.state is state for item in cells) for state in State}
    failed = counts[State.FAILED]
    payload = {
        "sweep": name,
        "total": len(cells),
        "done": counts[State.FINISHED] + counts[State.CACHED],
        "cached": counts[State.CACHED],
        "failed": failed,
        "runs": [cell.plain() for cell in cells],
    }
    code = ended if ended is not None else (FAILED if failed else DONE)
    return Answer(
        payload=payload,
        text=f"{_table(cells)}\n\n{summary(cells)[1]}",
        diagnostics=found.diagnostics,
        code=code,
    )


def _table(cells: Sequence[Cell]) -> str:
    paths = list(dict.fromkeys(path for cell in cells for path in cell.point))
    rows = [
        [*(cell.point.get(path, "") for path in paths), str(cell.state), *_results(cell)]
        for cell in cells
    ]
    return columns(rows, (*paths, "status", "exact TV", "run id"))


def _results(cell: Cell) -> list[str]:
    distance = cell.metrics.get("tv_exact")
    return ["" if distance is None else shown_value(distance), cell.run_id or ""]
