"""Rewards of single states: exact while they are written exactly."""

from __future__ import annotations

import math
from functools import lru_cache

from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import Expr
from gflowspec.ir.reward import Reward
from gflowspec.semantics.arithmetic import Number, log_ratio
from gflowspec.semantics.errors import ObjectRejected
from gflowspec.semantics.evaluate import Code, compile_expr, frame_of
from gflowspec.semantics.identity import Same
from gflowspec.semantics.machine import State


def declared_value(reward: Reward, environment: Environment, state: State) -> Number:
    """R or log R, whichever the reward declares, before floor and beta."""
    formula = reward.value if reward.value is not None else _log_value(reward)
    return _value(formula, environment, state)


def reward_value(reward: Reward, environment: Environment, state: State) -> Number:
    """R as declared, before floor and beta; exp(logR) where log R is declared.

    A Fraction or an int where R is written in exact arithmetic; 0 for a rejected object.
    """
    try:
        value = declared_value(reward, environment, state)
    except ObjectRejected:
        return 0
    if reward.value is not None:
        return value
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def base_log_reward(reward: Reward, environment: Environment, state: State) -> float:
    """Log max(R, floor), before beta; without a floor -inf where R is 0, NaN where it is less.

    Where a function in Python rejects the object, it is log floor.
    """
    try:
        value = declared_value(reward, environment, state)
    except ObjectRejected:
        return -math.inf if reward.floor is None else log_ratio(reward.floor)
    if reward.value is None:
        log_value = float(value)
        return log_value if reward.floor is None else max(log_value, log_ratio(reward.floor))
    if reward.floor is not None and value <= reward.floor:
        return log_ratio(reward.floor)
    return log_ratio(value)


def log_reward(reward: Reward, environment: Environment, state: State) -> float:
    """Log target = beta * max(log R, log floor)."""
    return float(reward.beta) * base_log_reward(reward, environment, state)


def is_mode(reward: Reward, environment: Environment, state: State) -> bool:
    """Whether ``mode when`` holds; False without one, and where the object is rejected."""
    try:
        return reward.mode is not None and bool(_value(reward.mode, environment, state))
    except ObjectRejected:
        return False


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
