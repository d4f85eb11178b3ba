"""From the command line to a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.cli.paths import split_spec
from gflowspec.cli.specs import experiment

if TYPE_CHECKING:
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
