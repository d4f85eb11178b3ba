"""Stored steps: recent batches, trajectories, transitions.

What is stored is what was seen and done. Masks, log-probabilities and targets are computed anew
when it is learned from.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
import torch
from torch import Generator, Tensor

from gflowspec.components.needs import Unit
from gflowspec.components.replay.objects import ObjectReplay
from gflowspec.executor.backward_rollout import backward_rollout
from gflowspec.executor.packing import Steps

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.components.replay.base import Replay
    from gflowspec.executor.tables import Tables

#: Transitions of an update where the specification leaves their number open.
TRANSITIONS = 256


@attrs.frozen(kw_only=True, eq=False)
class Draw:
    """What a buffer gives.

    Attributes:
        steps: The items.
        rows: int64 [n], where they stand in the buffer; for ``Buffer.refresh``.
        importance: float64 [n], weights in the loss; None for 1.
    """

    steps: Steps
    rows: Tensor
    importance: Tensor | None = None


class Buffer(ABC):
    """Items that P_F learns from; the oldest give way."""

    @abstractmethod
    def push(self, steps: Steps, priorities: Tensor | None) -> None:
        """Store what a batch of whole trajectories holds.

        Args:
            steps: The trajectories; ``transitions`` of them where those are stored.
            priorities: float64 [B], if the replay is prioritised.
        """

    @abstractmethod
    def draw(self, generator: Generator) -> Draw:
        """Items for one update, with replacement."""

    def refresh(self, rows: Tensor, priorities: Tensor) -> None:
        """New priorities of drawn items; of an item drawn twice they are equal."""
        del rows, priorities

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """For a checkpoint: tensors and plain containers."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """From a checkpoint."""


class RingBuffer(Buffer):
    """Items in a ring of tensors, one for each column.

    Args:
        size: Items kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._columns: dict[str, Tensor] = {}
        self._next = 0
        self._stored = 0

    def _write(self, columns: Mapping[str, Tensor]) -> None:
        """Add items; of each column a row for each of them."""
        size = self._size
        if not self._columns:
            self._columns = {
                name: column.new_zeros(size, *column.shape[1:]) for name, column in columns.items()
            }
        first = next(iter(columns.values()))
        count = min(size, first.shape[0])
        rows = (self._next + torch.arange(count, device=first.device)) % size
        for name, column in columns.items():
            self._columns[name][rows] = column[-count:]
        self._next = (self._next + count) % size
        self._stored = min(size, self._stored + count)

    def state(self) -> dict[str, Any]:
        """See ``Buffer``."""
        columns = {name: values[: self._stored].clone() for name, values in self._columns.items()}
        return {"columns": columns, "next": self._next}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See ``Buffer``."""
        self._next = int(state["next"])
        self._columns, self._stored = {}, 0
        for name, values in state["columns"].items():
            self._columns[name] = values.new_zeros(self._size, *values.shape[1:])
            self._columns[name][: values.shape[0]] = values
            self._stored = values.shape[0]


class TransitionBuffer(RingBuffer):
    """Single transitions.

    Args:
        replay: Size, batch and law.
        batch: Transitions of a draw.
    """

    def __init__(self, replay: Replay, batch: int) -> None:
        super().__init__(replay.size)
        self._replay = replay
        self._batch = batch

    def push(self, steps: Steps, priorities: Tensor | None) -> None:
        """``steps`` are transitions; see ``Buffer``."""
        last = (steps.lengths + 1).cumsum(0) - 1
        first = last - steps.lengths
        columns = {
            "before": steps.states[first],
            "after": steps.states[last],
            "choice": steps.choices[first],
            "stopped": steps.stopped,
            "forced": steps.forced,
            "log_reward": steps.log_reward,
        }
        if priorities is not None:
            columns["priority"] = priorities
        self._write(columns)

    def draw(self, generator: Generator) -> Draw:
        """See ``Buffer``."""
        if not self._replay.prioritized:
            rows = _uniform(self._stored, self._batch, generator)
            return Draw(steps=self._steps(rows), rows=rows)
        shares = self._replay.shares(self._columns["priority"][: self._stored])
        total = shares.cumsum(0)
        places = torch.empty(self._batch, dtype=torch.float64, device=total.device)
        places.uniform_(generator=generator).mul_(total[-1])
        rows = torch.searchsorted(total, places, right=True).clamp_(max=self._stored - 1)
        chances = shares[rows] / total[-1]
        importance = self._replay.importance(chances, self._stored)
        return Draw(steps=self._steps(rows), rows=rows, importance=importance)

    def refresh(self, rows: Tensor, priorities: Tensor) -> None:
        """See ``Buffer``."""
        self._columns["priority"][rows] = priorities

    def _steps(self, rows: Tensor) -> Steps:
        """Pieces of one edge, or of the state where `stop` was taken."""
        column = {name: values[rows] for name, values in self._columns.items()}
        stopped = column["stopped"]
        lengths = (~stopped).long()
        states = torch.stack([column["before"], column["after"]], 1).flatten(0, 1)
        choices = torch.stack([column["choice"], torch.zeros_like(column["choice"])], 1).flatten()
        present = torch.stack([torch.ones_like(stopped), ~stopped], 1).flatten()
        return Steps(
            lengths=lengths,
            states=states[present],
            choices=choices[present],
            stopped=stopped,
            forced=column["forced"],
            log_reward=column["log_reward"],
        )


class TrajectoryBuffer(Buffer):
    """Whole trajectories, batch by batch.

    Args:
        replay: Size, batch and law.
        batch: Trajectories of a draw.
    """

    def __init__(self, replay: Replay, batch: int) -> None:
        self._replay = replay
        self._batch = batch
        self._batches: deque[Steps] = deque()
        self._stored = 0

    def push(self, steps: Steps, priorities: Tensor | None) -> None:
        """See ``Buffer``; as many of the oldest batches go as are not needed to fill it."""
        assert priorities is None
        self._batches.append(steps)
        self._stored += steps.lengths.shape[0]
        while self._stored - self._batches[0].lengths.shape[0] >= self._replay.size:
            self._stored -= self._batches.popleft().lengths.shape[0]

    def draw(self, generator: Generator) -> Draw:
        """See ``Buffer``."""
        size = min(self._stored, self._replay.size)
        rows = _uniform(size, self._batch, generator) + (self._stored - size)
        ends = torch.tensor([item.lengths.shape[0] for item in self._batches]).cumsum(0)
        rows_ = rows.cpu()
        owners = torch.searchsorted(ends, rows_, right=True)
        places = rows_ - torch.cat([ends.new_zeros(1), ends[:-1]])[owners]
        pieces = [
            piece(self._batches[batch], place)
            for batch, place in zip(owners.tolist(), places.tolist(), strict=True)
        ]
        return Draw(steps=joined(pieces), rows=rows)

    def state(self) -> dict[str, Any]:
        """See ``Buffer``."""
        return {"batches": [item.state() for item in self._batches]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See ``Buffer``."""
        self._batches = deque(Steps(**item) for item in state["batches"])
        self._stored = sum(item.lengths.shape[0] for item in self._batches)


class ObjectBuffer(RingBuffer):
    """Objects, and the trajectories just sampled.

    Args:
        replay: Size, and how many are drawn.
        backward: Samples a trajectory into each of some objects: states and log rewards to steps.
    """

    def __init__(
        self, replay: ObjectReplay, backward: Callable[[Tensor, Tensor, Generator], Steps]
    ) -> None:
        super().__init__(replay.size)
        self._replay = replay
        self._backward = backward
        self._fresh: Steps | None = None

    def push(self, steps: Steps, priorities: Tensor | None) -> None:
        """Keep the objects of a batch, and the batch itself until the next one."""
        assert priorities is None
        last = (steps.lengths + 1).cumsum(0) - 1
        self._write({"states": steps.states[last], "log_reward": steps.log_reward})
        self._fresh = steps

    def draw(self, generator: Generator) -> Draw:
        """The trajectories just sampled, then those sampled backward; see ``Buffer``.

        Every iteration pushes before it draws, so that no checkpoint holds a batch.
        """
        assert self._fresh is not None
        count = self._replay.drawn(self._fresh.lengths.shape[0])
        rows = _uniform(self._stored, count, generator)
        found = self._backward(
            self._columns["states"][rows], self._columns["log_reward"][rows], generator
        )
        return Draw(steps=joined([self._fresh, found]), rows=rows)


class Recent:
    """The last few batches, one of which is drawn at a time.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        self._batches: deque[Steps] = deque(maxlen=count)

    def push(self, steps: Steps) -> None:
        """Add the newest."""
        self._batches.append(steps)

    def draw(self, generator: Generator) -> Steps:
        """Any of them, the newest included, all equally likely."""
        return self._batches[int(_uniform(len(self._batches), 1, generator))]

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"batches": [item.state() for item in self._batches]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """From a checkpoint."""
        self._batches.clear()
        self._batches.extend(Steps(**item) for item in state["batches"])


def buffer_of(experiment: Experiment, tables: Tables | None) -> Buffer | None:
    """The empty buffer of an experiment; None if it learns from the batch just sampled."""
    settings = experiment.settings
    if settings.replay is None:
        return None
    if isinstance(settings.replay, ObjectReplay):
        backward = partial(backward_rollout, experiment, experiment.networks, tables)
        return ObjectBuffer(settings.replay, backward)
    if settings.objective.unit is Unit.TRANSITION:
        return TransitionBuffer(settings.replay, settings.replay.batch or TRANSITIONS)
    return TrajectoryBuffer(settings.replay, settings.replay.batch or settings.train.batch)


def transitions(steps: Steps) -> Steps:
    """Every transition as a piece of its own: the edges, in order, then the stops.

    Args:
        steps: Whole trajectories; their E edges and as many stops as there were.
    """
    lengths = steps.lengths
    last = (lengths + 1).cumsum(0) - 1
    is_last = torch.zeros_like(steps.choices, dtype=torch.bool)
    is_last[last] = True
    parents = (~is_last).nonzero().squeeze(1)
    owners = torch.repeat_interleave(lengths)
    stops = last[steps.stopped]
    enters_end = is_last[parents + 1] & steps.forced[owners]
    count, none = parents.shape[0], torch.zeros_like(stops)
    rewards = steps.log_reward
    edge_states = torch.stack([steps.states[parents], steps.states[parents + 1]], 1).flatten(0, 1)
    edge_choices = torch.stack([steps.choices[parents], torch.zeros_like(parents)], 1).flatten()
    return Steps(
        lengths=torch.cat([torch.ones_like(parents), none]),
        states=torch.cat([edge_states, steps.states[stops]]),
        choices=torch.cat([edge_choices, steps.choices[stops]]),
        stopped=torch.arange(count + none.shape[0], device=none.device) >= count,
        forced=torch.cat([enters_end, none.bool()]),
        log_reward=torch.cat(
            [torch.where(enters_end, rewards[owners], 0.0), rewards[steps.stopped]]
        ),
    )


def piece(steps: Steps, place: int) -> Steps:
    """One trajectory of several."""
    length = int(steps.lengths[place])
    first = int(steps.lengths[:place].sum()) + place
    states = slice(first, first + length + 1)
    row = slice(place, place + 1)
    return Steps(
        lengths=steps.lengths[row],
        states=steps.states[states],
        choices=steps.choices[states],
        stopped=steps.stopped[row],
        forced=steps.forced[row],
        log_reward=steps.log_reward[row],
    )


def joined(parts: Sequence[Steps]) -> Steps:
    """Several as one, in order."""
    names = [field.name for field in attrs.fields(Steps)]
    return Steps(**{name: torch.cat(_column(parts, name)) for name in names})


def _column(parts: Iterable[Steps], name: str) -> list[Tensor]:
    return [getattr(part, name) for part in parts]


def _uniform(size: int, count: int, generator: Generator) -> Tensor:
    """``count`` of ``size`` rows, with replacement, int64."""
    return torch.randint(size, (count,), generator=generator, device=generator.device)
