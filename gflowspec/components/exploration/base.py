"""Behaviour policies: how trajectories are sampled for training.

Only sampling sees them. log P_F in losses and metrics is always that of the policy.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from gflowspec.core.frozen import Frozen

if TYPE_CHECKING:
    from torch import Tensor


class Exploration(Frozen, ABC):
    """Turns the logits of the policy into logits to sample from."""

    @property
    @abstractmethod
    def is_policy(self) -> bool:
        """Whether the behaviour policy is the policy itself, whatever the logits."""

    def at(self, step: int, total: int) -> Exploration:
        """The exploration of a 0-based iteration of a run of ``total`` iterations."""
        del step, total
        return self

    @abstractmethod
    def behaviour(self, logits: Tensor, mask: Tensor, *, has_stop: bool) -> Tensor:
        """Logits to sample actions from.

        Args:
            logits: float [B, A_f], of the policy; illegal entries are ignored.
            mask: bool [B, A_f], legal actions; at least one in each row.
            has_stop: Whether the last column is ``stop``.

        Returns:
            float [B, A_f]; -inf where illegal. Rows need not be normalised.
        """

    @property
    def rate(self) -> float | None:
        """p, where the behaviour is: with probability p a uniform one of ``explored``, if any.

        Sampling can then draw beforehand which few steps explore, and take the policy's own
        action in all others. None where the behaviour is not such a mixture.
        """
        return None

    def explored(self, mask: Tensor, *, has_stop: bool) -> Tensor:
        """Legal actions that exploration may take, bool [B, A_f]; used if ``rate`` is given."""
        del has_stop
        return mask
