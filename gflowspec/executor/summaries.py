"""Fresh trajectories of a policy, summarised for metrics and for ``sample``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import torch
from torch import Generator, Tensor

from gflowspec.components.backward.base import FixedBackward
from gflowspec.components.contracts import BackwardFacts, TrajectorySummary
from gflowspec.components.needs import BackwardNeed
from gflowspec.executor.errors import NotFinite
from gflowspec.executor.estimates import log_probabilities
from gflowspec.executor.packing import Batch, pack
from gflowspec.executor.rollout import rollout

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.components.nets.networks import Networks
    from gflowspec.executor.tables import Tables

#: Trajectories that are sampled at once.
CHUNK = 1024


@torch.no_grad()
def fresh_batch(experiment: Experiment, size: int, generator: Generator) -> Batch:
    """A batch from the policy itself, averaged weights where there are any."""
    environment = experiment.environment
    library = experiment.lowering.library
    record = rollout(environment, experiment.policy, size, generator=generator, library=library)
    return pack(environment, record, torch.float64)


def summarise(
    experiment: Experiment, tables: Tables | None, samples: int, generator: Generator
) -> TrajectorySummary:
    """Sample ``samples`` trajectories, at least 1, and keep one number of each kind for each.

    Raises:
        NotFinite: A policy is NaN somewhere.
    """
    parts = []
    for start in range(0, samples, CHUNK):
        batch = fresh_batch(experiment, min(CHUNK, samples - start), generator)
        parts.append(summary(experiment, tables, batch))
    fields = {field.name: [getattr(part, field.name) for part in parts]
              for field in attrs.fields(TrajectorySummary)}  # fmt: skip
    joined: dict[str, Any] = {
        name: None if found[0] is None else torch.cat(found) for name, found in fields.items()
    }
    found = TrajectorySummary(**joined)
    if found.log_pf.isnan().any() or found.log_pb.isnan().any():
        message = "a policy is not a number somewhere"
        raise NotFinite(message)
    return found


@torch.no_grad()
def summary(experiment: Experiment, tables: Tables | None, batch: Batch) -> TrajectorySummary:
    """Log-probabilities and entropies of a packed batch, in float64."""
    trajectories = batch.trajectories
    forward = log_probabilities(
        experiment.policy.logits(trajectories.states, batch.forward_mask).double(),
        batch.forward_mask,
    )
    backward = backward_log_table(
        experiment, experiment.policy, tables, batch.children, batch.backward_mask
    )
    acted = trajectories.stopped[trajectories.state_trajectory] | ~_is_last(batch)
    chosen = forward.gather(0, batch.choices.unsqueeze(0)).squeeze(0) * acted
    log_pb = backward.gather(0, trajectories.backward_actions.unsqueeze(0)).squeeze(0)
    uniform = -batch.backward_mask.sum(0).double().log()
    return TrajectorySummary(
        lengths=trajectories.lengths,
        log_reward=trajectories.log_reward.double(),
        log_pf=_state_sums(batch, chosen),
        log_pb=_edge_sums(batch, log_pb),
        forward_entropy=_state_sums(batch, _entropy(forward, batch.forward_mask) * acted),
        backward_entropy=_edge_sums(batch, _entropy(backward, batch.backward_mask)),
        backward_deviation=_edge_sums(batch, (log_pb - uniform).abs()),
        decisions=trajectories.lengths + trajectories.stopped,
        objects=None
        if tables is None
        else tables.rows(trajectories.states.index_select(0, trajectories.last)),
    )


def backward_log_table(
    experiment: Experiment,
    networks: Networks,
    tables: Tables | None,
    children: Tensor,
    mask: Tensor,
) -> Tensor:
    """Log P_B of every backward action at E states, float64 [A_b, E].

    Args:
        experiment: Its backward rule gives P_B.
        networks: What a learned P_B reads.
        tables: The enumerated environment, for rules that count paths.
        children: int64 [E, W], where the actions are taken.
        mask: bool [A_b, E], legal ones.
    """
    rule = experiment.settings.backward
    if isinstance(rule, FixedBackward):
        return _fixed_table(experiment, rule, tables, children, mask)
    return log_probabilities(networks.values("backward", children).double(), mask)


def _fixed_table(
    experiment: Experiment,
    rule: FixedBackward,
    tables: Tables | None,
    states: Tensor,
    mask: Tensor,
) -> Tensor:
    """Ask the rule about every pair of a child and a legal backward action."""
    actions, edges = mask.nonzero(as_tuple=True)
    counts = mask.sum(0)[edges]
    if BackwardNeed.PATH_COUNTS in rule.needs:
        assert tables is not None
        children = states[edges]
        parents = experiment.environment.backward_step(children, actions)
        facts = BackwardFacts(
            choices=counts,
            log_paths_parent=tables.log_paths[tables.rows(parents)],
            log_paths_child=tables.log_paths[tables.rows(children)],
        )
    else:
        facts = BackwardFacts(choices=counts)
    table = torch.full(mask.shape, float("-inf"), dtype=torch.float64, device=mask.device)
    table[actions, edges] = rule.log_pb(facts)
    return table


def _is_last(batch: Batch) -> Tensor:
    """Bool [N], whether a state is the last of its trajectory."""
    found = torch.zeros_like(batch.choices, dtype=torch.bool)
    return found.index_fill(0, batch.trajectories.last, True)


def _entropy(log_table: Tensor, mask: Tensor) -> Tensor:
    """Entropy of each column."""
    terms = log_table.exp() * log_table
    return -torch.where(mask, terms, terms.new_zeros(())).sum(0)


def _state_sums(batch: Batch, values: Tensor) -> Tensor:
    sums = values.new_zeros(batch.trajectories.size)
    return sums.index_add(0, batch.trajectories.state_trajectory, values)


def _edge_sums(batch: Batch, values: Tensor) -> Tensor:
    sums = values.new_zeros(batch.trajectories.size)
    return sums.index_add(0, batch.trajectories.edge_trajectory, values)
