from __future__ import annotations

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

    def module(self, codec: Codec) -> nn.Module:
        """The trunk: a state's row index by its mixed-radix key."""
        from gflowspec.components.nets.tabular import TabularTrunk

        return TabularTrunk(codec)
