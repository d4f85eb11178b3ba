"""A job with its networks: ready to be trained, or restored from a checkpoint."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs

from gflowspec.compiler.build import Experiment, build
from gflowspec.compiler.environment import Environment
from gflowspec.compiler.externs.opening import open_doors
from gflowspec.compiler.report import Strength
from gflowspec.compiler.settings import settings_of
from gflowspec.components.discover import vocabulary
from gflowspec.core.errors import SpecInvalid
from gflowspec.core.schema import ComponentCall
from gflowspec.executor import checkpoint
from gflowspec.executor.memory import exhausted
from gflowspec.runs.job import Job


@attrs.frozen(kw_only=True, eq=False)
class Prepared:
    """What ``compile`` gives and ``run`` takes.

    Attributes:
        job: What was written and proved, with its identity.
        experiment: What was built from it; it changes when it is trained.
    """

    job: Job
    experiment: Experiment

    @property
    def environment(self) -> Environment:
        """The compiled environment with its reward."""
        return self.experiment.environment

    def owners_table(self) -> str:
        """Which optimiser steps which tensor, one tensor a line."""
        return self.experiment.owners_table()

    def restore(self, path: Path) -> None:
        """Take weights and everything else from a checkpoint.

        Raises:
            CheckpointMismatch: It belongs to another experiment.
            FileNotFoundError: There is none.
        """
        checkpoint.restore_experiment(self.experiment, checkpoint.load(path))


def prepare(job: Job, *, device: str | None = None, granted: Iterable[str] = ()) -> Prepared:
    """Build the environment as tensors, and the networks and optimisers of an experiment.

    Args:
        job: What to build.
        device: Overrides ``train.device``.
        granted: Hashes of files with functions in Python that are trusted for this time.

    Raises:
        UsageError: The device does not exist.
        SpecInvalid: A function in Python is not trusted (GFS218), a file is missing, or the
            networks do not fit into memory (GFS506).
    """
    open_doors(job.checked.instance, granted, job.spec_path)
    config = job.config
    if device is not None:
        call = ComponentCall("device", device, {})
        config = attrs.evolve(config, train={**config.train, "device": call})
    words = vocabulary()
    place = settings_of(config, words).train.device.resolve()
    dead_ends_excluded = job.checked.report.strength("O5").reaches(Strength.SCOPE)
    environment = Environment.of(
        job.checked.derived,
        job.checked.instance.rewards[0],
        table_limit=config.limits["table_limit"],
        device=place,
        backend="tensor" if dead_ends_excluded else "watched",
    )
    try:
        experiment = build(environment, config, words)
    except (MemoryError, RuntimeError) as error:
        problem = exhausted(error)
        if problem is None:
            raise
        raise SpecInvalid((problem,)) from error
    return Prepared(job=job, experiment=experiment)
