"""From the command line to a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.cli.paths import split_spec
from gflowspec.cli.specs import choose, experiment, load, sweep_of

if TYPE_CHECKING:
    from gflowspec.lang.spec import Spec
    from gflowspec.runs.frozen import Frozen
    from gflowspec.runs.job import Job


def job_of(text: str, overrides: tuple[str, ...]) -> Job:
    """The experiment that ``file.gfs[:name]`` names, checked, with its hashes.

    Raises:
        UsageError: No such file, several experiments and no name, or a malformed override.
        SpecInvalid: The specification has errors.
    """
    from gflowspec.runs.job import Job

    path, _ = split_spec(text)
    target = experiment(text, overrides)
    return Job.of(
        target.spec,
        target.checked,
        spec_path=path,
        overrides=overrides,
        diagnostics=target.diagnostics,
    )


def frozen(text: str, overrides: tuple[str, ...]) -> Frozen:
    """The runs of the experiment or sweep that ``file.gfs[:name]`` names, in order.

    Raises:
        UsageError: No such file, several experiments and no name, or a malformed override.
        SpecInvalid: The specification has errors.
    """
    from gflowspec.runs.frozen import freeze_sweep, single
    from gflowspec.tracking.project import Project

    path, wanted = split_spec(text)
    spec, found = load(path, overrides)
    name = sweep_of(spec, wanted)
    if name is None:
        return single(job_of(text, overrides), Project.find())
    return freeze_sweep(
        spec, name, spec_path=path, overrides=overrides, known=found, project=Project.find()
    )


def frozen_sweep(text: str, overrides: tuple[str, ...]) -> tuple[Spec, Frozen]:
    """The sweep that ``file.gfs[:name]`` names, or the only one of the file, with that file.

    Raises:
        UsageError: No such file, no such sweep, several and no name, or a malformed override.
        SpecInvalid: The specification has errors.
    """
    from gflowspec.runs.frozen import freeze_sweep
    from gflowspec.tracking.project import Project

    path, wanted = split_spec(text)
    spec, found = load(path, overrides)
    name = choose(path, wanted, tuple(spec.sweeps), found, "sweep")
    made = freeze_sweep(
        spec, name, spec_path=path, overrides=overrides, known=found, project=Project.find()
    )
    return spec, made
