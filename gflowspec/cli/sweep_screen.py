"""Live progress of a sweep: bars in a terminal, plain lines elsewhere, JSON objects."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from gflowspec.cli.output import Output
from gflowspec.cli.progress import SHOWN
from gflowspec.cli.tables import cell as as_cell

if TYPE_CHECKING:
    from gflowspec.runs.sweeps.ledger import Entry
    from gflowspec.runs.sweeps.plan import PlannedCell

#: Seconds between two plain lines about cells that are trained.
EVERY = 15.0


class SweepScreen(Protocol):
    """Shows a sweep until it is closed; a ``Watcher``."""

    def cell(self, cell: PlannedCell, entry: Entry) -> None:
        """A cell has come to another state."""

    def progress(self, worker: int, cell: PlannedCell, event: dict[str, Any]) -> None:
        """A cell that is trained has come further."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def sweep_screen(output: Output) -> SweepScreen:
    """The screen that fits: JSON lines, nothing, live bars, or plain lines."""
    if output.json:
        return JsonLines(output)
    if output.quiet:
        return PlainLines(lambda _line: None)
    if output.color != "never" and sys.stderr.isatty():
        return LiveBars()
    return PlainLines(output.say)


@attrs.frozen
class JsonLines:
    """One object for each change."""

    output: Output

    def cell(self, cell: PlannedCell, entry: Entry) -> None:
        """Print it."""
        facts = {"name": cell.name, "hash": cell.hash, "run_id": entry.run_id}
        status = {"status": str(entry.state), "reason": entry.reason}
        self.output.event({"event": "cell", **facts, **status})

    def progress(self, worker: int, cell: PlannedCell, event: dict[str, Any]) -> None:
        """Print it."""
        figures = {key: event[key] for key in ("step", "steps", "values")}
        self.output.event({"event": "progress", "worker": worker, "name": cell.name, **figures})

    def close(self) -> None:
        """Nothing to do."""


@attrs.define
class Figures:
    """What is shown about a sweep at any moment.

    Attributes:
        states: State of each cell by its hash.
        steps: Iterations of the cell that each worker trains: done, and in all.
        values: Latest values of that cell by tracked name.
    """

    states: dict[str, str] = attrs.field(factory=dict)
    steps: dict[int, tuple[int, int]] = attrs.field(factory=dict)
    values: dict[int, dict[str, float]] = attrs.field(factory=dict)

    def add(self, worker: int, event: Mapping[str, Any]) -> None:
        """Take what a worker told."""
        _, total = self.steps.get(worker, (0, 0))
        if event["steps"] is not None and not event["values"] and event["step"] == 0:
            self.values[worker] = {}
        self.steps[worker] = (event["step"], event["steps"] or total)
        self.values.setdefault(worker, {}).update(event["values"])

    @property
    def settled(self) -> int:
        """Cells with results or with a failure."""
        settled = {"done", "cached", "failed", "killed"}
        return sum(state in settled for state in self.states.values())

    def summary(self) -> str:
        """``12/20 done  2 running  1 failed``."""
        counts = Counter(self.states.values())
        done = counts["done"] + counts["cached"]
        broken = counts["failed"] + counts["killed"]
        words = [f"{done}/{len(self.states)} done", f"{counts['running']} running"]
        return "  ".join([*words, f"{broken} failed"] if broken else words)

    def words(self, worker: int) -> str:
        """The figures of the cell of a worker."""
        values = self.values.get(worker, {})
        shown = [f"{title} {as_cell(values[key])}" for key, title in SHOWN.items() if key in values]
        return "  ".join(shown)


@attrs.define
class PlainLines:
    """A line for each cell that begins or ends, and one for those in flight now and then."""

    say: Callable[[str], None]
    figures: Figures = attrs.field(factory=Figures)
    _said: dict[int, float] = attrs.field(factory=dict)

    def cell(self, cell: PlannedCell, entry: Entry) -> None:
        """Print the change; where cells stand at the start is summed up by the first that moves."""
        state = str(entry.state)
        before = self.figures.states.get(cell.hash)
        self.figures.states[cell.hash] = state
        if before is None or before == state:
            return
        reason = f": {entry.reason}" if state in {"failed", "killed"} else ""
        self.say(f"[{self.figures.summary()}]  {state}  {cell.name}{reason}")

    def progress(self, worker: int, cell: PlannedCell, event: dict[str, Any]) -> None:
        """Print a line if it is time for one."""
        self.figures.add(worker, event)
        now = time.monotonic()
        if now - self._said.setdefault(worker, now) >= EVERY:
            self._said[worker] = now
            step, steps = self.figures.steps[worker]
            self.say(f"  {cell.name}  {step:,}/{steps:,}  {self.figures.words(worker)}")

    def close(self) -> None:
        """Nothing to do."""


@attrs.define
class LiveBars:
    """A bar for the sweep and one for each worker, drawn by rich on standard error."""

    figures: Figures = attrs.field(factory=Figures)
    _progress: Any = None
    _whole: Any = None
    _bars: dict[int, Any] = attrs.field(factory=dict)

    def cell(self, cell: PlannedCell, entry: Entry) -> None:
        """Move the bar of the sweep; what failed is printed above the bars and stays."""
        before = self.figures.states.get(cell.hash)
        state = str(entry.state)
        self.figures.states[cell.hash] = state
        self._open()
        if before == "running" and state in {"failed", "killed"}:
            self._progress.console.print(f"{state}  {cell.name}: {entry.reason}", markup=False)
        self._progress.update(
            self._whole,
            completed=self.figures.settled,
            total=len(self.figures.states),
            words=self.figures.summary(),
        )

    def progress(self, worker: int, cell: PlannedCell, event: dict[str, Any]) -> None:
        """Move the bar of a worker."""
        self._open()
        self.figures.add(worker, event)
        if worker not in self._bars:
            self._bars[worker] = self._progress.add_task("", words="")
        step, steps = self.figures.steps[worker]
        words = f"{cell.name}  {self.figures.words(worker)}"
        self._progress.update(self._bars[worker], completed=step, total=steps or None, words=words)

    def close(self) -> None:
        """Leave the last state of the bars on the screen."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _open(self) -> None:
        if self._progress is not None:
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.table import Column

        self._progress = Progress(
            BarColumn(bar_width=14),
            MofNCompleteColumn(),
            TextColumn("{task.fields[words]}", table_column=Column(no_wrap=True)),
            console=Console(file=sys.stderr),
            refresh_per_second=8,
        )
        self._progress.start()
        self._whole = self._progress.add_task("", words="")
