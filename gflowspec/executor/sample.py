"""Samples of a trained policy, as plain Python values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs
from torch import Generator

from gflowspec.compiler.passes.bind_seeds import derived_seed
from gflowspec.components.needs import BackwardNeed
from gflowspec.executor.summaries import CHUNK, fresh_batch, summary
from gflowspec.executor.tables import Tables

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.executor.packing import Batch


@attrs.frozen(kw_only=True)
class Drawn:
    """One object.

    Attributes:
        object: What was sampled, as plain Python values.
        log_reward: Log target.
        log_pf: log P_F of the trajectory, its final step included.
        log_pb: log P_B of the trajectory given the object.
        trajectory: Names of the actions taken, ``stop`` included.
    """

    object: Any
    log_reward: float
    log_pf: float
    log_pb: float
    trajectory: tuple[str, ...]


#: Objects in the order in which they were drawn.
Sample = tuple[Drawn, ...]


def draw(experiment: Experiment, n: int, *, seed: int) -> Sample:
    """Draw n objects from the policy, without exploration.

    Args:
        experiment: A trained experiment.
        n: How many; 0 gives none.
        seed: The same seed and weights give the same objects.
    """
    generator = Generator(experiment.device).manual_seed(derived_seed(seed, "sample"))
    tables = _tables(experiment)
    found: list[Drawn] = []
    for start in range(0, n, CHUNK):
        batch = fresh_batch(experiment, min(CHUNK, n - start), generator)
        found.extend(_drawn(experiment, tables, batch))
    return tuple(found)


def _tables(experiment: Experiment) -> Tables | None:
    """The enumerated environment, where the backward rule cannot do without."""
    if BackwardNeed.PATH_COUNTS not in experiment.settings.backward.needs:
        return None
    return Tables.of(experiment.environment, experiment.config.limits["exact_limit"])


def _drawn(experiment: Experiment, tables: Tables | None, batch: Batch) -> Iterator[Drawn]:
    environment, trajectories = experiment.environment, batch.trajectories
    numbers = summary(experiment, tables, batch)
    objects = environment.objects(trajectories.states.index_select(0, trajectories.last))
    choices = batch.choices.tolist()
    bounds = zip(
        trajectories.first.tolist(),
        trajectories.last.tolist(),
        trajectories.stopped.tolist(),
        strict=True,
    )
    for row, (first, last, stopped) in enumerate(bounds):
        yield Drawn(
            object=objects[row],
            log_reward=float(numbers.log_reward[row]),
            log_pf=float(numbers.log_pf[row]),
            log_pb=float(numbers.log_pb[row]),
            trajectory=tuple(
                environment.action_name(action) for action in choices[first : last + stopped]
            ),
        )
