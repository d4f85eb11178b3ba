"""From the record of a rollout to a packed batch: valid states only, trajectory by trajectory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import torch
from torch import Tensor

from gflowspec.components.contracts import Trajectories

if TYPE_CHECKING:
    from gflowspec.compiler.environment import Environment
    from gflowspec.executor.record import Record


@attrs.frozen(kw_only=True, eq=False)
class Batch:
    """A packed batch with what the engine needs beside the trajectories.

    Attributes:
        trajectories: B trajectories, N states, E edges.
        choices: int64 [N], forward action taken at each state; 0 where the end was forced.
        forward_mask: bool [A_f, N]; a column without a legal action where the end was forced.
        backward_mask: bool [A_b, E], of the child of each edge.
        kept: What the trunk of the rollout kept at the N states; empty if nothing was kept.
    """

    trajectories: Trajectories
    choices: Tensor
    forward_mask: Tensor
    backward_mask: Tensor
    kept: tuple[Tensor, ...] = ()

    @property
    def children(self) -> Tensor:
        """int64 [E, W], the states that edges enter."""
        return self.trajectories.states.index_select(0, self.trajectories.child)


@attrs.frozen(kw_only=True, eq=False)
class _Layout:
    """Where the rows of a record stand in the packed batch."""

    lengths: Tensor
    first: Tensor
    order: Tensor
    edge_trajectory: Tensor
    parent: Tensor


@torch.no_grad()
def pack(environment: Environment, record: Record, dtype: torch.dtype) -> Batch:
    """Order a record by trajectory and derive the backward side.

    Args:
        environment: Where it was sampled.
        record: What was sampled.
        dtype: Of log rewards.
    """
    layout = _layout(record)
    order, last = layout.order, layout.first + layout.lengths
    states = _with_forced(record.states, record.forced_states).index_select(0, order)
    missing = record.forced_trajectory.shape[0]
    masks = _padded(record.masks, missing).index_select(0, order)
    choices = _padded(record.actions, missing).index_select(0, order)
    child = layout.parent + 1
    forward_actions = choices.index_select(0, layout.parent)
    stopped = torch.ones(record.size, dtype=torch.bool, device=states.device)
    stopped[record.forced_trajectory] = False
    trajectories = Trajectories(
        lengths=layout.lengths,
        parent=layout.parent,
        child=child,
        edge_trajectory=layout.edge_trajectory,
        state_trajectory=torch.repeat_interleave(layout.lengths + 1, output_size=order.shape[0]),
        first=layout.first,
        last=last,
        stopped=stopped,
        log_reward=environment.log_reward(states.index_select(0, last)).to(dtype),
        states=states,
        forward_actions=forward_actions,
        backward_actions=environment.backward_of(
            states.index_select(0, layout.parent), forward_actions
        ),
    )
    return Batch(
        trajectories=trajectories,
        choices=choices,
        forward_mask=masks.t(),
        backward_mask=environment.backward_mask(states.index_select(0, child)).t(),
        kept=tuple(part.index_select(0, order) for part in record.kept),
    )


def _layout(record: Record) -> _Layout:
    trajectory = _with_forced(record.trajectory, record.forced_trajectory)
    rows = trajectory.shape[0]
    counts = torch.bincount(trajectory, minlength=record.size)
    lengths = counts - 1
    first = counts.cumsum(0) - counts
    steps = torch.tensor(record.counts, device=trajectory.device)
    acted = torch.repeat_interleave(steps, output_size=record.trajectory.shape[0])
    step = _with_forced(acted, lengths.index_select(0, record.forced_trajectory))
    place = first.index_select(0, trajectory) + step
    order = torch.empty_like(place)
    order.scatter_(0, place, torch.arange(rows, device=place.device))
    edge_trajectory = torch.repeat_interleave(lengths, output_size=rows - record.size)
    # Every trajectory has one state more than it has edges.
    parent = torch.arange(rows - record.size, device=place.device) + edge_trajectory
    return _Layout(
        lengths=lengths,
        first=first,
        order=order,
        edge_trajectory=edge_trajectory,
        parent=parent,
    )


def _with_forced(acted: Tensor, forced: Tensor) -> Tensor:
    return torch.cat([acted, forced]) if forced.shape[0] else acted


def _padded(acted: Tensor, missing: int) -> Tensor:
    """Zero rows for states where nobody acted."""
    if not missing:
        return acted
    return torch.cat([acted, acted.new_zeros(missing, *acted.shape[1:])])
