"""One row of values for each state."""

from __future__ import annotations

import math
from itertools import accumulate

import torch
from torch import Tensor

from gflowspec.components.nets.heads import Head, TableHead
from gflowspec.components.nets.trunk import Acting, Trunk
from gflowspec.ir.derived import Codec


class TabularTrunk(Trunk):
    """The row of a state: its key in mixed radix, first field most significant.

    The table has a row for every combination of codes, reachable or not.
    """

    strides: Tensor

    def __init__(self, codec: Codec) -> None:
        super().__init__()
        sizes = [field.size for field in codec.fields]
        self.width = 1
        self.rows = math.prod(sizes)
        after = list(accumulate(reversed(sizes), initial=1, func=lambda a, b: a * b))
        self.register_buffer("strides", torch.tensor(after[-2::-1]), persistent=False)

    def forward(self, states: Tensor, kept: tuple[Tensor, ...] = ()) -> Tensor:
        """int64 [N, W] -> int64 [N]; there is nothing to skip."""
        del kept
        return (states * self.strides).sum(1)

    def acting(self, rows: int) -> Acting:
        """int64 [n, W] -> int64 [n]; nothing to keep."""
        del rows
        return lambda states: ((states * self.strides).sum(1), ())

    def head(self, outputs: int, *, zero: bool) -> Head:
        """A table of zeros, whatever ``zero`` says: every row starts alike."""
        del zero
        return TableHead(self.rows, outputs)
