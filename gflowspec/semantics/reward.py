"""Rewards of single states: exact while they are written exactly."""

from __future__ import annotations

import math
from functools import lru_cache

from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import Expr
from gflowspec.ir.reward import Reward
from gflowspec.semantics.arithmetic import Number, log_ratio
from gflowspec.semantics.evaluate import Code, compile_expr, frame_of
from gflowspec.semantics.identity import Same
from gflowspec.semantics.machine import State


def reward_value(reward: Reward, environment: Environment, state: State) -> Number:
    """R as declared, before floor and beta; exp(logR) where log R is declared.

    A Fraction or an int where R is written in exact arithmetic.
    """
    if reward.value is not None:
        value: Number = _value(reward.value, environment, state)
        return value
    try:
        return math.exp(_value(_log_value(reward), environment, state))
    except OverflowError:
        return math.inf


def base_log_reward(reward: Reward, environment: Environment, state: State) -> float:
    """Log max(R, floor), before beta; -inf where R is 0 and NaN where it is negative."""
    if reward.value is not None:
        log_value = log_ratio(_value(reward.value, environment, state))
    else:
        log_value = float(_value(_log_value(reward), environment, state))
    if reward.floor is None or math.isnan(log_value):
        return log_value
    return max(log_value, log_ratio(reward.floor))


def log_reward(reward: Reward, environment: Environment, state: State) -> float:
    """Log target = beta * max(log R, log floor)."""
    return float(reward.beta) * base_log_reward(reward, environment, state)


def is_mode(reward: Reward, environment: Environment, state: State) -> bool:
    """Whether ``mode when`` holds; False where no mode was declared."""
    return reward.mode is not None and bool(_value(reward.mode, environment, state))


def _log_value(reward: Reward) -> Expr:
    if reward.log_value is None:
        message = f"reward {reward.name} declares neither R nor logR"
        raise ValueError(message)
    return reward.log_value


def _value(expr: Expr, environment: Environment, state: State) -> Number:
    names = (variable.name for variable in environment.state)
    value: Number = _code(Same(expr))(frame_of(names, state))
    return value


@lru_cache(maxsize=64)
def _code(key: Same) -> Code:
    return compile_expr(key.value)
