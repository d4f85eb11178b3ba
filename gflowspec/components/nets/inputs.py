"""First layers: how the codes of a state enter a multilayer perceptron."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from gflowspec.components.encoders.mlp import EMBEDDING_WIDTH
from gflowspec.components.nets.layered import Layered
from gflowspec.components.nets.layers import Activation, dense, look_up
from gflowspec.ir.derived import Codec

#: States int64 [n, W] -> pre-activations float [n, H].
Read = Callable[[Tensor], Tensor]


class InputLayer(nn.Module):
    """A first layer: states int64 [N, W] -> activations float [N, H]."""

    @abstractmethod
    def forward(self, states: Tensor, activation: Activation, kept: Tensor | None) -> Tensor:
        """The activations; ``kept`` is what this layer kept at these states, or None."""

    @abstractmethod
    def acting(self, rows: int) -> Read:
        """Pre-activations of at most ``rows`` states a call, from the present parameters."""

    @abstractmethod
    def layered(self) -> Layered:
        """This layer as data, without its activation."""


class OneHotInput(InputLayer):
    """One-hot fields: the sum of one table row for each field."""

    offsets: Tensor

    def __init__(self, codec: Codec, outputs: int) -> None:
        super().__init__()
        self.table = uniform((codec.one_hot_width, outputs), fan_in=codec.one_hot_width)
        self.bias = uniform((outputs,), fan_in=codec.one_hot_width)
        self.register_buffer("offsets", field_offsets(codec), persistent=False)
        self._first = codec.fields[0].size

    def rows(self) -> Tensor:
        """The table [R, H] that is looked up."""
        return self.table

    def forward(self, states: Tensor, activation: Activation, kept: Tensor | None) -> Tensor:
        """See ``InputLayer``."""
        return look_up(states + self.offsets, self.rows(), self.bias, activation, kept)

    def acting(self, rows: int) -> Read:
        """With the bias inside the table: every state reads exactly one row of the first field."""
        table, first = self.rows().detach(), self._first
        table = torch.cat([table[:first] + self.bias.detach(), table[first:]])
        return _summed(table, self.offsets, rows)

    def layered(self) -> Layered:
        """See ``InputLayer``."""
        return Layered(input="sum", table=self.rows().detach(), bias=self.bias.detach())


class ThermometerInput(OneHotInput):
    """Code c of a field switches its first c + 1 inputs on: rows of a running sum."""

    running: Tensor

    def __init__(self, codec: Codec, outputs: int) -> None:
        super().__init__(codec, outputs)
        self.register_buffer("running", _thermometer(codec), persistent=False)

    def rows(self) -> Tensor:
        """Running sums of the table within each field."""
        return self.running @ self.table


class DenseInput(InputLayer):
    """A first layer on real features of the fields."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = uniform((inputs, outputs), fan_in=inputs)
        self.bias = uniform((outputs,), fan_in=inputs)

    @abstractmethod
    def features(self, states: Tensor) -> Tensor:
        """Float [N, inputs]."""

    def forward(self, states: Tensor, activation: Activation, kept: Tensor | None) -> Tensor:
        """See ``InputLayer``."""
        return dense(self.features(states), self.weight, self.bias, activation, kept)

    def acting(self, rows: int) -> Read:
        """See ``InputLayer``."""
        del rows
        weight, bias = self.product()
        return lambda states: torch.addmm(bias, self.features(states), weight)

    def product(self) -> tuple[Tensor, Tensor]:
        """Weight and bias, without a graph."""
        return self.weight.detach(), self.bias.detach()


class OrdinalInput(DenseInput):
    """Every field is one number, its code scaled to [0, 1]."""

    scale: Tensor

    def __init__(self, codec: Codec, outputs: int) -> None:
        super().__init__(codec.width, outputs)
        self.register_buffer("scale", _scale(codec), persistent=False)

    def features(self, states: Tensor) -> Tensor:
        """Scaled codes."""
        return states * self.scale

    def layered(self) -> Layered:
        """See ``InputLayer``."""
        return Layered(input="scaled", table=self.scale, products=(self.product(),))


class EmbeddingInput(DenseInput):
    """Every field is a learned vector; the vectors are joined."""

    offsets: Tensor

    def __init__(self, codec: Codec, outputs: int) -> None:
        super().__init__(codec.width * EMBEDDING_WIDTH, outputs)
        self.vectors = nn.Parameter(torch.randn(codec.one_hot_width, EMBEDDING_WIDTH))
        self.register_buffer("offsets", field_offsets(codec), persistent=False)

    def features(self, states: Tensor) -> Tensor:
        """Joined vectors."""
        return functional.embedding(states + self.offsets, self.vectors).flatten(1)

    def layered(self) -> Layered:
        """See ``InputLayer``."""
        return Layered(input="joined", table=self.vectors.detach(), products=(self.product(),))


class FixedInput(InputLayer):
    """The features themselves, for a perceptron without hidden layers.

    ``embedding`` has no features of its own and stands for ``one_hot``.
    """

    offsets: Tensor
    table: Tensor

    def __init__(self, codec: Codec, input: str) -> None:
        super().__init__()
        tables = {"thermometer": _thermometer, "ordinal": _ordinal}
        table = tables.get(input, lambda codec: torch.eye(codec.one_hot_width))(codec)
        self.register_buffer("table", table, persistent=False)
        self.register_buffer("offsets", field_offsets(codec), persistent=False)

    def forward(self, states: Tensor, activation: Activation, kept: Tensor | None) -> Tensor:
        """See ``InputLayer``; there is nothing to learn."""
        del activation, kept
        return functional.embedding_bag(states + self.offsets, self.table, mode="sum")

    def acting(self, rows: int) -> Read:
        """See ``InputLayer``."""
        return _summed(self.table, self.offsets, rows)

    def layered(self) -> Layered:
        """See ``InputLayer``."""
        return Layered(
            input="sum", table=self.table, bias=self.table.new_zeros(self.table.shape[1])
        )


#: First layers by their name in ``.gfs``.
INPUTS: dict[str, Callable[[Codec, int], InputLayer]] = {
    "one_hot": OneHotInput,
    "thermometer": ThermometerInput,
    "ordinal": OrdinalInput,
    "embedding": EmbeddingInput,
}


def uniform(shape: tuple[int, ...], *, fan_in: int) -> nn.Parameter:
    """U(-1/sqrt(fan_in), 1/sqrt(fan_in)) from torch's current generator."""
    bound = 1 / math.sqrt(fan_in)
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))


def field_offsets(codec: Codec) -> Tensor:
    """First row of each field in a table over all fields, int64 [W]."""
    sizes = torch.tensor([field.size for field in codec.fields])
    return sizes.cumsum(0) - sizes


def _summed(table: Tensor, offsets: Tensor, rows: int) -> Read:
    """Sums of table rows, with few operations a call."""
    fields = offsets.shape[0]
    starts = torch.arange(0, rows * fields, fields, device=table.device)

    def read(states: Tensor) -> Tensor:
        index = (states + offsets).view(-1)
        # The functional form would make `starts` anew in every call; mode 0 is the sum.
        return torch.embedding_bag(table, index, starts[: states.shape[0]], False, 0, False)[0]

    return read


def _thermometer(codec: Codec) -> Tensor:
    """Float [R, R]: the row of a code is 1 at all codes of its field up to itself."""
    return torch.block_diag(*(torch.ones(item.size, item.size).tril() for item in codec.fields))


def _ordinal(codec: Codec) -> Tensor:
    """Float [R, W]: the row of a code is its scaled value in the column of its field."""
    parts = zip(codec.fields, _scale(codec).tolist(), strict=True)
    return torch.block_diag(*(torch.arange(f.size).unsqueeze(1) * scale for f, scale in parts))


def _scale(codec: Codec) -> Tensor:
    """One over the largest code of each field, float [W]."""
    return torch.tensor([1 / max(1, field.size - 1) for field in codec.fields])
