"""Expressions that call Python, evaluated state by state by the interpreter.

Where a function cannot be tabulated, the whole expression is the interpreter's, which defines what
it means: which branch calls a function, and what a rejected object is worth. Pure functions are
called for all states of a batch together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from gflowspec.compiler.externs.gather import evaluated
from gflowspec.compiler.obligations.reward_messages import infinite, not_positive
from gflowspec.core.errors import SpecInvalid
from gflowspec.core.types import BoolType, IntType
from gflowspec.ir.expr import Expr
from gflowspec.ir.extern import externs_of
from gflowspec.ir.reward import Reward
from gflowspec.semantics.evaluate import evaluate
from gflowspec.semantics.reward import is_mode, log_reward
from gflowspec.semantics.values import state_text

if TYPE_CHECKING:
    from gflowspec.compiler.environment import Environment

Function = Callable[[Tensor], Tensor]
_NOTE = "found where the reward was computed"


def log_reward_on_host(environment: Environment) -> Function:
    """The log target of states int64 [B, W], float64 [B].

    It raises ``SpecInvalid`` where R is not positive (GFS330) or no number (GFS332), and there is
    no floor.
    """
    reward, ir = environment.reward, environment.derived.environment
    functions = externs_of((reward.value, reward.log_value))

    def run(states: Tensor) -> Tensor:
        decoded = environment.decode(states)
        values = evaluated(lambda state: log_reward(reward, ir, state), decoded, functions)
        for state, value in zip(decoded, values, strict=True):
            if not math.isfinite(value):
                raise _no_target(reward, value, state_text(ir, state))
        return torch.tensor(values, dtype=torch.float64, device=environment.device)

    return run


def _no_target(reward: Reward, value: float, state: str) -> SpecInvalid:
    formula = reward.value if reward.value is not None else reward.log_value
    span = reward.span if formula is None or formula.span is None else formula.span
    if value == math.inf or (math.isnan(value) and reward.value is None):
        shown = "infinite" if value == math.inf else "not a number"
        return SpecInvalid((infinite(span, reward.name, shown, state, (), _NOTE),))
    shown = "0" if value == -math.inf else "negative"
    return SpecInvalid((not_positive(span, reward.name, shown, state, (), _NOTE),))


def mode_on_host(environment: Environment) -> Function:
    """Where ``mode when`` holds, bool [B]."""
    reward, ir = environment.reward, environment.derived.environment
    functions = externs_of((reward.mode,))

    def run(states: Tensor) -> Tensor:
        decoded = environment.decode(states)
        values = evaluated(lambda state: is_mode(reward, ir, state), decoded, functions)
        return torch.tensor(values, dtype=torch.bool, device=environment.device)

    return run


def expression_on_host(environment: Environment, expr: Expr) -> Function:
    """Any expression over the state: bool, int64 or float64 [B, ...]."""
    ir, functions = environment.derived.environment, externs_of((expr,))
    dtype = {BoolType: torch.bool, IntType: torch.int64}.get(type(expr.type), torch.float64)

    def run(states: Tensor) -> Tensor:
        decoded = environment.decode(states)
        values = evaluated(lambda state: _plain(evaluate(expr, ir, state)), decoded, functions)
        return torch.tensor(values, dtype=dtype, device=environment.device)

    return run


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, bool | int) else float(value)
