"""What all programs of one environment share."""

from __future__ import annotations

import attrs
import torch

from gflowspec.compiler.tensor.builder import Builder
from gflowspec.compiler.tensor.layout import Layout
from gflowspec.compiler.tensor.lower import Lowering
from gflowspec.compiler.tensor.tables import Tables
from gflowspec.core.source import Span
from gflowspec.ir.derived import Derived


@attrs.frozen(eq=False)
class Kit:
    """State layout, compile-time tables and device of one environment.

    Attributes:
        layout: Where state variables stand.
        tables: Compile-time tables.
        device: Device of all constants.
        float_comparisons: Places of comparisons that no exact lane could make, of all programs
            built so far.
    """

    layout: Layout
    tables: Tables
    device: torch.device
    float_comparisons: list[Span | None] = attrs.field(factory=list)

    @classmethod
    def of(cls, derived: Derived, table_limit: int, device: torch.device) -> Kit:
        """The kit of an environment; tables have at most ``table_limit`` entries."""
        environment = derived.environment
        layout = Layout(environment, derived.codec)
        return cls(layout, Tables(environment, table_limit), device)

    def lowering(self, rows: int = 0) -> Lowering:
        """A fresh program with so many row inputs."""
        builder = Builder(self.layout.width, rows, self.device)
        return Lowering(builder, self.layout, self.tables, self.float_comparisons)
