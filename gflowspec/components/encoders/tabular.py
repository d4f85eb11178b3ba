from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from gflowspec.components.encoders.base import Encoder
from gflowspec.core.schema import component

if TYPE_CHECKING:
    from torch import nn

    from gflowspec.ir.derived import Codec


@component("encoder", "tabular")
class Tabular(Encoder):
    """One row of logits for each state: no generalisation, exact optima in the limit."""

    enumerates: ClassVar[bool] = True

    def widths(self, codec: Codec) -> tuple[int, ...]:
        """The number of rows."""
        return (prod(field.size for field in codec.fields),)

    def parameters(self, codec: Codec) -> int:
        """None of its own: the rows belong to the heads."""
        del codec
        return 0

    def head_parameters(self, codec: Codec, outputs: int) -> int:
        """A row of outputs for each state."""
        return self.widths(codec)[0] * outputs

    def module(self, codec: Codec) -> nn.Module:
        """The trunk: a state's row index by its mixed-radix key."""
        from gflowspec.components.nets.tabular import TabularTrunk

        return TabularTrunk(codec)
