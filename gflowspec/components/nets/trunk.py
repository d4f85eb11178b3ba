"""What the engine asks of an encoder's module."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

from torch import Tensor, nn

from gflowspec.components.nets.heads import Head
from gflowspec.components.nets.layered import Layered

#: States int64 [n, W] -> output of the trunk, and what its ``forward`` needs to skip its products.
Acting = Callable[[Tensor], tuple[Tensor, tuple[Tensor, ...]]]


class Trunk(nn.Module):
    """Maps encoded states to what heads read.

    Attributes:
        width: Length of the output vector; 1 for a trunk that only looks rows up.
    """

    width: int

    @abstractmethod
    def forward(self, states: Tensor, kept: tuple[Tensor, ...] = ()) -> Tensor:
        """Encoded states int64 [N, W] -> what the heads read, one row for each state.

        Args:
            states: int64 [N, W].
            kept: What ``acting`` kept at these states with the present parameters; the forward
                products are then not repeated. Empty computes everything.
        """

    @abstractmethod
    def acting(self, rows: int) -> Acting:
        """The same map for a rollout: no graph, few operations, at most ``rows`` states a call.

        It reads copies of the parameters where that saves work: valid until they change.
        """

    def layered(self) -> Layered | None:
        """The trunk as data, with its present parameters; None if it is no perceptron."""
        return None

    @abstractmethod
    def head(self, outputs: int, *, zero: bool) -> Head:
        """A new head: output of this trunk -> action-major values [outputs, N].

        Args:
            outputs: A.
            zero: Start at zero everywhere: a uniform policy.
        """

    def token_head(self, columns: Sequence[int] | None, outputs: int) -> Head | None:
        """A new head that says ``outputs`` values of each of some columns of the state.

        Args:
            columns: Of entries of arrays, or None.
            outputs: V; the values are [columns * V, N].

        Returns:
            None where there are no columns, or the trunk has nothing to say of each.
        """
        del columns, outputs
        return None
