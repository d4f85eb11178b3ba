from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gflowspec.components.encoders.base import Encoder
from gflowspec.core.schema import Range, component, param
from gflowspec.ir.derived import Place

if TYPE_CHECKING:
    from torch import nn

    from gflowspec.ir.derived import Codec


@component("encoder", "transformer")
class Transformer(Encoder):
    """Attention over a token for each entry of arrays, position of sequences and member of sets.

    A token in front of all (BOS) holds the single variables, and is what heads read. Positions
    behind the end of a sequence and what is not in a set are no tokens (Vaswani et al. 2017).
    """

    reads_collections: ClassVar[bool] = True

    width: int = param(default=64, range=Range(1), doc="numbers of a token")
    heads: int = param(default=8, range=Range(1), doc="heads of attention; they divide `width`")
    layers: int = param(default=3, range=Range(1), doc="number of layers")
    feed_forward: int = param(default=64, range=Range(1), doc="width of the perceptrons between")
    dropout: float = param(
        default=0.0,
        range=Range(0, 1, high_open=True),
        doc="in training alone: targets, evaluation and samples are without",
    )
    norm: str = param(
        default="post", choices=("post", "pre"), doc="where activations are normalised"
    )
    activation: str = param(
        default="relu", choices=("relu", "gelu"), doc="non-linearity of the perceptrons"
    )
    positions: str = param(
        default="sinusoidal",
        choices=("sinusoidal", "learned", "none"),
        doc="how a token knows its place in an array or a sequence; members of sets have none",
    )

    @property
    def is_noisy(self) -> bool:
        """Whether there is dropout."""
        return self.dropout > 0

    def module(self, codec: Codec) -> nn.Module:
        """The trunk."""
        from gflowspec.components.nets.transformer import TransformerTrunk

        return TransformerTrunk(codec, self)

    def widths(self, codec: Codec) -> tuple[int, ...]:
        """The width of a token in front of and behind each layer."""
        del codec
        return (self.width,) * (self.layers + 1)

    def parameters(self, codec: Codec) -> int:
        """Vectors of codes, BOS and places, and the layers."""
        ordered = sum(item.place in (Place.ENTRY, Place.POSITION) for item in codec.fields)
        learned = ordered if self.positions == "learned" else 0
        norms = 2 * self.width if self.norm == "pre" else 0
        attention = 4 * self.width * (self.width + 1)
        perceptron = 2 * self.width * self.feed_forward + self.width + self.feed_forward
        layer = attention + perceptron + 4 * self.width
        vectors = rows_of(codec)[1] + 1 + learned
        return vectors * self.width + self.layers * layer + norms


def rows_of(codec: Codec) -> tuple[tuple[int, ...], int]:
    """Where the vectors of each field begin in one table, and how many there are.

    Entries of one array, and positions of one sequence, share theirs; every single variable and
    every member of a set has its own.
    """
    widest: dict[str, int] = {}
    for item in codec.fields:
        widest[item.variable] = max(widest.get(item.variable, 0), item.size)
    starts: list[int] = []
    first: dict[str, int] = {}
    total = 0
    for item in codec.fields:
        if item.place is Place.MEMBER:
            starts.append(total)
            total += item.size
            continue
        if item.variable not in first:
            first[item.variable] = total
            total += widest[item.variable]
        starts.append(first[item.variable])
    return tuple(starts), total
