from __future__ import annotations

from typing import ClassVar

from gflowspec.components.replay.base import Replay
from gflowspec.core.schema import Range, component, param


@component("replay", "objects")
class ObjectReplay(Replay):
    """Visited objects, taken apart by the present P_B and learned from beside the fresh batch.

    Only objects are kept. For each update some are drawn uniformly, a trajectory into each is
    sampled backward, tau ~ P_B(. | x), and joins the trajectories just sampled.
    """

    batch: ClassVar[int | None] = None  # type: ignore[misc]  # `fraction` says it

    size: int = param(default=100_000, range=Range(1), doc="objects kept; the oldest give way")
    fraction: float = param(
        default=0.5,
        range=Range(0, 1, low_open=True, high_open=True),
        doc="part of an update's trajectories that is sampled backward, beside the fresh ones",
    )

    @property
    def of_objects(self) -> bool:
        """True."""
        return True

    def drawn(self, fresh: int) -> int:
        """How many objects are drawn beside so many fresh trajectories, at least 1."""
        return max(1, round(fresh * self.fraction / (1 - self.fraction)))
