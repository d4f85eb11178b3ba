from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.residuals.base import Residual
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor


@component("residual", "huber")
class Huber(Residual):
    """rho(d) = d^2 / 2 for abs(d) <= delta, delta (abs(d) - delta / 2) beyond (Huber, 1964)."""

    delta: float = param(
        default=1.0,
        range=Range(0, low_open=True),
        doc="residual from which on the loss grows linearly",
    )

    def rho(self, residuals: Tensor) -> Tensor:
        """Quadratic near zero, linear far away; once differentiable everywhere."""
        from torch.nn.functional import huber_loss

        return huber_loss(
            residuals,
            residuals.new_zeros(()).expand_as(residuals),
            reduction="none",
            delta=self.delta,
        )
