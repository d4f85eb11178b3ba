"""From words on a command line to the runs that are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.errors import SpecInvalid
from gflowspec.runs.comparison import messages
from gflowspec.runs.comparison.rows import Row, row_of
from gflowspec.runs.sweeps.ledger import Ledger
from gflowspec.runs.sweeps.plan import SweepFolder, sweep_folders
from gflowspec.tracking.project import Project
from gflowspec.tracking.rundir import Run


def runs_of(words: Sequence[str], project: Project) -> tuple[Run, ...]:
    """The runs that words name, each run hash once: the newest finished one, else the newest.

    A word is a run (id, the start of one, a name, a directory), or a sweep (id or name), or the
    name of an experiment, which stands for all its runs.

    Raises:
        UsageError: A word names nothing (GFS602).
    """
    sweeps = sweep_folders(project)
    everything = project.runs()[::-1]  # the oldest first: groups stand in the order of their runs
    found: list[Run] = []
    for word in words:
        sweep = next((item for item in sweeps if word in (item.plan.id, item.plan.name)), None)
        if sweep is not None:
            found += _runs_of_sweep(sweep, everything)
            continue
        named = [run for run in everything if run.info.experiment == word]
        found += named or [project.find_run(word)]
    return _newest(found)


def _runs_of_sweep(folder: SweepFolder, everything: Iterable[Run]) -> list[Run]:
    """Its runs, in the order of the plan."""
    ledger = Ledger.read(folder.path)
    held = {run.info.run_id: run for run in everything}
    ids = [ledger[cell.hash].run_id for cell in folder.plan.cells]
    return [held[run_id] for run_id in ids if run_id in held]


def _newest(runs: Iterable[Run]) -> tuple[Run, ...]:
    chosen: dict[str, Run] = {}
    for run in runs:
        key = run.info.hashes.get("run", run.info.run_id)
        held = chosen.get(key)
        if held is None or _rank(run) > _rank(held):
            chosen[key] = run
    return tuple(chosen.values())


def _rank(run: Run) -> tuple[bool, float]:
    return run.info.outcome == "finished", run.info.created


def gather(
    runs: Iterable[Run], *, task: str | None = None, force: bool = False
) -> tuple[tuple[Row, ...], tuple[Diagnostic, ...]]:
    """The runs that can be compared, and what was left out.

    Args:
        runs: Those that were named.
        task: Only runs whose ``task:`` hash contains this.
        force: Compare runs of several tasks.

    Raises:
        SpecInvalid: They are of several tasks (GFS420), or none is left (GFS423).
    """
    rows = [row_of(run) for run in runs]
    named = len(rows)
    rows = [row for row in rows if task is None or task in row.hashes["task"]]
    if not rows:
        reason = f"none of {named} runs has task {task}" if named else "no run is named"
        raise SpecInvalid((messages.nothing(reason),))
    found: list[Diagnostic] = []
    lost = [row.name for row in rows if not row.finished]
    rows = [row for row in rows if row.finished]
    if lost:
        found.append(messages.unfinished(lost))
    if not rows:
        raise SpecInvalid((messages.nothing("no run finished", lost),))
    tasks = Counter(row.hashes["task"] for row in rows)
    if len(tasks) > 1:
        environments = len({row.hashes["env"] for row in rows})
        found.append(messages.mixed_tasks(tasks, environments, forced=force))
    if any(item.is_error for item in found):
        raise SpecInvalid(tuple(found))
    return tuple(rows), tuple(found)
