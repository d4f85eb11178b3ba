"""The reference interpreter behind the methods of an environment: slow, and right by definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from gflowspec.compiler.environment import Environment
from gflowspec.ir.expr import Expr
from gflowspec.semantics import masks, reward, transition
from gflowspec.semantics.evaluate import evaluate

State = tuple[Any, ...]


class ReferenceEnvironment(Environment):
    """Every row is decoded, interpreted in exact arithmetic, and encoded again."""

    def forward_mask(self, states: Tensor) -> Tensor:
        """See `Environment.forward_mask`."""
        rows = [masks.forward_mask(self.derived, state) for state in self.decode(states)]
        return self._bools(rows).reshape(len(rows), self.sizes.forward_actions)

    def step(self, states: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """See `Environment.step`; an action that is not legal leaves the state as it is."""
        after, done = [], []
        for state, action in zip(self.decode(states), actions.tolist(), strict=True):
            children = {
                step.flat: step.state for step in transition.successors(self.derived, state)
            }
            after.append(children.get(action, state))
            stopped = action == self.stop_action
            done.append(stopped or masks.is_terminal(self.derived, after[-1]))
        return self.encode(after), self._bools(done)

    def backward_mask(self, states: Tensor) -> Tensor:
        """See `Environment.backward_mask`."""
        rows = [masks.backward_mask(self.derived, state) for state in self.decode(states)]
        return self._bools(rows).reshape(len(rows), self.sizes.backward_actions)

    def backward_step(self, states: Tensor, actions: Tensor) -> Tensor:
        """See `Environment.backward_step`; an action that is not legal changes nothing."""
        after = []
        for state, action in zip(self.decode(states), actions.tolist(), strict=True):
            found = {step.flat: step.state for step in transition.parents(self.derived, state)}
            after.append(found.get(action, state))
        return self.encode(after)

    def backward_of(self, states: Tensor, actions: Tensor) -> Tensor:
        """See `Environment.backward_of`."""
        del states  # addresses are binders, so the action alone says it
        undone = [
            -1 if action == self.stop_action else transition.undone_by(self.derived, action)
            for action in actions.tolist()
        ]
        return torch.tensor(undone, dtype=torch.int64, device=self.device)

    def forward_of(self, children: Tensor, actions: Tensor) -> Tensor:
        """See `Environment.forward_of`."""
        pairs = zip(self.decode(children), actions.tolist(), strict=True)
        redone = [transition.redone_by(self.derived, child, action) for child, action in pairs]
        return torch.tensor(redone, dtype=torch.int64, device=self.device)

    def is_terminal(self, states: Tensor) -> Tensor:
        """See `Environment.is_terminal`."""
        return self._each(states, lambda state: masks.is_terminal(self.derived, state))

    def can_stop(self, states: Tensor) -> Tensor:
        """See `Environment.can_stop`."""
        return self._each(states, lambda state: masks.can_stop(self.derived, state))

    def log_reward(self, states: Tensor) -> Tensor:
        """See `Environment.log_reward`."""
        environment = self.derived.environment
        values = [
            reward.log_reward(self.reward, environment, state) for state in self.decode(states)
        ]
        return torch.tensor(values, dtype=torch.float64, device=self.device)

    def is_mode(self, states: Tensor) -> Tensor:
        """See `Environment.is_mode`."""
        environment = self.derived.environment
        return self._each(states, lambda state: reward.is_mode(self.reward, environment, state))

    def evaluate(self, expr: Expr, states: Tensor) -> Tensor:
        """See `Environment.evaluate`."""
        values = [evaluate(expr, self.derived.environment, s) for s in self.decode(states)]
        if all(isinstance(value, bool) for value in values):
            return self._bools(values)
        exact = all(isinstance(value, int) for value in values)
        dtype = torch.int64 if exact else torch.float64
        numbers = [value if exact else float(value) for value in values]
        return torch.tensor(numbers, dtype=dtype, device=self.device)

    def _each(self, states: Tensor, holds: Callable[[State], bool]) -> Tensor:
        return self._bools([holds(state) for state in self.decode(states)])

    def _bools(self, values: list[Any]) -> Tensor:
        return torch.tensor(values, dtype=torch.bool, device=self.device)
