"""The policy on every edge of an enumerated environment, in float64."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gflowspec.components.backward.base import FixedBackward
from gflowspec.components.contracts import BackwardFacts, ExactView
from gflowspec.components.needs import BackwardNeed
from gflowspec.executor.errors import NotFinite
from gflowspec.executor.estimates import estimated_log_z, log_probabilities
from gflowspec.executor.exact import choices

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.components.nets.networks import Networks
    from gflowspec.executor.tables import Tables

#: States whose values are computed at once.
CHUNK = 16_384


@torch.no_grad()
def exact_view(experiment: Experiment, tables: Tables) -> ExactView:
    """Evaluate the networks once at all states.

    Uses the averaged weights where there are any, and the online P_B.

    Raises:
        NotFinite: A policy is NaN somewhere.
    """
    networks = experiment.policy
    log_pf, log_pf_stop = _forward(networks, tables)
    log_flow = _flows(networks, tables) if "flow" in networks.trunk_of else None
    log_z = estimated_log_z(experiment)
    view = ExactView(
        table=tables.table,
        log_pf=log_pf,
        log_pf_stop=log_pf_stop,
        log_pb=_backward(experiment, tables),
        log_flow=log_flow,
        log_z=None if log_z is None else log_z.double(),
    )
    if view.log_pf.isnan().any() or view.log_pb.isnan().any():
        message = "a policy is not a number somewhere"
        raise NotFinite(message)
    return view


def _forward(networks: Networks, tables: Tables) -> tuple[Tensor, Tensor]:
    """Log P_F of the edges [M] and of the final step [S]."""
    table, environment = tables.table, tables.environment
    log_pf = torch.empty_like(table.parent, dtype=torch.float64)
    log_stop = torch.full_like(table.rank, float("-inf"), dtype=torch.float64)
    for rows, edges in _chunks(tables.by_parent, table.rank.shape[0]):
        states = table.states[rows]
        mask = environment.forward_mask(states).t()
        found = log_probabilities(networks.logits(states, mask).double(), mask)
        log_pf[edges] = found[table.forward_actions[edges], table.parent[edges] - rows.start]
        if environment.has_stop:
            log_stop[rows] = found[-1].masked_fill(~mask[-1], float("-inf"))
    return log_pf, log_stop.masked_fill(table.forced, 0.0)


def _backward(experiment: Experiment, tables: Tables) -> Tensor:
    """Log P_B of the edges [M]."""
    table, rule = tables.table, experiment.settings.backward
    if isinstance(rule, FixedBackward):
        paths = tables.log_paths if BackwardNeed.PATH_COUNTS in rule.needs else None
        return rule.log_pb(
            BackwardFacts(
                choices=choices(table),
                log_paths_parent=None if paths is None else paths[table.parent],
                log_paths_child=None if paths is None else paths[table.child],
            )
        )
    log_pb = torch.empty_like(table.parent, dtype=torch.float64)
    for rows, edges in _chunks(tables.by_child, table.rank.shape[0]):
        states = table.states[rows]
        values = experiment.policy.values("backward", states).double()
        found = log_probabilities(values, tables.environment.backward_mask(states).t())
        log_pb[edges] = found[table.backward_actions[edges], table.child[edges] - rows.start]
    return log_pb


def _flows(networks: Networks, tables: Tables) -> Tensor:
    """Log F [S]; the last layer's word, also where the end is forced."""
    parts = tables.table.states.split(CHUNK)
    return torch.cat([networks.values("flow", part).squeeze(0).double() for part in parts])


def _chunks(order: tuple[Tensor, Tensor], size: int) -> Iterator[tuple[slice, Tensor]]:
    """Slices of the states with the edges that leave, or enter, each."""
    edges, ends = order
    starts = torch.arange(0, size + CHUNK, CHUNK, device=edges.device)
    bounds = torch.searchsorted(ends, starts).tolist()
    for number, (low, high) in enumerate(pairwise(bounds)):
        yield slice(number * CHUNK, min(size, (number + 1) * CHUNK)), edges[low:high]
