"""A sweep as a plan that is frozen before anything runs, and what became of its runs.

::

    <project>/.gflowspec/sweeps/<sweep id>/plan.json     which runs, in order, by their run hash
                                          /journal.jsonl  of the parent run in MLflow
                                          /<hash>.jsonl   what the process of a run printed
                                          /<hash>.log     what it said besides
                                          /runs.csv       all runs with their results

Runs that are finished are never done again, whichever sweep or command did them.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs

from gflowspec.runs.frozen import Frozen, PlannedRun
from gflowspec.runs.prior import Work
from gflowspec.tracking import atomic
from gflowspec.tracking.base import Status
from gflowspec.tracking.project import FOLDER, Project
from gflowspec.tracking.rundir import Run


class State(StrEnum):
    """What became of a run of the sweep."""

    WAITING = "waiting"
    RUNNING = "running"
    CACHED = "cached"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


#: States in which a run has its results.
DONE = frozenset({State.CACHED, State.FINISHED})


@attrs.frozen(kw_only=True)
class Cell:
    """A run of the sweep.

    Attributes:
        name: Readable name of the run.
        hash: Its run hash.
        point: The settings that the sweep moves, as texts.
        wanted: Whether it is to be done if it is not.
        state: What became of it.
        run_id: The run that has the results, or was begun.
        metrics: Final metrics by name, ``tv_exact`` of enumerable environments among them.
        seconds: Wall time of its process; 0 for runs that were there before.
        reason: Why it failed, in words.
    """

    name: str
    hash: str
    point: Mapping[str, str]
    wanted: bool = True
    state: State = State.WAITING
    run_id: str | None = None
    metrics: Mapping[str, float | None] = attrs.field(factory=dict)
    seconds: float = 0.0
    reason: str = ""

    def plain(self) -> dict[str, Any]:
        """One of ``runs`` of ``sweep --format json``."""
        return {
            "name": self.name,
            "run_id": self.run_id,
            "hash": self.hash,
            "status": str(self.state),
            "metrics": dict(self.metrics),
            "point": dict(self.point),
        }


@attrs.frozen(kw_only=True)
class Plan:
    """What is to be done, decided once.

    Attributes:
        name: Name of the sweep.
        sweep_id: ``sweep-<name>-<six digits>``: equal for equal plans.
        spec: ``file.gfs:experiment``, as children are called with.
        overrides: ``path=value`` texts for all runs.
        directory: Where it is kept.
        cells: The runs, in order.
    """

    name: str
    sweep_id: str
    spec: str
    overrides: tuple[str, ...]
    directory: Path
    cells: tuple[Cell, ...]

    @classmethod
    def of(cls, frozen: Frozen, project: Project) -> Plan:
        """From the expanded sweep; what was done before is marked as cached."""
        assert frozen.sweep is not None
        cells = tuple(_cell(item) for item in frozen.runs)
        text = "\n".join((frozen.sweep.name, *(cell.hash for cell in cells)))
        digits = hashlib.sha256(text.encode()).hexdigest()[:6]
        sweep_id = f"sweep-{frozen.sweep.name}-{digits}"
        job = frozen.runs[0].job
        return cls(
            name=frozen.sweep.name,
            sweep_id=sweep_id,
            spec=f"{os.path.abspath(job.spec_path)}:{frozen.sweep.experiment}",  # noqa: PTH100 - keeps links
            overrides=job.overrides,
            directory=project.root / FOLDER / "sweeps" / sweep_id,
            cells=cells,
        )

    def write(self) -> None:
        """Keep it beside what its runs print.

        Raises:
            OSError: The directory cannot be written.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        plain = {
            "sweep": self.name,
            "spec": self.spec,
            "overrides": list(self.overrides),
            "runs": [
                {"name": cell.name, "hash": cell.hash, "point": dict(cell.point)}
                for cell in self.cells
            ],
        }
        atomic.write_text(self.directory / "plan.json", json.dumps(plain, indent=2) + "\n")

    def command(self, cell: Cell, tags: Mapping[str, str]) -> list[str]:
        """The command line of a run."""
        # As in the plan, where the command line comes after the point.
        moved = [f"{path}={text}" for path, text in cell.point.items()]
        marks = [f"track.tags.{key}={json.dumps(value)}" for key, value in tags.items()]
        settings = [part for text in (*moved, *self.overrides, *marks) for part in ("-s", text)]
        return ["run", self.spec, *settings, "--offline", "--quiet", "--format", "json"]


def _cell(item: PlannedRun) -> Cell:
    key = item.job.hashes["run"]
    cell = Cell(name=item.job.name, hash=key, point=item.point, wanted=item.wanted)
    if item.prior.work is Work.CACHED and item.prior.run is not None:
        return with_results(cell, item.prior.run, State.CACHED)
    return cell


def with_results(cell: Cell, run: Run, state: State) -> Cell:
    """A cell with what its run has found so far."""
    exact = run.info.exact or {}
    metrics = {f"{name}_exact": exact[name] for name in ("tv", "kl") if name in exact}
    found = {**run.info.metrics, **metrics}
    return attrs.evolve(cell, state=state, run_id=run.info.run_id, metrics=found)


def best_of(cells: Iterable[Cell]) -> dict[str, float]:
    """The least exact distances to the target among the runs that are done."""
    found: dict[str, float] = {}
    for cell in cells:
        for name in ("tv_exact", "kl_exact") if cell.state in DONE else ():
            value = cell.metrics.get(name)
            if value is not None:
                found[name] = min(value, found.get(name, value))
    return found


def summary(cells: Sequence[Cell]) -> tuple[Status, str]:
    """How a sweep stands: finished only if all of its runs are."""
    counts = Counter(cell.state for cell in cells)
    parts = [f"{counts[state]} {state}" for state in State if counts[state]]
    sentence = f"{len(cells)} runs: {', '.join(parts)}"
    if all(cell.state in DONE for cell in cells):
        return Status.FINISHED, sentence
    return (Status.FAILED if counts[State.FAILED] else Status.KILLED), sentence


def write_table(cells: Sequence[Cell], path: Path) -> None:
    """All runs with their points and results, as comma-separated values."""
    paths = list(dict.fromkeys(key for cell in cells for key in cell.point))
    metrics = list(dict.fromkeys(key for cell in cells for key in cell.metrics))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "run_id", "status", *paths, *metrics, "seconds"])
        for cell in cells:
            row: list[object] = [cell.name, cell.run_id or "", str(cell.state)]
            row += [cell.point.get(key, "") for key in paths]
            row += [cell.metrics.get(key, "") for key in metrics]
            writer.writerow([*row, f"{cell.seconds:.1f}"])
