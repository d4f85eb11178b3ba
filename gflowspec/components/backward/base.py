"""Backward rules: where log P_B comes from, and who trains it.

P_B is a function of the child alone. A rule declares what it needs and who owns the P_B head; the
engine keeps heads, copies and optimisers, and applies the stop-gradients that follow:
log P_B enters the loss of P_F with a gradient only under ``Owner.OBJECTIVE``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from gflowspec.components.needs import BackwardNeed, Owner
from gflowspec.core.frozen import Frozen

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import BackwardFacts, Trajectories
    from gflowspec.components.needs import BackwardOptimisation


class BackwardRule(Frozen, ABC):
    """One way to have a P_B.

    Attributes:
        owner: Whose optimiser trains the P_B head.
        needs: What the engine has to provide.
    """

    owner: ClassVar[Owner]
    needs: ClassVar[frozenset[BackwardNeed]]


class FixedBackward(BackwardRule):
    """A P_B without parameters."""

    owner: ClassVar[Owner] = Owner.NOBODY

    @abstractmethod
    def log_pb(self, facts: BackwardFacts) -> Tensor:
        """Log P_B of each edge, float64 [E]."""


class LearnedBackward(BackwardRule):
    """A P_B with a head.

    Attributes:
        init: ``uniform`` (the last layer is zero) or ``random`` (default initialisation).
    """

    init: str


class TrainedBackward(LearnedBackward):
    """A P_B with a loss and an optimiser of its own."""

    owner: ClassVar[Owner] = Owner.BACKWARD

    @property
    @abstractmethod
    def optimisation(self) -> BackwardOptimisation:
        """How its optimiser runs."""

    @abstractmethod
    def loss(self, trajectories: Trajectories, log_pb: Tensor) -> Tensor:
        """The loss of P_B, a scalar.

        Args:
            trajectories: The batch just sampled, or a recent one if ``optimisation`` says so; it
                is data, without gradient.
            log_pb: float [E], live log P_B of its edges.
        """


def negative_log_likelihood(trajectories: Trajectories, log_pb: Tensor) -> Tensor:
    """Mean over trajectories of the sum over edges of -log P_B, a scalar; ``log_pb`` is [E]."""
    return -log_pb.sum() / max(1, trajectories.size)
