from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.replay.base import Replay
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

#: Keeps an item without any error drawable.
_LEAST = 1e-8


@component("replay", "prioritized")
class PrioritizedReplay(Replay):
    """Transitions that cost much are drawn more often (Schaul et al., 2016).

    P(i) is proportional to (p_i + 1e-8)^alpha with p_i = c * rho(delta_i), computed when a
    transition is stored and again whenever it was drawn. With ``weighted``, its term in the loss
    has the weight (M P(i))^-beta over the greatest one of the batch, M the number of stored
    transitions.
    """

    size: int = param(default=100_000, range=Range(1), doc="transitions kept")
    batch: int | None = param(default=256, range=Range(1), doc="transitions drawn for an update")
    alpha: float = param(default=0.5, range=Range(0, 1), doc="exponent of the priorities; 0 is off")
    beta: float = param(
        default=0.0, range=Range(0, 1), doc="exponent of the importance weights; 1 undoes the bias"
    )
    weighted: bool = param(default=False, doc="whether importance weights enter the loss")

    @property
    def prioritized(self) -> bool:
        """True."""
        return True

    def shares(self, priorities: Tensor) -> Tensor:
        """(p_i + 1e-8)^alpha."""
        return (priorities + _LEAST).pow(self.alpha)

    def importance(self, probabilities: Tensor, stored: int) -> Tensor | None:
        """(M P(i))^-beta over their greatest."""
        if not self.weighted or self.beta == 0:
            return None
        weights = (stored * probabilities).pow(-self.beta)
        return weights / weights.max()
