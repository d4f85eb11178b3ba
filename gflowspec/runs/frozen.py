"""What is to be run, decided once: ``plan`` shows it, and whoever executes it takes it from here.

Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from gflowspec.compiler.elaborate import Sweep, elaborate_sweep
from gflowspec.compiler.front import check_cells, check_experiment
from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag
from gflowspec.core.errors import SpecInvalid
from gflowspec.lang.spec import Spec
from gflowspec.runs.job import Job
from gflowspec.runs.prior import Prior, prior
from gflowspec.tracking.project import Project


@attrs.frozen(kw_only=True)
class PlannedRun:
    """A run that is to be done, or was done already.

    Attributes:
        job: What is trained.
        prior: What is there already.
        point: The settings that a sweep moves, with their values as texts; empty without one.
    """

    job: Job
    prior: Prior
    point: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Frozen:
    """The runs of an experiment or of a sweep, in order, each run hash once.

    Attributes:
        runs: At least one.
        sweep: The sweep they come from, if they do.
        overrides: ``path=value`` texts of the command line, in order.
        diagnostics: Warnings and notes.
    """

    runs: tuple[PlannedRun, ...]
    sweep: Sweep | None = None
    overrides: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def single(job: Job, project: Project) -> Frozen:
    """The one run of an experiment."""
    earlier = prior(project.runs(), job.hashes["run"], job.config)
    run = PlannedRun(job=job, prior=earlier)
    return Frozen(runs=(run,), overrides=job.overrides, diagnostics=job.diagnostics)


def freeze_sweep(
    spec: Spec,
    name: str,
    *,
    spec_path: str,
    project: Project,
    overrides: tuple[str, ...] = (),
    known: Sequence[Diagnostic] = (),
) -> Frozen:
    """Expand, prove and look up every run of a sweep.

    Args:
        spec: The loaded file.
        name: A sweep that it declares.
        spec_path: The file, as it was given.
        project: Whose runs count as done.
        overrides: ``path=value`` texts that ``spec`` was loaded with.
        known: What was found when it was loaded.

    Raises:
        SpecInvalid: The file, the sweep, or one of its runs has errors.
    """
    bag = DiagnosticBag()
    bag.extend(known)
    sweep, found = elaborate_sweep(spec, name)
    bag.extend(found)
    if sweep is None and not bag.has_errors:
        _base(spec, name, bag)
    if sweep is None or bag.has_errors:
        raise SpecInvalid(bag.sorted())
    checked, found = check_cells(spec, sweep.cells)
    bag.extend(found)
    if checked is None or bag.has_errors:
        raise SpecInvalid(bag.sorted())
    earlier = project.runs()
    runs = []
    for cell, proved in zip(sweep.cells, checked, strict=True):
        # what the sweep moves comes before the command line, as when it was expanded
        moved = tuple(f"{path}={value}" for path, value in cell.point.items())
        job = Job.of(spec, proved, spec_path=spec_path, overrides=(*moved, *overrides))
        before = prior(earlier, job.hashes["run"], job.config)
        runs.append(PlannedRun(job=job, prior=before, point=cell.point))
    return Frozen(runs=tuple(runs), sweep=sweep, overrides=overrides, diagnostics=bag.sorted())


def _base(spec: Spec, sweep: str, bag: DiagnosticBag) -> None:
    """What is wrong with the experiment that a sweep varies."""
    node = spec.names.symbols[sweep].node
    base = getattr(node, "base", None)
    if base is not None:
        bag.extend(check_experiment(spec, base.text)[1])
