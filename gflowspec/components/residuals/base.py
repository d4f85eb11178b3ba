"""Residual functions: what is done to a balance residual before it is summed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from gflowspec.core.frozen import Frozen

if TYPE_CHECKING:
    from torch import Tensor


class Residual(Frozen, ABC):
    """A function rho with rho(0) = 0, smooth at 0, and positive elsewhere."""

    @abstractmethod
    def rho(self, residuals: Tensor) -> Tensor:
        """Rho of every residual; same shape, differentiable."""
