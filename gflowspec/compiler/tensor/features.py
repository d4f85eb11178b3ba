"""Codes as inputs of a network."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from gflowspec.ir.derived import Codec

Kind = Literal["one_hot", "ordinal", "thermometer"]


class Features:
    """Feature maps of one codec.

    Attributes:
        offsets: int64 [W], the first one-hot place of each field.
        width: Length of the one-hot vector.
    """

    def __init__(self, codec: Codec, device: torch.device) -> None:
        sizes = torch.tensor([field.size for field in codec.fields], dtype=torch.int64)
        self.offsets = (torch.cumsum(sizes, 0) - sizes).to(device)
        self.width = codec.one_hot_width
        self._scale = (1.0 / (sizes - 1).clamp(min=1)).to(device)
        self._sizes = sizes

    def index(self, states: Tensor) -> Tensor:
        """Places of the ones in the one-hot vector, int64 [B, W]: offset_j + code_j.

        A first linear layer on ``one_hot`` is the sum of the rows of its weight at these places.
        """
        return states + self.offsets

    def one_hot(self, states: Tensor) -> Tensor:
        """Float [B, one_hot_width]; one block for each field."""
        zeros = torch.zeros((states.shape[0], self.width), device=states.device)
        return zeros.scatter_(1, self.index(states), 1.0)

    def ordinal(self, states: Tensor) -> Tensor:
        """Float [B, W]: code / (size - 1), in [0, 1]; an empty slot is 0."""
        return states * self._scale

    def thermometer(self, states: Tensor) -> Tensor:
        """Float [B, sum of (size - 1)]: place t of a field is 1 where its code is above t."""
        columns, steps = self._thermometers
        return (states.index_select(1, columns) > steps).to(torch.get_default_dtype())

    @cached_property
    def _thermometers(self) -> tuple[Tensor, Tensor]:
        """Column of the state and step of each place, int64 [F]; made when first asked for."""
        columns = torch.arange(len(self._sizes)).repeat_interleave((self._sizes - 1).clamp(min=0))
        steps = [torch.arange(int(size) - 1) for size in self._sizes if size > 1]
        together = torch.cat(steps or [torch.zeros(0, dtype=torch.int64)])
        device = self.offsets.device
        return columns.to(device), together.to(device)
