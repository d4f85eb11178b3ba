"""How large the networks will be, known without building them (and without torch)."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import Any

import attrs

from gflowspec.compiler.program import Node, NodeKind, Program
from gflowspec.components.encoders.base import Encoder
from gflowspec.components.encoders.mlp import MLP
from gflowspec.components.encoders.tabular import Tabular
from gflowspec.ir.derived import Codec

#: Numbers for each field under ``input = embedding``; ``nets.mlp`` has the same constant.
EMBEDDING_WIDTH = 16


@attrs.frozen(kw_only=True)
class ModelShape:
    """A network, or one of its heads.

    Attributes:
        parameters: Number of trained numbers; None for an encoder of another package.
        shape: Widths from input to output; for a table, rows and columns.
        shared: Whether more than one head reads it, or for a head, whether its trunk is shared.
    """

    parameters: int | None
    shape: tuple[int, ...]
    shared: bool

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {"parameters": self.parameters, "shape": list(self.shape), "shared": self.shared}


def model_shapes(program: Program, encoder: Encoder, codec: Codec) -> dict[str, ModelShape]:
    """Shapes of ``encoder`` (all trunks together), ``forward``, ``backward`` and ``flow``."""
    trunks = program.of_kind(NodeKind.TRUNK)
    heads = program.of_kind(NodeKind.HEAD)
    shared = len(trunks) < len(heads)
    widths = _widths(encoder, codec)
    count = _trunk_parameters(encoder, codec, widths)
    shapes = {
        "encoder": ModelShape(
            parameters=None if count is None else count * len(trunks), shape=widths, shared=shared
        )
    }
    for node in heads:
        shapes[node.name.removeprefix("head.")] = _head(node, encoder, widths, shared)
    return shapes


def _head(node: Node, encoder: Encoder, widths: tuple[int, ...], shared: bool) -> ModelShape:
    inputs = widths[-1] if widths else 0
    bias = 0 if isinstance(encoder, Tabular) else node.width
    parameters = inputs * node.width + bias
    return ModelShape(parameters=parameters, shape=(inputs, node.width), shared=shared)


def _widths(encoder: Encoder, codec: Codec) -> tuple[int, ...]:
    if isinstance(encoder, Tabular):
        return (prod(field.size for field in codec.fields),)
    if not isinstance(encoder, MLP):
        return ()
    inputs = {
        "ordinal": codec.width,
        "embedding": codec.width * EMBEDDING_WIDTH,
    }.get(encoder.input, codec.one_hot_width)
    return (inputs, *encoder.hidden)


def _trunk_parameters(encoder: Encoder, codec: Codec, widths: tuple[int, ...]) -> int | None:
    if isinstance(encoder, Tabular):
        return 0
    if not isinstance(encoder, MLP):
        return None
    dense = sum(inputs * outputs + outputs for inputs, outputs in pairwise(widths))
    vectors = codec.one_hot_width * EMBEDDING_WIDTH if encoder.input == "embedding" else 0
    return dense + vectors
