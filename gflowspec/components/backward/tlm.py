from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gflowspec.components.backward.base import TrainedBackward, negative_log_likelihood
from gflowspec.components.needs import BackwardNeed, BackwardOptimisation
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Trajectories


@component("backward", "tlm")
class TrajectoryLikelihoodMaximization(TrainedBackward):
    """Trajectory likelihood maximization (Gritsaev et al., 2025).

    L = -(1 / K) sum over trajectories of sum over edges of log P_B(s | s'), on the batch just
    sampled; no term for the stop step, no reward, no importance weight. The loss of P_F reads a
    lagging copy of P_B.
    """

    needs: ClassVar = frozenset({BackwardNeed.HEAD, BackwardNeed.TARGET})

    lr: float = param(
        type=float,
        range=Range(0, low_open=True),
        follows="train.optimizer.lr",
        doc="learning rate of P_B",
    )
    lr_decay: float = param(
        default=0.999, range=Range(0, 1, low_open=True), doc="factor on it after each update of P_B"
    )
    target_tau: float = param(
        default=0.25,
        range=Range(0, 1, low_open=True),
        doc="weight of the online P_B in the copy that the objective reads; 1 is no lag",
    )
    init: str = param(
        default="uniform",
        choices=("uniform", "random"),
        doc="P_B at the start: exactly uniform (a zero last layer), or a random network",
    )
    update: str = param(
        default="before",
        choices=("before", "after"),
        doc="whether P_B is updated before or after P_F in an iteration, on the same batch",
    )

    @property
    def optimisation(self) -> BackwardOptimisation:
        """From the settings."""
        return BackwardOptimisation(
            lr=self.lr,
            lr_decay=self.lr_decay,
            target_tau=self.target_tau,
            before=self.update == "before",
        )

    def loss(self, trajectories: Trajectories, log_pb: Tensor) -> Tensor:
        """Mean over trajectories of the sum over edges of -log P_B."""
        return negative_log_likelihood(trajectories, log_pb)
