"""Values of one program brought to one form: constants, shapes, denominators, float64."""

from __future__ import annotations

from math import lcm

import attrs
import torch

from gflowspec.compiler.exactness.held import LIMIT
from gflowspec.compiler.tensor.builder import Builder, Register
from gflowspec.compiler.tensor.constants import Encoded
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.values import Kind, Value


def constant(builder: Builder, encoded: Encoded) -> Value:
    """The first of some encoded values."""
    return Value(
        register=builder.constant(encoded.tensor[:1]),
        kind=encoded.kind,
        depth=0,
        scale=encoded.scale,
        low=encoded.low,
        high=encoded.high,
        empty=encoded.empty,
    )


def integer(builder: Builder, number: int) -> Value:
    """An integer."""
    register = builder.constant(torch.tensor([number], dtype=torch.int64))
    return Value(register=register, kind=Kind.EXACT, depth=0, low=number, high=number)


def truth(builder: Builder, *, holds: bool) -> Value:
    """A truth value."""
    return Value(register=builder.constant(torch.tensor([holds])), kind=Kind.BOOL, depth=0)


def lift(builder: Builder, value: Value, depth: int) -> Value:
    """The value with size-1 dimensions for further bound variables."""
    if value.depth == depth:
        return value
    places = tuple(range(1 + value.depth, 1 + depth))
    register = builder.emit(Op.UNSQUEEZE, (value.register,), places)
    return attrs.evolve(value, register=register, depth=depth)


def align(builder: Builder, *values: Value) -> tuple[Value, ...]:
    """The values at one depth and, with size-1 dimensions in front, of one array rank."""
    depth = max(value.depth for value in values)
    rank = max(len(value.array) for value in values)
    return tuple(_padded(builder, lift(builder, value, depth), rank) for value in values)


def _padded(builder: Builder, value: Value, rank: int) -> Value:
    missing = rank - len(value.array)
    if not missing:
        return value
    places = tuple(range(1 + value.depth, 1 + value.depth + missing))
    return attrs.evolve(value, register=builder.emit(Op.UNSQUEEZE, (value.register,), places))


def shifted(builder: Builder, register: Register, amount: int) -> Register:
    """A register of integers with a number added."""
    if not amount:
        return register
    return builder.emit(Op.ADD, (register, integer(builder, amount).register))


def settled(builder: Builder, value: Value) -> Value:
    """The same value with shift 0."""
    register = shifted(builder, value.register, value.shift)
    return attrs.evolve(value, register=register, shift=0)


def exact(builder: Builder, value: Value) -> Value:
    """A truth value as 0 or 1; others as they are."""
    if value.kind is not Kind.BOOL:
        return value
    register = builder.emit(Op.TO_INT, (value.register,))
    return attrs.evolve(value, register=register, kind=Kind.EXACT, low=0, high=1)


def real(builder: Builder, value: Value) -> Value:
    """The value in float64."""
    if value.kind is Kind.FLOAT:
        return value
    register = builder.emit(Op.TO_FLOAT, (settled(builder, value).register,))
    if value.scale != 1:
        scale = builder.constant(torch.tensor([value.scale], dtype=torch.float64))
        register = builder.emit(Op.DIV, (register, scale))
    return Value(register=register, kind=Kind.FLOAT, depth=value.depth)


def common(builder: Builder, *values: Value) -> tuple[Value, ...] | None:
    """EXACT values aligned and over one denominator; None if any is inexact or too large."""
    numbers = [exact(builder, value) for value in values]
    if any(value.kind is not Kind.EXACT for value in numbers):
        return None
    scale = lcm(*(value.scale for value in numbers))
    rescaled = [_rescaled(builder, value, scale) for value in numbers]
    found = [value for value in rescaled if value is not None]
    return align(builder, *found) if len(found) == len(values) else None


def _rescaled(builder: Builder, value: Value, scale: int) -> Value | None:
    """The value over a multiple of its denominator; None if it does not fit."""
    factor = scale // value.scale
    if factor == 1:
        return value
    if not fits(value.low * factor, value.high * factor):
        return None
    (number, by) = align(builder, value, integer(builder, factor))
    return attrs.evolve(
        value,
        register=builder.emit(Op.MUL, (number.register, by.register)),
        shift=value.shift * factor,
        scale=scale,
        low=value.low * factor,
        high=value.high * factor,
    )


def reals(builder: Builder, *values: Value) -> tuple[Value, ...]:
    """All values aligned, in float64."""
    return align(builder, *(real(builder, value) for value in values))


def fits(low: int, high: int) -> bool:
    """Whether an interval stays inside the int64 lane."""
    return max(-low, high) < LIMIT


def uniform(value: Value) -> int | None:
    """The number (over ``value.scale``) of an EXACT constant that is one scalar."""
    known = value.register.constant
    if known is None or value.kind is not Kind.EXACT or known.numel() != 1 or value.array:
        return None
    return int(known.item()) + value.shift
