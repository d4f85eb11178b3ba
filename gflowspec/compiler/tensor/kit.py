"""What all programs of one environment share."""

from __future__ import annotations

import attrs
import torch

from gflowspec.compiler.tensor.builder import Builder
from gflowspec.compiler.tensor.layout import Layout
from gflowspec.compiler.tensor.lower import Lowering
from gflowspec.compiler.tensor.tables import Tables
from gflowspec.ir.derived import Derived


@attrs.frozen(eq=False)
class Kit:
    """State layout, compile-time tables and device of one environment."""

    layout: Layout
    tables: Tables
    device: torch.device

    @classmethod
    def of(cls, derived: Derived, table_limit: int, device: torch.device) -> Kit:
        """The kit of an environment; tables have at most ``table_limit`` entries."""
        environment = derived.environment
        layout = Layout(environment, derived.codec)
        return cls(layout, Tables(environment, table_limit), device)

    def lowering(self, rows: int = 0) -> Lowering:
        """A fresh program with so many row inputs."""
        return Lowering(Builder(self.layout.width, rows, self.device), self.layout, self.tables)
