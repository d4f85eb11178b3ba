from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gflowspec.components.backward.base import FixedBackward
from gflowspec.components.needs import BackwardNeed
from gflowspec.core.schema import component

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import BackwardFacts


@component("backward", "maxent")
class MaximumEntropyBackward(FixedBackward):
    """P_B(s | s') = n(s) / n(s'), n the number of trajectories from s_0.

    It makes all trajectories into an object equally likely (Mohammadpour et al., 2024). n is
    counted exactly, by dynamic programming over the enumerated environment.
    """

    needs: ClassVar = frozenset({BackwardNeed.PATH_COUNTS})

    def log_pb(self, facts: BackwardFacts) -> Tensor:
        """Log n(s) - log n(s')."""
        if facts.log_paths_parent is None or facts.log_paths_child is None:
            message = "the engine did not provide path counts"
            raise TypeError(message)
        return facts.log_paths_parent - facts.log_paths_child
