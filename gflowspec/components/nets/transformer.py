"""Attention over tokens of a state, with a token in front that stands for all of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from gflowspec.components.encoders.transformer import Transformer, rows_of
from gflowspec.components.nets.heads import Head, LinearHead, TokenHead
from gflowspec.components.nets.trunk import Acting, Trunk
from gflowspec.ir.derived import Codec, Place

#: Places whose code 0 says that there is nothing.
PADDED = frozenset({Place.POSITION, Place.MEMBER})

#: Places that have an order.
ORDERED = frozenset({Place.ENTRY, Place.POSITION})


class TransformerTrunk(Trunk):
    """BOS and one token for each entry, position and member, through ``torch.nn`` layers.

    Args:
        codec: The fields of a state.
        settings: The encoder as it was declared.
    """

    singles: Tensor
    columns: Tensor
    starts: Tensor
    padded: Tensor
    places: Tensor

    def __init__(self, codec: Codec, settings: Transformer) -> None:
        super().__init__()
        self.width = width = settings.width
        fields = codec.fields
        starts, rows = rows_of(codec)
        columns = [j for j, item in enumerate(fields) if item.place is not Place.SCALAR]
        singles = [j for j, item in enumerate(fields) if item.place is Place.SCALAR]
        self._buffer("columns", torch.tensor(columns, dtype=torch.int64))
        self._buffer("singles", torch.tensor(singles, dtype=torch.int64))
        self._buffer("starts", torch.tensor(starts))
        self._buffer("padded", torch.tensor([fields[j].place in PADDED for j in columns]))
        self._has_padding = any(fields[j].place in PADDED for j in columns)
        self.vectors = nn.Parameter(torch.randn(rows, width))
        self.begin = nn.Parameter(torch.randn(width))
        self._ordered = [i for i, j in enumerate(columns) if fields[j].place in ORDERED]
        offsets = [fields[columns[i]].offset for i in self._ordered]
        self._buffer("places", torch.zeros(len(columns), width))
        self.learned: nn.Parameter | None = None
        if settings.positions == "learned":
            self.learned = nn.Parameter(torch.randn(len(self._ordered), width))
        elif settings.positions == "sinusoidal":
            self.places[self._ordered] = sinusoidal(torch.tensor(offsets), width)
        layer = nn.TransformerEncoderLayer(
            width,
            settings.heads,
            settings.feed_forward,
            dropout=settings.dropout,
            activation=settings.activation,
            batch_first=True,
            norm_first=settings.norm == "pre",
        )
        last = nn.LayerNorm(width) if settings.norm == "pre" else None
        self.encoder = nn.TransformerEncoder(
            layer, settings.layers, norm=last, enable_nested_tensor=False
        )
        for part in self.encoder.layers[1:]:
            part.apply(_draw_again)

    def _buffer(self, name: str, value: Tensor) -> None:
        self.register_buffer(name, value, persistent=False)

    def forward(self, states: Tensor, kept: tuple[Tensor, ...] = ()) -> Tensor:
        """int64 [N, W] -> float [N, (1 + T) * width]: BOS, then the T tokens.

        What comes out where there is no token means nothing. See ``Trunk``; nothing is kept.
        """
        del kept
        codes = states.index_select(1, self.columns)
        tokens = functional.embedding(codes + self.starts[self.columns], self.vectors)
        tokens = tokens + self._places()
        single = states.index_select(1, self.singles) + self.starts[self.singles]
        front = self.begin + functional.embedding(single, self.vectors).sum(1)
        found = torch.cat([front.unsqueeze(1), tokens], 1)
        if not found.shape[0]:
            return found.flatten(1)  # which torch's attention cannot reshape
        absent = None
        if self._has_padding:
            absent = functional.pad(self.padded & (codes == 0), (1, 0))
        hidden: Tensor = self.encoder(found, src_key_padding_mask=absent)
        return hidden.flatten(1)

    def _places(self) -> Tensor:
        """[T, width], what the places add."""
        if self.learned is None:
            return self.places
        index = torch.tensor(self._ordered, dtype=torch.int64, device=self.learned.device)
        return self.places.index_copy(0, index, self.learned)

    def acting(self, rows: int) -> Acting:
        """The same; nothing to keep."""
        del rows
        return lambda states: (self(states), ())

    def head(self, outputs: int, *, zero: bool) -> Head:
        """A linear head on BOS."""
        return LinearHead(self.width, outputs, zero=zero)

    def token_head(self, columns: Sequence[int] | None, outputs: int) -> Head | None:
        """A linear head on the tokens of the columns."""
        if columns is None:
            return None
        tokens = {column: 1 + i for i, column in enumerate(self.columns.tolist())}
        return TokenHead(self.width, [tokens[column] for column in columns], outputs)


def sinusoidal(places: Tensor, width: int) -> Tensor:
    """[T] -> [T, width]: sin and cos of place / 10000^(2i / width) in turn."""
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angles = places.unsqueeze(1) * rates
    return torch.stack([angles.sin(), angles.cos()], 2).flatten(1)[:, :width]


def _draw_again(part: nn.Module) -> None:
    """New weights: ``torch.nn.TransformerEncoder`` copies those of its first layer."""
    if isinstance(part, nn.MultiheadAttention):
        part._reset_parameters()
    elif isinstance(part, nn.Linear | nn.LayerNorm):
        part.reset_parameters()
