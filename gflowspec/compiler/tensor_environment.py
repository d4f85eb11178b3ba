"""Environments as tensor programs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import attrs
import torch
from torch import Tensor

from gflowspec.compiler.environment import TABLE_LIMIT, Environment
from gflowspec.compiler.host import expression_on_host, log_reward_on_host, mode_on_host
from gflowspec.compiler.tensor.eager import executable
from gflowspec.compiler.tensor.externs import HostOnly
from gflowspec.compiler.tensor.indices import Block, redoing, redoing_program, undoing
from gflowspec.compiler.tensor.kit import Kit
from gflowspec.compiler.tensor.masks import (
    backward_mask_program,
    condition_program,
    forward_mask_program,
)
from gflowspec.compiler.tensor.program import Program
from gflowspec.compiler.tensor.reward import expression_program, log_reward_program
from gflowspec.compiler.tensor.stores import Moves, step_program, step_rows
from gflowspec.compiler.tensor.thresholds import thresholds
from gflowspec.core.source import Span
from gflowspec.ir.derived import Derived
from gflowspec.ir.expr import Const, Expr
from gflowspec.ir.reward import Reward
from gflowspec.semantics.identity import Same

Function = Callable[..., Tensor]


class TensorEnvironment(Environment):
    """The default backend: every method is a short sequence of tensor operations.

    Where the stores of all actions are known once their
    binders are, a step is a table look-up and an addition.
    """

    def __init__(
        self,
        derived: Derived,
        reward: Reward,
        device: torch.device,
        table_limit: int = TABLE_LIMIT,
    ) -> None:
        super().__init__(derived, reward, device)
        self._kit = Kit.of(derived, table_limit, device)
        forward = [action.action.binders for action in derived.actions]
        backward = [action.addresses for action in derived.actions]
        self._forward = Block.of(forward, int(self.has_stop), device)
        self._backward = Block.of(backward, 0, device)
        self._undoing = undoing(derived, self._forward, self._backward)
        self._expressions: dict[Same, Function] = {}
        self._build()

    def _build(self) -> None:
        """Builds all programs, so that what has no tensor form is refused here and now."""
        for name in (
            "_forward_mask",
            "_step",
            "_is_done",
            "_backward_mask",
            "_backward_step",
            "_forward_of",
            "_is_terminal",
            "_can_stop",
            "_log_reward",
        ):
            getattr(self, name)
        if self.reward.mode is not None:
            _ = self._is_mode

    @property
    def float_comparisons(self) -> tuple[Span | None, ...]:
        """See `Environment.float_comparisons`."""
        kit = attrs.evolve(self._kit, float_comparisons=[])
        forward_mask_program(self.derived, kit)
        backward_mask_program(self.derived, kit)
        conditions = (self.derived.terminal, self.derived.stop_mask, self.reward.mode)
        for condition in conditions:
            if condition is not None:
                condition_program(condition, kit)
        return tuple(dict.fromkeys(kit.float_comparisons))

    def forward_mask(self, states: Tensor) -> Tensor:
        """See `Environment.forward_mask`."""
        return self._forward_mask(states)

    @cached_property
    def _forward_mask(self) -> Function:
        short = thresholds(self.derived, self._kit)
        if short is not None:
            columns, limits = short
            return lambda states: states.index_select(1, columns) < limits
        return _single(forward_mask_program(self.derived, self._kit))

    def step(self, states: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """See `Environment.step`."""
        after = self._step(states, actions)
        return after, self._is_done(after, actions)

    @cached_property
    def _step(self) -> Function:
        moves = [Moves(a.action.binders, a.stores, a.undo) for a in self.derived.actions]
        return self._mover(moves, self._forward, int(self.has_stop))

    def _mover(self, moves: list[Moves], block: Block, extra: int) -> Function:
        rows = step_rows(moves, extra, self._kit)
        if rows is None:
            run = executable(step_program(moves, block, self._kit, extra))
            return lambda states, actions: run(states, *block.inputs(actions))[0]
        keep, add = rows.keep, rows.add
        if keep is None:
            return lambda states, actions: states + add.index_select(0, actions)
        return lambda states, actions: torch.addcmul(
            add.index_select(0, actions), states, keep.index_select(0, actions)
        )

    @cached_property
    def _is_done(self) -> Function:
        """Whether trajectories are over, from the states after a step and the actions."""
        stop = self.stop_action
        if isinstance(self.derived.terminal, Const) and not self.derived.terminal.value:
            if stop is None:
                return lambda _, actions: torch.zeros_like(actions, dtype=torch.bool)
            return lambda _, actions: actions == stop
        if stop is None:
            return lambda after, _: self.is_terminal(after)
        return lambda after, actions: self.is_terminal(after) | (actions == stop)

    def backward_mask(self, states: Tensor) -> Tensor:
        """See `Environment.backward_mask`."""
        return self._backward_mask(states)

    @cached_property
    def _backward_mask(self) -> Function:
        return _single(backward_mask_program(self.derived, self._kit))

    def backward_step(self, states: Tensor, actions: Tensor) -> Tensor:
        """See `Environment.backward_step`."""
        return self._backward_step(states, actions)

    @cached_property
    def _backward_step(self) -> Function:
        moves = [Moves(a.addresses, a.undo, a.stores) for a in self.derived.actions]
        return self._mover(moves, self._backward, 0)

    def backward_of(self, states: Tensor, actions: Tensor) -> Tensor:
        """See `Environment.backward_of`."""
        del states  # addresses are binders, so the action alone says it
        return self._undoing.index_select(0, actions)

    def forward_of(self, children: Tensor, actions: Tensor) -> Tensor:
        """See `Environment.forward_of`."""
        return self._forward_of(children, actions)

    @cached_property
    def _forward_of(self) -> Function:
        known = redoing(self.derived, self._backward, self._undoing)
        if known is not None:
            return lambda _, actions: known.index_select(0, actions)
        program = redoing_program(self.derived, self._forward, self._backward, self._kit)
        run = executable(program)
        return lambda children, actions: run(children, *self._backward.inputs(actions))[0]

    def is_terminal(self, states: Tensor) -> Tensor:
        """See `Environment.is_terminal`."""
        return self._is_terminal(states)

    @cached_property
    def _is_terminal(self) -> Function:
        return _single(condition_program(self.derived.terminal, self._kit))

    def can_stop(self, states: Tensor) -> Tensor:
        """See `Environment.can_stop`."""
        return self._can_stop(states)

    @cached_property
    def _can_stop(self) -> Function:
        condition = self.derived.stop_mask
        if condition is None:
            return lambda states: torch.zeros_like(states[:, 0], dtype=torch.bool)
        return _single(condition_program(condition, self._kit))

    def log_reward(self, states: Tensor) -> Tensor:
        """See `Environment.log_reward`."""
        return self._log_reward(states)

    @cached_property
    def _log_reward(self) -> Function:
        try:
            return _single(log_reward_program(self.reward, self._kit))
        except HostOnly:
            return log_reward_on_host(self)

    def is_mode(self, states: Tensor) -> Tensor:
        """See `Environment.is_mode`."""
        if self.reward.mode is None:
            return torch.zeros_like(states[:, 0], dtype=torch.bool)
        return self._is_mode(states)

    @cached_property
    def _is_mode(self) -> Function:
        mode = self.reward.mode
        assert mode is not None
        try:
            return _single(expression_program(mode, self._kit))
        except HostOnly:
            return mode_on_host(self)

    def evaluate(self, expr: Expr, states: Tensor) -> Tensor:
        """See `Environment.evaluate`."""
        return self._expression(expr)(states)

    def _expression(self, expr: Expr) -> Function:
        key = Same(expr)
        if key not in self._expressions:
            self._expressions[key] = self._compiled(expr)
        return self._expressions[key]

    def _compiled(self, expr: Expr) -> Function:
        try:
            return _single(expression_program(expr, self._kit))
        except HostOnly:
            return expression_on_host(self, expr)


def _single(program: Program) -> Function:
    """A program with one output, as a function of the state."""
    run = executable(program)
    return lambda states: run(states)[0]
