"""Multilayer perceptron over the fields of a state, with a look-up as its first layer."""

from __future__ import annotations

from itertools import pairwise

import attrs
import torch
from torch import Tensor, nn

from gflowspec.components.nets.heads import Head, LinearHead
from gflowspec.components.nets.inputs import INPUTS, FixedInput, InputLayer, uniform
from gflowspec.components.nets.layered import Layered
from gflowspec.components.nets.layers import ACTIVATIONS, LINEAR, dense
from gflowspec.components.nets.trunk import Acting, Trunk
from gflowspec.ir.derived import Codec


class _Layer(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = uniform((inputs, outputs), fan_in=inputs)
        self.bias = uniform((outputs,), fan_in=inputs)


class MLPTrunk(Trunk):
    """f(... f(f(input W_0 + b_0) W_1 + b_1) ...); initial weights as in ``torch.nn.Linear``.

    Args:
        codec: The fields of a state.
        hidden: Widths of the layers; without any, the heads read the features themselves.
        activation: f, a key of ``ACTIVATIONS``.
        input: How a field enters the first layer, a key of ``INPUTS``.
    """

    def __init__(
        self, codec: Codec, *, hidden: tuple[int, ...], activation: str, input: str
    ) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[activation] if hidden else LINEAR
        self._activation_name = activation if hidden else "linear"
        self.input: InputLayer
        if hidden:
            self.input, self.width = INPUTS[input](codec, hidden[0]), hidden[-1]
        else:
            fixed = FixedInput(codec, input)
            self.input, self.width = fixed, fixed.table.shape[1]
        self.layers = nn.ModuleList(_Layer(a, b) for a, b in pairwise(hidden))

    def forward(self, states: Tensor, kept: tuple[Tensor, ...] = ()) -> Tensor:
        """int64 [N, W] -> float [N, width]; see ``Trunk``."""
        given: tuple[Tensor | None, ...] = kept or (None,) * (1 + len(self.layers))
        hidden: Tensor = self.input(states, self.activation, given[0])
        for (weight, bias), known in zip(self._parameters_of_layers(), given[1:], strict=True):
            hidden = dense(hidden, weight, bias, self.activation, known)
        return hidden

    def acting(self, rows: int) -> Acting:
        """int64 [n, W] -> float [n, width], and one float [n, width of layer] for each layer."""
        read = self.input.acting(rows)
        layers = [(bias.detach(), w.detach()) for w, bias in self._parameters_of_layers()]
        finish = self.activation.finish

        def evaluate(states: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
            hidden, keep = finish(read(states))
            kept = [keep]
            for bias, weight in layers:
                hidden, keep = finish(torch.addmm(bias, hidden, weight))
                kept.append(keep)
            return hidden, tuple(kept)

        return evaluate

    def layered(self) -> Layered:
        """See ``Trunk``."""
        first = self.input.layered()
        layers = [(w.detach(), bias.detach()) for w, bias in self._parameters_of_layers()]
        return attrs.evolve(
            first, products=(*first.products, *layers), activation=self._activation_name
        )

    def head(self, outputs: int, *, zero: bool) -> Head:
        """A linear head."""
        return LinearHead(self.width, outputs, zero=zero)

    def _parameters_of_layers(self) -> list[tuple[Tensor, Tensor]]:
        return [(x.weight, x.bias) for x in self.layers if isinstance(x, _Layer)]
