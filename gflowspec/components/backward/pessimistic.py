from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gflowspec.components.backward.base import TrainedBackward, negative_log_likelihood
from gflowspec.components.needs import BackwardNeed, BackwardOptimisation
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Trajectories


@component("backward", "pessimistic")
class PessimisticBackward(TrainedBackward):
    """Pessimistic backward policy (Jang et al., 2024).

    P_B maximises the likelihood of trajectories that were observed recently,
    L = -(1 / K) sum over trajectories of sum over edges of log P_B(s | s'), on one batch drawn
    uniformly from the last ``buffer`` ones. The loss of P_F reads the live P_B: there is no
    lagging copy and no decay.
    """

    needs: ClassVar = frozenset({BackwardNeed.HEAD})

    lr: float = param(
        type=float,
        range=Range(0, low_open=True),
        follows="train.optimizer.lr",
        doc="learning rate of P_B",
    )
    buffer: int = param(
        default=20,
        range=Range(1),
        doc="recent batches, the newest included, of which an update of P_B sees one",
    )
    updates: int = param(
        default=1,
        range=Range(1),
        doc="updates of P_B in each iteration; the authors of the method use 8",
    )
    init: str = param(
        default="uniform",
        choices=("uniform", "random"),
        doc="P_B at the start: exactly uniform (a zero last layer), or a random network",
    )

    @property
    def optimisation(self) -> BackwardOptimisation:
        """From the settings."""
        return BackwardOptimisation(lr=self.lr, batches=self.buffer, updates=self.updates)

    def loss(self, trajectories: Trajectories, log_pb: Tensor) -> Tensor:
        """Mean over trajectories of the sum over edges of -log P_B."""
        return negative_log_likelihood(trajectories, log_pb)
