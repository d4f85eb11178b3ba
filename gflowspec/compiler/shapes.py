"""How large the networks will be, known without building them (and without torch)."""

from __future__ import annotations

from typing import Any

import attrs

from gflowspec.compiler.program import NodeKind, Program
from gflowspec.components.encoders.base import Encoder
from gflowspec.components.heads.base import ForwardHead
from gflowspec.components.needs import Estimate
from gflowspec.ir.derived import Derived


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


def model_shapes(
    program: Program, encoder: Encoder, head: ForwardHead, derived: Derived
) -> dict[str, ModelShape]:
    """Shapes of ``encoder`` (all trunks together), ``forward``, ``backward`` and ``flow``."""
    trunks = program.of_kind(NodeKind.TRUNK)
    heads = program.of_kind(NodeKind.HEAD)
    shared = len(trunks) < len(heads)
    codec = derived.codec
    count, widths = encoder.parameters(codec), encoder.widths(codec)
    shapes = {
        "encoder": ModelShape(
            parameters=None if count is None else count * len(trunks), shape=widths, shared=shared
        )
    }
    for node in heads:
        outputs = node.width
        if node.gives is Estimate.LOG_PF:
            outputs = head.outputs(derived, tokens=encoder.reads_collections)
        shapes[node.name.removeprefix("head.")] = ModelShape(
            parameters=encoder.head_parameters(codec, outputs),
            shape=(widths[-1] if widths else 0, node.width),
            shared=shared,
        )
    return shapes
