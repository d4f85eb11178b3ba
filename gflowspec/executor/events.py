"""What the trainer says while it works; torch-free, so that a screen can be drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from gflowspec.executor.result import RunResult


@attrs.frozen(kw_only=True)
class Started:
    """Training begins, or goes on from a checkpoint.

    Attributes:
        step: Iterations done before.
        steps: Iterations of the whole run.
        batch: Trajectories of each.
    """

    step: int
    steps: int
    batch: int


@attrs.frozen(kw_only=True)
class Progress:
    """Training metrics were handed over.

    Attributes:
        step: Iterations done.
        steps: Iterations of the whole run.
        seconds: Wall time of this start, evaluation included.
        iterations_per_second: Recent rate, evaluation excluded.
        values: Training metrics by tracked name, means since the last hand-over.
    """

    step: int
    steps: int
    seconds: float
    iterations_per_second: float
    values: Mapping[str, float]


@attrs.frozen(kw_only=True)
class Evaluated:
    """Metrics were computed.

    Attributes:
        step: Iterations done.
        values: Values by tracked name.
        seconds: What the evaluation took.
    """

    step: int
    values: Mapping[str, float]
    seconds: float


@attrs.frozen(kw_only=True)
class Checkpointing:
    """The state of training is about to be written: what was handed over must be safe first.

    Attributes:
        step: Iterations done.
    """

    step: int


@attrs.frozen(kw_only=True)
class Checkpointed:
    """The state of training was written.

    Attributes:
        step: Iterations done.
        path: The file.
    """

    step: int
    path: Path


@attrs.frozen(kw_only=True)
class Finished:
    """Training ended, for whatever reason."""

    result: RunResult


Event = Started | Progress | Evaluated | Checkpointing | Checkpointed | Finished
