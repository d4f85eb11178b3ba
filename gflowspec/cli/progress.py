"""Live progress of training: a moving line in a terminal, plain lines elsewhere, JSON objects."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from gflowspec.cli.output import Output
from gflowspec.cli.tables import cell, duration

if TYPE_CHECKING:
    from gflowspec.executor.events import Event

#: Seconds between two plain lines.
EVERY = 5.0


class Screen(Protocol):
    """Shows events until it is closed."""

    def show(self, event: Event) -> None:
        """Take notice of an event."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def screen(output: Output) -> Screen:
    """The screen that fits: JSON lines, nothing, a live line, or plain lines."""
    if output.json:
        return JsonLines(output)
    if output.quiet:
        return Silent()
    if output.color != "never" and sys.stderr.isatty():
        return LiveLine()
    return PlainLines(output.say)


@attrs.frozen
class Silent:
    """Shows nothing."""

    def show(self, event: Event) -> None:
        """Ignore it."""

    def close(self) -> None:
        """Nothing to do."""


@attrs.frozen
class JsonLines:
    """One object for each event."""

    output: Output

    def show(self, event: Event) -> None:
        """Print it."""
        found = plain_event(event)
        if found is not None:
            self.output.event(found)

    def close(self) -> None:
        """Nothing to do."""


def plain_event(event: Event) -> dict[str, Any] | None:
    """An event as JSON; None for the end, which the answer tells."""
    from gflowspec.executor import events

    match event:
        case events.Started(step=step, steps=steps, batch=batch):
            return {"event": "started", "step": step, "steps": steps, "batch": batch}
        case events.Progress():
            return {"event": "progress", **attrs.asdict(event)}
        case events.Evaluated():
            return {"event": "evaluated", **attrs.asdict(event)}
        case events.Checkpointed(step=step, path=path):
            return {"event": "checkpoint", "step": step, "path": str(path)}
    return None


@attrs.define
class Figures:
    """What is shown about a training at any moment.

    Attributes:
        step: Iterations done.
        steps: Iterations of the whole run.
        rate: Iterations a second.
        values: Latest values by tracked name.
    """

    step: int = 0
    steps: int = 0
    rate: float = 0.0
    values: dict[str, float] = attrs.field(factory=dict)

    def add(self, event: Event) -> None:
        """Take the numbers of an event."""
        from gflowspec.executor import events

        match event:
            case events.Started(step=step, steps=steps):
                self.step, self.steps = step, steps
            case events.Progress(step=step, iterations_per_second=rate, values=values):
                self.step, self.rate = step, rate
                self.values.update(values)
            case events.Evaluated(step=step, values=values):
                self.step = step
                self.values.update(values)

    @property
    def remaining(self) -> float | None:
        """Seconds to the end at the present rate; None before it is known."""
        return (self.steps - self.step) / self.rate if self.rate > 0 else None

    def words(self) -> str:
        """``213 it/s  ETA 0:12  exact TV 0.034  loss 0.012  log Z 3.21``."""
        parts = [f"{self.rate:,.0f} it/s"] if self.rate else []
        remaining = self.remaining
        if remaining is not None:
            parts.append(f"ETA {duration(remaining)}")
        parts += [
            f"{title} {cell(float(self.values[name]))}"
            for name, title in SHOWN.items()
            if name in self.values
        ]
        return "  ".join(parts)


#: Tracked names that are shown, and what they are called there.
SHOWN: Mapping[str, str] = {
    "eval/tv_exact": "exact TV",
    "train/loss_forward": "loss",
    "train/log_z": "log Z",
}


@attrs.define
class PlainLines:
    """A line now and then, for logs and pipes."""

    say: Callable[[str], None]
    figures: Figures = attrs.field(factory=Figures)
    _last: float = attrs.field(factory=time.monotonic)

    def show(self, event: Event) -> None:
        """Print a line if it is time for one."""
        from gflowspec.executor import events

        self.figures.add(event)
        now = time.monotonic()
        match event:
            case events.Started(step=step, steps=steps, batch=batch):
                place = f" from iteration {step:,}" if step else ""
                self.say(f"training {steps:,} iterations of {batch} trajectories{place}")
            case events.Progress() | events.Evaluated() if now - self._last >= EVERY:
                self._last = now
                done = f"{self.figures.step:,}/{self.figures.steps:,}"
                self.say(f"{done}  {self.figures.words()}")

    def close(self) -> None:
        """Nothing to do."""


@attrs.define
class LiveLine:
    """A bar and figures that move in place, drawn by rich on standard error."""

    figures: Figures = attrs.field(factory=Figures)
    _progress: Any = None
    _task: Any = None

    def show(self, event: Event) -> None:
        """Move the line."""
        self.figures.add(event)
        if self._progress is None:
            self._open()
        self._progress.update(
            self._task,
            completed=self.figures.step,
            total=self.figures.steps or None,
            words=self.figures.words(),
        )

    def close(self) -> None:
        """Leave the last state of the line on the screen."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.table import Column

        # What does not fit is cut at the right; a line that wraps would fill the screen.
        self._progress = Progress(
            BarColumn(bar_width=14),
            MofNCompleteColumn(),
            TextColumn("{task.fields[words]}", table_column=Column(no_wrap=True)),
            console=Console(file=sys.stderr),
            refresh_per_second=8,
        )
        self._progress.start()
        self._task = self._progress.add_task("training", words="")
