"""Replay: what P_F learns from besides the batch just sampled.

A buffer holds what was seen and done: states, actions, how it ended, log reward. Log P_F, log P_B
and targets are computed when it is learned from, never stored. Transitions are stored for
objectives whose residuals are about one transition each, whole trajectories for the others, or
objects alone. The loss of P_B never sees a buffer.
"""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING

from gflowspec.core.frozen import Frozen

if TYPE_CHECKING:
    from torch import Tensor


class Replay(Frozen, ABC):
    """How many items are kept, how many are drawn for an update, and how likely each is.

    Attributes:
        size: Items kept; the oldest give way.
        batch: Items drawn for an update, with replacement; None is 256 transitions, or as many
            trajectories as ``train.batch``.
    """

    size: int
    batch: int | None

    @property
    def prioritized(self) -> bool:
        """Whether items carry priorities: what their residual costs, c * rho(delta)."""
        return False

    @property
    def of_objects(self) -> bool:
        """Whether objects are kept, of which trajectories are sampled backward."""
        return False

    def shares(self, priorities: Tensor) -> Tensor:
        """Probabilities to be drawn but for their sum, of priorities float64 [M]."""
        return priorities.new_ones(priorities.shape)

    def importance(self, probabilities: Tensor, stored: int) -> Tensor | None:
        """Weights in the loss of drawn items by their probabilities, float64 [n]; None for 1."""
        del probabilities, stored
        return None
