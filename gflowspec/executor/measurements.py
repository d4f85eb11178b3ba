"""Training metrics: tensors until they are handed over, then one transfer for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import torch
from torch import Tensor

from gflowspec.executor.estimates import estimated_log_z

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.executor.packing import Batch


@attrs.define(kw_only=True, eq=False)
class Measurements:
    """What the iterations since the last hand-over measured.

    Attributes:
        series: Values by tracked name, one tensor [] for each iteration.
        log_rewards: Log targets [B] of each iteration.
        lengths: Sum of construction steps of each iteration.
    """

    series: dict[str, list[Tensor]] = attrs.field(factory=dict)
    log_rewards: list[Tensor] = attrs.field(factory=list)
    lengths: list[int] = attrs.field(factory=list)

    def add(self, batch: Batch, values: Mapping[str, Tensor]) -> None:
        """Note one iteration; nothing is transferred."""
        for name, value in values.items():
            self.series.setdefault(name, []).append(value)
        self.log_rewards.append(batch.trajectories.log_reward)
        self.lengths.append(batch.trajectories.parent.shape[0])

    def last(self) -> dict[str, float]:
        """Values of the last iteration."""
        return {name: float(values[-1]) for name, values in self.series.items() if values}

    def take(self, experiment: Experiment) -> dict[str, float]:
        """Means since the last hand-over by tracked name, and log Z as it is now; starts anew."""
        names = list(self.series)
        means = [torch.stack(self.series[name]).mean() for name in names]
        rewards = torch.cat(self.log_rewards)
        names.append("train/mean_log_reward")
        means.append(rewards.mean())
        estimate = estimated_log_z(experiment)
        if estimate is not None:
            names.append("train/log_z")
            means.append(estimate)
        found = dict(zip(names, torch.stack(means).tolist(), strict=True))
        found["train/mean_length"] = sum(self.lengths) / rewards.shape[0]
        self.series.clear()
        self.log_rewards.clear()
        self.lengths.clear()
        return found

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {
            "series": {name: list(values) for name, values in self.series.items()},
            "log_rewards": list(self.log_rewards),
            "lengths": list(self.lengths),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """From a checkpoint."""
        self.series = {name: list(values) for name, values in state["series"].items()}
        self.log_rewards = list(state["log_rewards"])
        self.lengths = list(state["lengths"])
