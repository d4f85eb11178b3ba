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
        choices: int64 [N], forward action taken at each state; 0 where none was.
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
class Steps:
    """What was seen and done, and nothing that follows from it: what replay may store.

    Attributes:
        lengths: int64 [B], construction steps of each trajectory, or of each piece of one.
        states: int64 [N, W], encoded; rows of one trajectory stand together, in order.
        choices: int64 [N], forward action taken at each state; 0 where none was.
        stopped: bool [B], see ``Trajectories``.
        forced: bool [B].
        log_reward: float [B].
    """

    lengths: Tensor
    states: Tensor
    choices: Tensor
    stopped: Tensor
    forced: Tensor
    log_reward: Tensor

    @classmethod
    def of(cls, batch: Batch) -> Steps:
        """Of a packed batch."""
        trajectories = batch.trajectories
        return cls(
            lengths=trajectories.lengths,
            states=trajectories.states,
            choices=batch.choices,
            stopped=trajectories.stopped,
            forced=trajectories.forced,
            log_reward=trajectories.log_reward,
        )

    def state(self) -> dict[str, Tensor]:
        """For a checkpoint."""
        return attrs.asdict(self, recurse=False)


@attrs.frozen(kw_only=True, eq=False)
class _Layout:
    """Where the rows of a record stand in the packed batch."""

    lengths: Tensor
    first: Tensor
    order: Tensor


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
    forced = torch.zeros(record.size, dtype=torch.bool, device=states.device)
    forced[record.forced_trajectory] = True
    return assembled(
        environment,
        Steps(
            lengths=layout.lengths,
            states=states,
            choices=choices,
            stopped=~forced,
            forced=forced,
            log_reward=environment.log_reward(states.index_select(0, last)).to(dtype),
        ),
        masks=masks,
        kept=tuple(part.index_select(0, order) for part in record.kept),
    )


@torch.no_grad()
def assembled(
    environment: Environment,
    steps: Steps,
    *,
    masks: Tensor | None = None,
    kept: tuple[Tensor, ...] = (),
) -> Batch:
    """A packed batch from the steps alone; everything else follows from them.

    Args:
        environment: Where they were taken.
        steps: B trajectories, or pieces of them.
        masks: bool [N, A_f], the forward masks, where they are known; False for forced ends.
        kept: See ``Batch``.
    """
    states, lengths = steps.states, steps.lengths
    last = (lengths + 1).cumsum(0) - 1
    size, rows = lengths.shape[0], states.shape[0]
    edge_trajectory = torch.repeat_interleave(lengths, output_size=rows - size)
    # Every trajectory has one state more than it has edges.
    parent = torch.arange(rows - size, device=states.device) + edge_trajectory
    child = parent + 1
    forward_actions = steps.choices.index_select(0, parent)
    trajectories = Trajectories(
        lengths=lengths,
        parent=parent,
        child=child,
        edge_trajectory=edge_trajectory,
        state_trajectory=torch.repeat_interleave(lengths + 1, output_size=rows),
        first=last - lengths,
        last=last,
        stopped=steps.stopped,
        forced=steps.forced,
        log_reward=steps.log_reward,
        states=states,
        forward_actions=forward_actions,
        backward_actions=environment.backward_of(states.index_select(0, parent), forward_actions),
    )
    return Batch(
        trajectories=trajectories,
        choices=steps.choices,
        forward_mask=_forward_masks(environment, trajectories).t() if masks is None else masks.t(),
        backward_mask=environment.backward_mask(states.index_select(0, child)).t(),
        kept=kept,
    )


def _forward_masks(environment: Environment, trajectories: Trajectories) -> Tensor:
    """Bool [N, A_f]; nothing is legal where the end was forced."""
    masks = environment.forward_mask(trajectories.states).clone()
    masks[trajectories.last[trajectories.forced]] = False
    return masks


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
    return _Layout(lengths=lengths, first=first, order=order)


def _with_forced(acted: Tensor, forced: Tensor) -> Tensor:
    return torch.cat([acted, forced]) if forced.shape[0] else acted


def _padded(acted: Tensor, missing: int) -> Tensor:
    """Zero rows for states where nobody acted."""
    if not missing:
        return acted
    return torch.cat([acted, acted.new_zeros(missing, *acted.shape[1:])])
