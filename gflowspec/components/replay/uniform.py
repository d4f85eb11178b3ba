from __future__ import annotations

from gflowspec.components.replay.base import Replay
from gflowspec.core.schema import Range, component, param


@component("replay", "uniform")
class UniformReplay(Replay):
    """Every stored item is equally likely."""

    size: int = param(
        default=100_000,
        range=Range(1),
        doc="items kept: transitions for DQN objectives, trajectories for the others",
    )
    batch: int | None = param(
        default=None,
        range=Range(1),
        type=int,
        optional=True,
        doc="items drawn for an update; `none` is 256 transitions, or `train.batch` trajectories",
    )
