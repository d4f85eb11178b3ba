from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gflowspec.components.backward.base import FixedBackward
from gflowspec.core.schema import component

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import BackwardFacts


@component("backward", "uniform")
class UniformBackward(FixedBackward):
    """log P_B(s | s') = -log(number of legal backward actions of s')."""

    needs: ClassVar = frozenset()

    def log_pb(self, facts: BackwardFacts) -> Tensor:
        """Minus the log of the number of choices."""
        return -facts.choices.double().log()
