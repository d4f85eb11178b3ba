"""Rewards as tensor programs: log target = beta * max(log R, log floor)."""

from __future__ import annotations

import torch

from gflowspec.compiler.tensor import arithmetic
from gflowspec.compiler.tensor.constants import Encoded
from gflowspec.compiler.tensor.kit import Kit
from gflowspec.compiler.tensor.program import Op, Program
from gflowspec.compiler.tensor.representation import constant, real, shifted
from gflowspec.compiler.tensor.values import Kind, Value
from gflowspec.core.errors import InternalError
from gflowspec.core.types import RealType
from gflowspec.ir.expr import Call, Expr
from gflowspec.ir.reward import Reward
from gflowspec.semantics.arithmetic import log_ratio


def log_reward_program(reward: Reward, kit: Kit) -> Program:
    """The log target: float64 [B]. Where R is a table, log is taken of the exact rational."""
    lowering = kit.lowering()
    builder = lowering.builder
    value = real(builder, lowering.lower(_log(reward)))
    if reward.floor is not None:
        least = _number(log_ratio(reward.floor))
        value = arithmetic.in_floats(builder, Op.MAXIMUM, value, constant(builder, least))
    if reward.beta != 1:
        beta = constant(builder, _number(float(reward.beta)))
        value = arithmetic.in_floats(builder, Op.MUL, value, beta)
    return builder.finish((value.register,))


def expression_program(expr: Expr, kit: Kit) -> Program:
    """Any expression over the state: bool, int64 or float64 [B, ...]."""
    lowering = kit.lowering()
    value: Value = lowering.lower(expr)
    builder = lowering.builder
    if value.kind is Kind.EXACT and value.scale != 1:
        value = real(builder, value)
    register = shifted(builder, value.register, value.shift)
    return builder.finish((register,))


def _log(reward: Reward) -> Expr:
    if reward.value is not None:
        return Call("log", (reward.value,), type=RealType(exact=False), span=reward.value.span)
    if reward.log_value is None:
        message = f"reward {reward.name} declares neither R nor logR"
        raise InternalError(message)
    return reward.log_value


def _number(number: float) -> Encoded:
    return Encoded(torch.tensor([number], dtype=torch.float64), Kind.FLOAT)
