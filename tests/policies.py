"""Tabular policies on a state table, from logits, in float64."""

from __future__ import annotations

import torch

from gflowspec.components.contracts import StateTable


def backward_law(table: StateTable, logits: torch.Tensor) -> torch.Tensor:
    """Log P_B [M]: a softmax of logits [M] over the edges into each state."""
    return logits - _log_sum(logits, table.child, len(table.rank))[table.child]


def forward_law(
    table: StateTable, logits: torch.Tensor, stop_logits: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Log P_F [M] and of stop [S] (0 where forced, -inf where there is no end)."""
    may_stop = table.terminating & ~table.forced
    states = torch.arange(len(table.rank))
    total = _log_sum(
        torch.cat([logits, stop_logits[may_stop]]),
        torch.cat([table.parent, states[may_stop]]),
        len(states),
    )
    stop = torch.full((len(states),), float("-inf"), dtype=torch.float64)
    stop = stop.masked_scatter(may_stop, (stop_logits - total)[may_stop])
    return logits - total[table.parent], stop.masked_fill(table.forced, 0.0)


def random_logits(size: int, seed: int, scale: float = 1.0) -> torch.Tensor:
    """Normal logits [size]."""
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(size, generator=generator, dtype=torch.float64)


def random_backward(table: StateTable, seed: int) -> torch.Tensor:
    """A random full-support log P_B [M]."""
    return backward_law(table, random_logits(len(table.parent), seed))


def random_forward(table: StateTable, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A random full-support log P_F."""
    edges = random_logits(len(table.parent), seed)
    return forward_law(table, edges, random_logits(len(table.rank), seed + 1))


def _log_sum(values: torch.Tensor, groups: torch.Tensor, size: int) -> torch.Tensor:
    """Log of the sums of exp(values) over groups, [size]; logits here are small."""
    zeros = torch.zeros(size, dtype=torch.float64)
    return zeros.index_add(0, groups, values.exp()).log()
