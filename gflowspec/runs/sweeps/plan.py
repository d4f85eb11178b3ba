"""The frozen plan of a sweep: what its cells are, on disk, under the hash of its content.

::

    <project>/.gflowspec/sweeps/<id>/plan.json    the cells, in order
                                     spec/        the specification they come from
                                     ledger.json  what became of each cell
                                     journal.jsonl, artifacts/   its parent run, if tracked

The same content has the same id, so that a second call finds the first one's folder and goes on.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import attrs

from gflowspec.runs.documents import SPEC_FOLDER, keep_sources
from gflowspec.runs.frozen import Frozen
from gflowspec.runs.prior import evaluation
from gflowspec.tracking import atomic
from gflowspec.tracking.description import json_value
from gflowspec.tracking.project import Project

#: Version of the layout of ``plan.json``.
LAYOUT = 1
PLAN = "plan.json"


@attrs.frozen(kw_only=True)
class PlannedCell:
    """One run of a frozen sweep.

    Attributes:
        name: Readable name of the run.
        hash: Its ``run:`` hash, by which it is known.
        task: Its ``task:`` hash.
        env: Its ``env:`` hash.
        point: The settings that the sweep moves, with their values as texts.
    """

    name: str
    hash: str
    task: str
    env: str
    point: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class SweepPlan:
    """All runs of a sweep, frozen.

    Attributes:
        name: Name of the sweep in its file.
        experiment: The experiment that it varies.
        digest: SHA-256 of the content: names, cells, and what is measured.
        spec_path: The file, absolute.
        root: Name of the kept copy of that file below ``spec/``.
        overrides: ``path=value`` texts of the command line, in order.
        created: Seconds since the epoch.
        cells: The runs, in order.
    """

    name: str
    experiment: str
    digest: str
    spec_path: str
    root: str
    overrides: tuple[str, ...]
    created: float
    cells: tuple[PlannedCell, ...]

    @property
    def id(self) -> str:
        """``sweep-<name>-<hash6>``: folder, and name of the parent run."""
        return f"sweep-{self.name}-{self.digest[:6]}"

    def to_json(self) -> str:
        """As the text of ``plan.json``."""
        return json.dumps({"layout": LAYOUT, **attrs.asdict(self)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> SweepPlan:
        """Read ``plan.json``.

        Raises:
            ValueError: The text is not that of a plan of this version.
        """
        try:
            plain = json.loads(text)
            if plain.pop("layout") != LAYOUT:
                message = "another layout"
                raise ValueError(message)
            cells = tuple(PlannedCell(**cell) for cell in plain.pop("cells"))
            return cls(cells=cells, overrides=tuple(plain.pop("overrides")), **plain)
        except (KeyError, TypeError, AttributeError) as error:
            message = f"plan.json is incomplete: {error}"
            raise ValueError(message) from error


@attrs.frozen
class SweepFolder:
    """A frozen plan in its folder."""

    path: Path
    plan: SweepPlan

    @classmethod
    def read(cls, path: Path) -> SweepFolder:
        """Read a folder.

        Raises:
            OSError: There is no readable plan.
            ValueError: It is damaged.
        """
        return cls(path, SweepPlan.from_json((path / PLAN).read_text(encoding="utf-8")))

    @property
    def spec(self) -> Path:
        """The kept copy of the specification."""
        return self.path / SPEC_FOLDER / self.plan.root


def plan_of(frozen: Frozen) -> SweepPlan:
    """The plan of an expanded sweep; only ``created`` depends on anything but its content."""
    assert frozen.sweep is not None
    first = frozen.runs[0].job
    cells = tuple(
        PlannedCell(
            name=item.job.name,
            hash=item.job.hashes["run"],
            task=item.job.hashes["task"],
            env=item.job.hashes["env"],
            point=dict(item.point),
        )
        for item in frozen.runs
    )
    # run hashes leave out what is measured, but a sweep with other metrics is another table
    measured = [
        evaluation({path: json_value(s.value) for path, s in item.job.config.settings.items()})
        for item in frozen.runs
    ]
    sweep = frozen.sweep
    content = [sweep.name, sweep.experiment, [attrs.asdict(cell) for cell in cells], measured]
    path = first.spec_path and os.path.abspath(first.spec_path)  # noqa: PTH100 - keeps links
    return SweepPlan(
        name=sweep.name,
        experiment=sweep.experiment,
        digest=sha256(json.dumps(content, sort_keys=True).encode()).hexdigest(),
        spec_path=path,
        root=next(iter(first.sources)),
        overrides=frozen.overrides,
        created=time.time(),
        cells=cells,
    )


def freeze(frozen: Frozen, project: Project) -> SweepFolder:
    """Write the plan of a sweep with its specification; one that is there already is kept.

    Raises:
        OSError: The folder cannot be written.
    """
    plan = plan_of(frozen)
    path = project.sweeps_folder / plan.id
    try:
        kept = SweepFolder.read(path)
        if kept.plan.digest == plan.digest:
            return kept
    except (OSError, ValueError):
        pass  # not there, or torn before it was whole: written now
    keep_sources(frozen.runs[0].job, path / SPEC_FOLDER)
    # last, so that a folder with a plan is complete
    atomic.write_text(path / PLAN, plan.to_json())
    return SweepFolder(path, plan)


def sweep_folders(project: Project) -> tuple[SweepFolder, ...]:
    """All frozen sweeps of a project, newest first; damaged ones are left out."""
    if not project.sweeps_folder.is_dir():
        return ()
    found = []
    for path in project.sweeps_folder.iterdir():
        try:
            found.append(SweepFolder.read(path))
        except (OSError, ValueError):
            continue
    return tuple(sorted(found, key=lambda item: item.plan.created, reverse=True))
