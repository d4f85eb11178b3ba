from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gflowspec.components.optimizers.base import Optimizer
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch.optim import Optimizer as TorchOptimizer


@component("optimizer", "adam")
class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015)."""

    lr: float = param(
        default=1e-3, range=Range(0, low_open=True), doc="learning rate of P_F and the flow"
    )
    weight_decay: float = param(
        default=0.0, range=Range(0), doc="L2 penalty that is added to the gradient"
    )
    clip_norm: float | None = param(
        default=None,
        range=Range(0, low_open=True),
        type=float,
        optional=True,
        doc="greatest norm of the gradient of an optimiser, before its step",
    )
    betas: tuple[float, ...] = param(
        default=(0.9, 0.999),
        range=Range(0, 1, high_open=True),
        item=float,
        doc="decay of the two running moments",
    )
    eps: float = param(default=1e-8, range=Range(0, low_open=True), doc="added to the denominator")

    def make(self, groups: Iterable[Mapping[str, Any]]) -> TorchOptimizer:
        """``torch.optim.Adam``, fused: one kernel for all parameters."""
        import torch

        first, second = self.betas
        return torch.optim.Adam(
            [dict(group) for group in groups],
            lr=self.lr,
            betas=(first, second),
            eps=self.eps,
            weight_decay=self.weight_decay,
            fused=True,
        )
