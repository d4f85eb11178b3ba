"""Output heads. Values are action-major: [A, N], actions first.

A softmax over a few actions is ten times as fast along the first dimension, where it runs over
contiguous states, as along a last dimension of length five. A rollout evaluates few states at a
time and wants one row for each: ``rows`` prepares that form once.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from gflowspec.components.nets.layers import action_major

#: Stands for minus infinity in logits: finite, so that no product with it is NaN.
ILLEGAL = -1e30


class Head(nn.Module):
    """A map from the trunk's output to A values for each state."""

    @abstractmethod
    def forward(self, hidden: Tensor) -> Tensor:
        """Output of the trunk for N states -> [A, N]."""

    def logits(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The values [A, N] as logits of a policy over the legal actions, bool [A, N].

        What they are at illegal actions means nothing.
        """
        del mask
        return self.forward(hidden)

    @abstractmethod
    def offset(self) -> Tensor:
        """[A], the part of the values that no state changes."""

    @abstractmethod
    def rows(self) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        """Logits less offset, plus a start.

        The arguments are the output of the trunk for n states, the start [n, A], which may be
        overwritten, and the legal actions, bool [n, A].
        Copies of the parameters are read: valid until they change.
        """


class LinearHead(Head):
    """A linear map of the first H numbers of the trunk's output.

    Args:
        inputs: H; the whole output of a perceptron, the token in front of a transformer.
        outputs: A.
        zero: Start at zero everywhere; otherwise as ``torch.nn.Linear`` does.
    """

    def __init__(self, inputs: int, outputs: int, *, zero: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        if not zero:
            bound = 1 / math.sqrt(inputs)
            nn.init.uniform_(self.weight, -bound, bound)
            nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, hidden: Tensor) -> Tensor:
        """[N, at least H] -> [A, N]."""
        return action_major(hidden[:, : self.weight.shape[1]], self.weight, self.bias)

    def offset(self) -> Tensor:
        """The bias."""
        return self.bias.detach()

    def rows(self) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        """One product with the weight as it is."""
        # Three times as fast for few actions as with a transposed copy, and no slower for many.
        weight = self.weight.detach()
        inputs = weight.shape[1]
        return lambda hidden, start, _mask: nn.functional.linear(hidden[:, :inputs], weight).add_(
            start
        )


class TokenHead(Head):
    """One linear map of several tokens of a transformer.

    Args:
        width: Numbers of a token.
        tokens: Their places behind the token in front, which is 0.
        outputs: V; there are as many values for each token, one token after the other.
    """

    chosen: Tensor

    def __init__(self, width: int, tokens: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.map = nn.Linear(width, outputs)
        self.register_buffer("chosen", torch.tensor(tokens), persistent=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """[N, (1 + T) * width] -> [tokens * V, N]."""
        tokens = hidden.unflatten(1, (-1, self.map.in_features)).index_select(1, self.chosen)
        values: Tensor = self.map(tokens)
        return values.flatten(1).t()

    def offset(self) -> Tensor:
        """The bias, once for each token."""
        return self.map.bias.detach().repeat(self.chosen.shape[0])

    def rows(self) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        """The values themselves, less the bias."""
        offset = self.offset()
        return lambda hidden, start, _mask: self(hidden).detach().t() - offset + start


class TableHead(Head):
    """A row of A values for each state, all zero at first."""

    def __init__(self, rows: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(rows, outputs))

    def forward(self, hidden: Tensor) -> Tensor:
        """Rows int64 [N] -> [A, N]."""
        return nn.functional.embedding(hidden, self.weight).t()

    def offset(self) -> Tensor:
        """Zeros: a table has no common part."""
        return self.weight.new_zeros(self.weight.shape[1])

    def rows(self) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        """The rows of the table."""
        weight = self.weight.detach()
        return lambda hidden, start, _mask: weight.index_select(0, hidden).add_(start)
