from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.residuals.base import Residual
from gflowspec.core.schema import component

if TYPE_CHECKING:
    from torch import Tensor


@component("residual", "squared")
class Squared(Residual):
    """rho(d) = d^2."""

    def rho(self, residuals: Tensor) -> Tensor:
        """The square of every residual."""
        return residuals.square()
