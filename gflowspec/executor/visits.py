"""What training has sampled so far, kept for metrics that ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import torch
from torch import Tensor

from gflowspec.components.contracts import History, Visited
from gflowspec.components.needs import MetricNeeds

if TYPE_CHECKING:
    from gflowspec.compiler.environment import Environment
    from gflowspec.executor.packing import Batch
    from gflowspec.executor.tables import Tables

#: Objects that are collected before they are sorted into the history.
PENDING = 65_536


@attrs.define(kw_only=True, eq=False)
class Visits:
    """The objects of all batches: the last few of them, and counts over distinct ones.

    Distinct means distinct keys of terminal states (``Environment.state_index``).

    Attributes:
        environment: Where.
        needs: The union of what the metrics of the run read.
    """

    environment: Environment
    needs: MetricNeeds
    _pending: list[tuple[Tensor, Tensor]] = attrs.field(factory=list, init=False)
    _count: int = attrs.field(default=0, init=False)
    _window: tuple[Tensor, Tensor] | None = attrs.field(default=None, init=False)
    _keys: Tensor | None = attrs.field(default=None, init=False)
    _best: tuple[Tensor, Tensor] | None = attrs.field(default=None, init=False)
    _modes: int = attrs.field(default=0, init=False)

    @property
    def active(self) -> bool:
        """Whether any metric asks."""
        return self.needs.history or self.needs.window > 0

    def add(self, batch: Batch) -> None:
        """Note the objects of a batch."""
        if not self.active:
            return
        trajectories = batch.trajectories
        states = trajectories.states.index_select(0, trajectories.last)
        self._pending.append((states, trajectories.log_reward.double()))
        self._count += trajectories.size
        if self._count >= PENDING:
            self._settle()

    def window(self, tables: Tables | None) -> Visited:
        """The last objects, oldest first."""
        self._settle()
        states, log_reward = self._window or self._nothing()
        return Visited(
            log_reward=log_reward, objects=None if tables is None else tables.rows(states)
        )

    def last_states(self) -> Tensor:
        """The last objects as states, int64 [n, W], oldest first."""
        self._settle()
        return (self._window or self._nothing())[0]

    def history(self) -> History:
        """Counts over everything sampled so far."""
        self._settle()
        states, log_reward = self._best or self._nothing()
        return History(
            modes_found=self._modes,
            unique_objects=0 if self._keys is None else self._keys.shape[0],
            best_log_reward=log_reward,
            best_states=states,
        )

    def state(self) -> dict[str, Any]:
        """For a checkpoint: plain values and tensors."""
        self._settle()
        states, log_reward = self._window or self._nothing()
        return {
            "states": states,
            "log_reward": log_reward,
            "keys": self._keys,
            "best": None if self._best is None else list(self._best),
            "modes": self._modes,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self._window = (state["states"], state["log_reward"])
        self._keys, self._modes = state["keys"], state["modes"]
        self._best = None if state["best"] is None else tuple(state["best"])

    def _nothing(self) -> tuple[Tensor, Tensor]:
        return self.environment.source(0), torch.empty(0, dtype=torch.float64)

    def _settle(self) -> None:
        """Sort what is pending into the window and the history."""
        if not self._pending:
            return
        states = torch.cat([found for found, _ in self._pending])
        log_reward = torch.cat([found for _, found in self._pending])
        self._pending.clear()
        self._count = 0
        if self.needs.history:
            self._count_distinct(states, log_reward)
        if self.needs.window:
            before = self._window or self._nothing()
            keep = slice(-self.needs.window, None)
            self._window = (
                torch.cat([before[0], states])[keep],
                torch.cat([before[1], log_reward])[keep],
            )

    def _count_distinct(self, states: Tensor, log_reward: Tensor) -> None:
        keys, place = self.environment.state_index(states).unique(return_inverse=True)
        first = torch.full_like(keys, states.shape[0])
        order = torch.arange(states.shape[0], device=states.device)
        first.scatter_reduce_(0, place, order, "amin")
        if self._keys is not None:
            new = ~torch.isin(keys, self._keys, assume_unique=True)
            keys, first = keys[new], first[new]
        self._keys = keys if self._keys is None else torch.cat([self._keys, keys]).sort().values
        if self.needs.modes and first.shape[0]:
            self._modes += int(self.environment.is_mode(states[first]).sum())
        if self.needs.best:
            before = self._best or self._nothing()
            states = torch.cat([before[0], states[first]])
            found = torch.cat([before[1], log_reward[first]])
            order = found.sort(descending=True, stable=True).indices[: self.needs.best]
            self._best = (states[order], found[order])
