"""One call of a sweep, from its frozen plan to its report."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import attrs
from filelock import FileLock, Timeout

from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.core.errors import InternalError, SpecInvalid, UsageError
from gflowspec.runs.comparison.compare import Question, compare
from gflowspec.runs.comparison.gather import gather
from gflowspec.runs.comparison.pictures import draw
from gflowspec.runs.frozen import Frozen
from gflowspec.runs.sweeps.conduct import Conductor, Watcher
from gflowspec.runs.sweeps.ledger import BROKEN, COMPLETE, Entry, Ledger, State, standing, waiting
from gflowspec.runs.sweeps.order import Order
from gflowspec.runs.sweeps.parent import ParentTracker, parent_record
from gflowspec.runs.sweeps.plan import PlannedCell, SweepFolder, freeze
from gflowspec.runs.sweeps.pool import Pool
from gflowspec.runs.sweeps.results import best, runs_table
from gflowspec.runs.trackers import store_problem
from gflowspec.tracking.base import Status
from gflowspec.tracking.description import table_tag, write_documents
from gflowspec.tracking.project import Project, unwritable
from gflowspec.tracking.repair import Repair
from gflowspec.tracking.rundir import Run
from gflowspec.tracking.sync import Syncer


@attrs.frozen(kw_only=True)
class SweepWishes:
    """How a sweep is to be done, besides what it is.

    Attributes:
        processes: How many cells are trained at a time.
        keep_going: Whether cells are started after one has failed.
        retry_failed: Whether cells that failed or were killed in earlier calls are started again.
        only: Run hashes of the cells that are meant; None means all.
        limit: At most so many cells are started.
        tracking_uri: The store, instead of the usual one.
        offline: Journal only.
        granted: Hashes of files with functions in Python that are trusted for this time.
        should_stop: Asked all the time.
        notify: Receives lines for the user.
    """

    processes: int
    keep_going: bool = False
    retry_failed: bool = False
    only: Collection[str] | None = None
    limit: int | None = None
    tracking_uri: str | None = None
    offline: bool = False
    granted: tuple[str, ...] = ()
    should_stop: Callable[[], bool] = lambda: False
    notify: Callable[[str], None] = lambda _line: None


@attrs.frozen(kw_only=True)
class CellReport:
    """A cell after a call.

    Attributes:
        cell: What was planned.
        entry: Where it stands.
        metrics: Last values of its metrics; exact ones of the final policy included.
    """

    cell: PlannedCell
    entry: Entry
    metrics: Mapping[str, float | None]

    def plain(self) -> dict[str, Any]:
        """One of ``runs`` of ``sweep --format json``."""
        return {
            "name": self.cell.name,
            "run_id": self.entry.run_id,
            "hash": self.cell.hash,
            "status": str(self.entry.state),
            "reason": self.entry.reason,
            "point": dict(self.cell.point),
            "metrics": dict(self.metrics),
        }


@attrs.frozen(kw_only=True)
class SweepReport:
    """A sweep after a call.

    Attributes:
        folder: Its frozen plan.
        cells: Its runs, in order.
        interrupted: Whether the call was asked to end.
        unsent: Records that wait in journals.
    """

    folder: SweepFolder
    cells: tuple[CellReport, ...]
    interrupted: bool
    unsent: int

    def count(self, *states: str) -> int:
        """How many cells stand in one of these states."""
        return sum(item.entry.state in states for item in self.cells)

    @property
    def done(self) -> int:
        """Cells that have their results, whoever trained them."""
        return self.count(*COMPLETE)

    @property
    def failed(self) -> int:
        """Cells that failed or were killed."""
        return self.count(*BROKEN)

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        words = f"{self.done} of {len(self.cells)} runs are done"
        return f"{words}, {self.failed} failed" if self.failed else words


def execute_sweep(
    frozen: Frozen, wishes: SweepWishes, watcher: Watcher, project: Project
) -> SweepReport:
    """Do what is left to do of a sweep.

    Args:
        frozen: The sweep, expanded and proved.
        wishes: How.
        watcher: Sees how it goes.
        project: Where its runs are.

    Raises:
        SpecInvalid: Nothing can be written here (GFS505).
        UsageError: Another process executes the same sweep (GFS602).
    """
    config = frozen.runs[0].job.config
    problems = list(project.preflight())
    if not problems and not wishes.offline:
        problems = [p for p in [store_problem(config, project, wishes.tracking_uri)] if p]
    if problems:
        raise SpecInvalid(tuple(problems))
    try:
        folder = freeze(frozen, project)
        with FileLock(folder.path / "sweep.lock").acquire(timeout=0):
            return _Call(frozen, wishes, watcher, project, folder).go()
    except Timeout:
        raise UsageError(_busy(project, frozen)) from None
    except OSError as error:
        raise SpecInvalid((unwritable(project.sweeps_folder, error),)) from error


def _busy(project: Project, frozen: Frozen) -> Diagnostic:
    name = "" if frozen.sweep is None else frozen.sweep.name
    return Diagnostic(
        "GFS602",
        Severity.ERROR,
        f"sweep `{name}` is being executed by another process of {project.root}",
        helps=("wait for it, or end it with Ctrl-C and call it again",),
    )


@attrs.define
class _Call:
    frozen: Frozen
    wishes: SweepWishes
    watcher: Watcher
    project: Project
    folder: SweepFolder
    parent: ParentTracker | None = None

    def go(self) -> SweepReport:
        wishes, plan = self.wishes, self.folder.plan
        ledger = Ledger.read(self.folder.path)
        priors = {item.job.hashes["run"]: item.prior for item in self.frozen.runs}
        ledger.open(standing(plan, ledger, priors, retry=wishes.retry_failed))
        todo = waiting(plan, ledger.entries, wishes.only, wishes.limit)
        for cell in plan.cells:
            self.watcher.cell(cell, ledger[cell.hash])
        self._start(ledger)
        conductor = self._conductor(ledger)
        conductor.run(todo, wishes.processes)
        still = [cell for cell in todo if ledger[cell].state is State.WAITING]
        if conductor.could_not_start and len(still) == len(todo):
            message = f"no worker could be started; see {self.folder.path / 'workers'}"
            raise InternalError(message)
        report = SweepReport(
            folder=self.folder,
            cells=tuple(self._report(cell, ledger[cell.hash]) for cell in plan.cells),
            interrupted=wishes.should_stop(),
            unsent=0,
        )
        return attrs.evolve(report, unsent=self._finish(report))

    def _conductor(self, ledger: Ledger) -> Conductor:
        wishes = self.wishes
        order = Order(
            folder=str(self.folder.path),
            project=str(self.project.root),
            tracking_uri=wishes.tracking_uri,
            granted=wishes.granted,
        )

        def on_ended(cell: str) -> None:
            self._follow(ledger[cell].run_id)

        return Conductor(
            folder=self.folder,
            ledger=ledger,
            pool=Pool(order, self.folder.path / "workers"),
            watcher=self.watcher,
            should_stop=wishes.should_stop,
            on_ended=on_ended,
            close_dead=self._close_dead,
            keep_going=wishes.keep_going,
        )

    def _start(self, ledger: Ledger) -> None:
        """Open the parent run, if runs of this sweep are tracked."""
        job = self.frozen.runs[0].job
        if job.config.track["backend"].name == "none":
            return
        wishes = self.wishes
        self.parent = ParentTracker(
            self.project, wishes.tracking_uri, wishes.offline, wishes.notify
        )
        self.parent.start(parent_record(self.folder, job.config, job.source))
        for entry in ledger.entries.values():
            self._follow(entry.run_id)

    def _follow(self, run_id: str | None) -> None:
        if self.parent is not None and run_id is not None:
            self.parent.add(self.project.runs_folder / run_id)

    def _close_dead(self, cell: str) -> str | None:
        """Mark the run that a process left behind as killed."""
        same = [run for run in self.project.runs() if run.info.hashes.get("run") == cell]
        for run in same:
            if run.info.status is Status.RUNNING and not run.is_alive:
                Repair(Syncer(self.project, os.environ)).close(run)
        return same[0].info.run_id if same else None

    def _report(self, cell: PlannedCell, entry: Entry) -> CellReport:
        return CellReport(cell=cell, entry=entry, metrics=self._metrics(entry.run_id))

    def _metrics(self, run_id: str | None) -> dict[str, float | None]:
        if run_id is None:
            return {}
        try:
            info = Run.read(self.project.runs_folder / run_id).info
        except (OSError, ValueError):
            return {}
        exact = {} if info.exact is None else {f"{k}_exact": v for k, v in info.exact.items()}
        exact = {key: exact[key] for key in ("tv_exact", "kl_exact") if key in exact}
        return {**exact, **info.metrics}

    def _finish(self, report: SweepReport) -> int:
        if self.parent is None:
            return 0
        keep_sweep(report, self.parent, self.project)
        if report.done == len(report.cells):
            status = Status.FINISHED
        else:
            status = Status.FAILED if report.failed else Status.KILLED
        return self.parent.finish(status, report.sentence)


def keep_sweep(report: SweepReport, parent: ParentTracker, project: Project) -> None:
    """Keep best values, the table of all runs and pictures with the run of the sweep.

    Raises:
        OSError: The folder cannot be written.
    """
    found = best(item.metrics for item in report.cells)
    values = {f"best/{name}": value for name, value in found.items()}
    if values:
        parent.record(report.done, values)
    rows = [item.plain() for item in report.cells]
    path = "sweep/runs.json"
    written = write_documents(report.folder.path / "artifacts", {path: runs_table(rows)})
    parent.artifact(path, written[path])
    parent.tag(table_tag([path]))
    for file in _pictures(report, project):
        parent.artifact(f"sweep/{file.name}", file)


def _pictures(report: SweepReport, project: Project) -> list[Path]:
    """Curves and outcomes of what is done, where these runs can be compared."""
    places = [project.runs_folder / str(i.entry.run_id) for i in report.cells if i.entry.run_id]
    runs = [Run.read(place) for place in places if (place / "run.json").is_file()]
    try:
        rows, _ = gather(runs)
        found = compare(rows, Question())
    except SpecInvalid:
        return []  # runs of several tasks, or none that is done
    return draw(found, report.folder.path / "artifacts" / "sweep", report.folder.plan.id)
