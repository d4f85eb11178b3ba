"""The enumerated environment, made once, with what is looked up in it by state."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs
import torch
from torch import Tensor

from gflowspec.components.contracts import StateTable
from gflowspec.executor.exact import RankedGraph, log_target, path_counts

if TYPE_CHECKING:
    from gflowspec.compiler.environment import Environment


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Tables:
    """A state table with its sweeps and its index.

    Attributes:
        environment: What was enumerated.
        table: All states and edges.
    """

    environment: Environment
    table: StateTable

    @classmethod
    def of(cls, environment: Environment, limit: int) -> Tables:
        """Enumerate.

        Raises:
            TooManyStates: There are more than ``limit`` states.
        """
        return cls(environment=environment, table=environment.enumerate(limit))

    @cached_property
    def graph(self) -> RankedGraph:
        """Edges in the order of the sweeps."""
        return RankedGraph.of(self.table)

    @cached_property
    def log_paths(self) -> Tensor:
        """Log number of trajectories from the source to each state, float64 [S]."""
        return path_counts(self.graph).to(self.table.states.device)

    @cached_property
    def log_target(self) -> Tensor:
        """Log target law, float64 [S]; -inf where a state does not terminate."""
        return log_target(self.table)

    @cached_property
    def by_parent(self) -> tuple[Tensor, Tensor]:
        """Edges in the order of the states they leave, int64 [M], and those states, sorted."""
        return _sorted(self.table.parent)

    @cached_property
    def by_child(self) -> tuple[Tensor, Tensor]:
        """Edges in the order of the states they enter, int64 [M], and those states, sorted."""
        return _sorted(self.table.child)

    @cached_property
    def _index(self) -> tuple[Tensor, Tensor]:
        keys, order = self.environment.state_index(self.table.states).sort()
        return keys, order

    def rows(self, states: Tensor) -> Tensor:
        """Rows in the table, int64 [N], of reachable states int64 [N, W]."""
        keys, order = self._index
        return order[torch.searchsorted(keys, self.environment.state_index(states))]


def _sorted(ends: Tensor) -> tuple[Tensor, Tensor]:
    found, order = ends.sort(stable=True)
    return order, found
