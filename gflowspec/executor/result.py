"""How a training run ended and what it gave."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from gflowspec.core.diagnostics import Diagnostic

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.executor.sample import Sample


class Outcome(Enum):
    """How a run ended; the value is the sentence that is shown."""

    FINISHED = "all iterations were done"
    CACHED = "the same run was done before; its results are shown"
    BUDGET = "the time budget was used up"
    INTERRUPTED = "training was interrupted"
    FAILED = "training could not go on"

    @property
    def word(self) -> str:
        """As it stands in JSON: ``finished``, ``cached``, ``budget``, ..."""
        return self.name.lower()


@attrs.frozen(kw_only=True)
class ExactSummary:
    """The final policy by dynamic programming.

    Attributes:
        tv: Total variation between its terminal law and the target.
        l1: Twice that.
        kl: KL(target, model).
        log_z: Exact log Z.
        log_z_error: Learned or implied log Z minus the exact one; None if nothing estimates it.
        floor: Mean total variation of ``floor_samples`` objects from a perfect sampler.
        floor_samples: Their number.
    """

    tv: float
    l1: float
    kl: float
    log_z: float
    log_z_error: float | None
    floor: float
    floor_samples: int

    def plain(self) -> dict[str, float]:
        """The four numbers that ``run --format json`` prints as ``exact``."""
        return {"tv": self.tv, "l1": self.l1, "kl": self.kl, "log_z": self.log_z}


@attrs.frozen(kw_only=True, eq=False)
class RunResult:
    """What training gave.

    Attributes:
        outcome: How it ended.
        detail: More about a failure, one line; empty otherwise.
        steps: Iterations done in all, those before a resume included.
        trajectories: Trajectories trained on in all.
        seconds: Wall time of this start, evaluation included.
        iterations_per_second: Rate of this start, evaluation excluded.
        metrics: Last value of every metric, by its name in the specification.
        exact: The final policy if the environment is enumerable and training ended as asked.
        log_z: Learned or implied log Z of the final policy; None if nothing estimates it.
        checkpoint: The newest checkpoint, if one was written.
        failed_batch: The batch whose loss was not finite, as a file of plain tensors.
        findings: What is wrong with the specification, where that ended it.
        experiment: What was trained.
    """

    outcome: Outcome
    detail: str = ""
    steps: int
    trajectories: int
    seconds: float
    iterations_per_second: float
    metrics: Mapping[str, float]
    exact: ExactSummary | None
    log_z: float | None
    checkpoint: Path | None
    failed_batch: Path | None = None
    findings: tuple[Diagnostic, ...] = ()
    experiment: Experiment = attrs.field(repr=False)

    def sample(self, n: int, *, seed: int = 0) -> Sample:
        """Objects from the trained policy; see ``executor.sample``."""
        from gflowspec.executor.sample import draw  # noqa: PLC0415 - results load without torch

        return draw(self.experiment, n, seed=seed)
