"""Trajectories sampled backward from objects, and what they say about the probability of one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

from gflowspec.components.nets.networks import Networks
from gflowspec.executor.estimates import chosen_log_probabilities
from gflowspec.executor.packing import Batch, Steps, assembled
from gflowspec.executor.summaries import backward_log_table

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.executor.tables import Tables

#: Entries of the masks of P_F that are held at once while trajectories are weighed.
MOST_ENTRIES = 8_000_000

#: Logits that are normalised at once: few enough to stay in the cache of a processor.
CACHED_LOGITS = 500_000


@torch.no_grad()
def backward_rollout(
    experiment: Experiment,
    networks: Networks,
    tables: Tables | None,
    objects: Tensor,
    log_reward: Tensor,
    generator: Generator,
) -> Steps:
    """One trajectory into each object, drawn from P_B(tau | x).

    Args:
        experiment: Its backward rule gives P_B.
        networks: What a learned P_B reads.
        tables: The enumerated environment, for rules that count paths.
        objects: int64 [B, W], terminal states.
        log_reward: float [B], their log targets.
        generator: Source of the noise.
    """
    environment = experiment.environment
    rows = torch.arange(objects.shape[0], device=objects.device)
    lengths, states = torch.zeros_like(rows), objects
    forced = environment.is_terminal(objects)
    ends = torch.zeros_like(rows).masked_fill(~forced, environment.sizes.forward_actions - 1)
    visited, owners, choices = [objects], [rows], [ends]
    mask = environment.backward_mask(states)
    alive = mask.any(1).nonzero().squeeze(1)
    while alive.shape[0]:
        states, rows, mask = states[alive], rows[alive], mask[alive]
        actions = _drawn(
            backward_log_table(experiment, networks, tables, states, mask.t()), generator
        )
        parents = environment.backward_step(states, actions)
        choices.append(environment.forward_of(states, actions))
        visited.append(parents)
        owners.append(rows)
        lengths[rows] += 1
        states, mask = parents, environment.backward_mask(parents)
        alive = mask.any(1).nonzero().squeeze(1)
    return _forward(log_reward, visited, owners, choices, lengths, forced)


def _forward(
    log_reward: Tensor,
    visited: list[Tensor],
    owners: list[Tensor],
    choices: list[Tensor],
    lengths: Tensor,
    forced: Tensor,
) -> Steps:
    """What was visited, trajectory by trajectory and from s_0 on."""
    owner = torch.cat(owners)
    depth = torch.repeat_interleave(
        torch.tensor([item.shape[0] for item in owners], device=owner.device)
    )
    last = (lengths + 1).cumsum(0) - 1
    place = last[owner] - depth
    states, found = torch.cat(visited), torch.cat(choices)
    return Steps(
        lengths=lengths,
        states=torch.empty_like(states).index_copy(0, place, states),
        choices=torch.empty_like(found).index_copy(0, place, found),
        stopped=~forced,
        forced=forced,
        log_reward=log_reward,
    )


def _drawn(log_table: Tensor, generator: Generator) -> Tensor:
    """An action for each column of log-probabilities [A, N]."""
    noise = torch.empty_like(log_table).exponential_(generator=generator).log()
    return (log_table - noise).argmax(0)


@torch.no_grad()
def estimated_log_p(
    experiment: Experiment,
    tables: Tables | None,
    objects: Tensor,
    rollouts: int,
    generator: Generator,
) -> Tensor:
    """Log of an unbiased estimate of the probability to end in each object, float64 [n].

    logsumexp over k of log P_F(tau_k) - log P_B(tau_k | x), minus log K, tau_k drawn from P_B. The
    averaged weights are measured, where there are any.
    """
    if not objects.shape[0]:
        return torch.empty(0, dtype=torch.float64)
    sizes = experiment.environment.sizes
    row = sizes.forward_actions * ((sizes.horizon or 100) + 1)
    chunk = max(1, MOST_ENTRIES // row)
    parts = [
        _log_weights(experiment, tables, part, generator)
        for part in objects.repeat_interleave(rollouts, 0).split(chunk)
    ]
    return torch.cat(parts).reshape(-1, rollouts).logsumexp(1) - math.log(rollouts)


def _log_weights(
    experiment: Experiment, tables: Tables | None, objects: Tensor, generator: Generator
) -> Tensor:
    """Log P_F - log P_B of one backward trajectory into each object, float64 [B]."""
    unread = torch.zeros(objects.shape[0], dtype=torch.float64, device=objects.device)
    steps = backward_rollout(experiment, experiment.policy, tables, objects, unread, generator)
    return log_weights(experiment, tables, assembled(experiment.environment, steps))


@torch.no_grad()
def log_weights(experiment: Experiment, tables: Tables | None, batch: Batch) -> Tensor:
    """Log P_F(tau), its final step included, minus log P_B(tau | x), float64 [B]."""
    trajectories = batch.trajectories
    chosen = _chosen(experiment.policy, batch)
    chosen[trajectories.last[trajectories.forced]] = 0.0
    table = backward_log_table(
        experiment, experiment.policy, tables, batch.children, batch.backward_mask
    )
    log_pb = table.gather(0, trajectories.backward_actions.unsqueeze(0)).squeeze(0)
    found = chosen.new_zeros(trajectories.size)
    found.index_add_(0, trajectories.state_trajectory, chosen)
    return found.index_add_(0, trajectories.edge_trajectory, -log_pb)


def _chosen(networks: Networks, batch: Batch) -> Tensor:
    """Log P_F of what was chosen at each state, float64 [N]; no meaning where nothing was."""
    states, mask, choices = batch.trajectories.states, batch.forward_mask, batch.choices
    rows = max(1, CACHED_LOGITS // mask.shape[0])
    parts = []
    for first in range(0, states.shape[0], rows):
        part = slice(first, first + rows)
        values = networks.logits(states[part], mask[:, part])
        parts.append(chosen_log_probabilities(values, mask[:, part], choices[part]).double())
    return torch.cat(parts)
