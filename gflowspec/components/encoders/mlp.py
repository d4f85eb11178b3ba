from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from gflowspec.components.encoders.base import Encoder
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import nn

    from gflowspec.ir.derived import Codec

#: Numbers for each field under ``input = embedding``.
EMBEDDING_WIDTH = 16


@component("encoder", "mlp")
class MLP(Encoder):
    """A multilayer perceptron over the fields of the state."""

    hidden: tuple[int, ...] = param(
        default=(256, 256), range=Range(1), item=int, doc="widths of the hidden layers"
    )
    activation: str = param(
        default="relu",
        choices=("relu", "gelu", "silu", "tanh", "leaky_relu"),
        doc="non-linearity after every hidden layer",
    )
    input: str = param(
        default="one_hot",
        choices=("one_hot", "ordinal", "thermometer", "embedding"),
        doc="how a field becomes numbers; `ordinal` scales its code to [0, 1]",
    )

    def widths(self, codec: Codec) -> tuple[int, ...]:
        """See ``Encoder``."""
        inputs = {
            "ordinal": codec.width,
            "embedding": codec.width * EMBEDDING_WIDTH,
        }.get(self.input, codec.one_hot_width)
        return (inputs, *self.hidden)

    def parameters(self, codec: Codec) -> int:
        """See ``Encoder``."""
        layers = pairwise(self.widths(codec))
        dense = sum(inputs * outputs + outputs for inputs, outputs in layers)
        vectors = codec.one_hot_width * EMBEDDING_WIDTH if self.input == "embedding" else 0
        return dense + vectors

    def module(self, codec: Codec) -> nn.Module:
        """The trunk; its width is the last hidden width, or that of the input without one."""
        from gflowspec.components.nets.mlp import MLPTrunk

        return MLPTrunk(codec, hidden=self.hidden, activation=self.activation, input=self.input)
