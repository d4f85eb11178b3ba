from __future__ import annotations

from typing import ClassVar

from gflowspec.components.backward.base import LearnedBackward
from gflowspec.components.needs import BackwardNeed, Owner
from gflowspec.core.schema import component, param


@component("backward", "naive")
class NaiveBackward(LearnedBackward):
    """P_B is trained by the objective of P_F itself, through log P_B and by the same optimiser."""

    owner: ClassVar = Owner.OBJECTIVE
    needs: ClassVar = frozenset({BackwardNeed.HEAD})

    init: str = param(
        default="uniform",
        choices=("uniform", "random"),
        doc="P_B at the start: exactly uniform (a zero last layer), or a random network",
    )
