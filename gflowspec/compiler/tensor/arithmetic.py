"""Arithmetic on values: the exact lane, and float64 where it ends.

Every operation keeps an interval for the numbers it makes. Where one could reach 2^62, or a result
has no fixed denominator, the operation is done in float64 instead; ``Value.kind`` says so.
"""

from __future__ import annotations

from math import gcd

import attrs
import torch

from gflowspec.compiler.exactness.held import LARGEST_EXPONENT, LIMIT
from gflowspec.compiler.tensor.builder import Builder, Register
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.representation import (
    align,
    common,
    exact,
    fits,
    integer,
    lift,
    reals,
    settled,
    shifted,
    uniform,
)
from gflowspec.compiler.tensor.values import Kind, Value


def add(builder: Builder, left: Value, right: Value) -> Value:
    """``left + right``."""
    pair = common(builder, left, right)
    if pair is None or not fits(pair[0].low + pair[1].low, pair[0].high + pair[1].high):
        return in_floats(builder, Op.ADD, left, right)
    a, b = pair
    low, high = a.low + b.low, a.high + b.high
    for value, other in ((a, b), (b, a)):
        amount = uniform(other)
        if amount is not None:
            shift = value.shift + amount
            return attrs.evolve(value, shift=shift, low=low, high=high, empty=None)
    register = builder.emit(Op.ADD, (a.register, b.register))
    shift = a.shift + b.shift
    return attrs.evolve(a, register=register, shift=shift, low=low, high=high, empty=None)


def negate(builder: Builder, value: Value) -> Value:
    """``-value``."""
    number = exact(builder, value)
    register = builder.emit(Op.NEG, (number.register,))
    if number.kind is Kind.FLOAT:
        return attrs.evolve(number, register=register)
    return attrs.evolve(
        number,
        register=register,
        shift=-number.shift,
        low=-number.high,
        high=-number.low,
        empty=None,
    )


def subtract(builder: Builder, left: Value, right: Value) -> Value:
    """``left - right``."""
    pair = common(builder, left, right)
    if pair is None or not fits(pair[0].low - pair[1].high, pair[0].high - pair[1].low):
        return in_floats(builder, Op.SUB, left, right)
    a, b = pair
    low, high = a.low - b.high, a.high - b.low
    amount = uniform(b)
    if amount is not None:
        return attrs.evolve(a, shift=a.shift - amount, low=low, high=high, empty=None)
    register = builder.emit(Op.SUB, (a.register, b.register))
    shift = a.shift - b.shift
    return attrs.evolve(a, register=register, shift=shift, low=low, high=high, empty=None)


def multiply(builder: Builder, left: Value, right: Value) -> Value:
    """``left * right``."""
    a, b = align(builder, exact(builder, left), exact(builder, right))
    scale = a.scale * b.scale
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    low, high = min(corners), max(corners)
    if Kind.FLOAT in (a.kind, b.kind) or not fits(low, high) or scale >= LIMIT:
        return in_floats(builder, Op.MUL, a, b)
    for value, other in ((a, b), (b, a)):
        if uniform(other) == 1:
            return _reduced(builder, attrs.evolve(value, scale=scale, empty=None))
    a, b = settled(builder, a), settled(builder, b)
    register = builder.emit(Op.MUL, (a.register, b.register))
    product = Value(
        register=register, kind=Kind.EXACT, depth=a.depth, scale=scale, low=low, high=high
    )
    return _reduced(builder, product)


def _reduced(builder: Builder, value: Value) -> Value:
    """A scalar constant over its smallest denominator; other values as they are."""
    amount = uniform(value)
    if amount is None or value.scale == 1:
        return value
    divisor = gcd(amount, value.scale)
    number = lift(builder, integer(builder, amount // divisor), value.depth)
    return attrs.evolve(number, scale=value.scale // divisor)


def divide(builder: Builder, left: Value, right: Value) -> Value:
    """``left / right``: exact by a constant, else float64."""
    amount = uniform(right)
    if not amount or left.kind is Kind.FLOAT:
        return in_floats(builder, Op.DIV, left, right)
    numerator = right.scale if amount > 0 else -right.scale
    return multiply(builder, left, attrs.evolve(integer(builder, numerator), scale=abs(amount)))


def in_floats(builder: Builder, op: Op, left: Value, right: Value) -> Value:
    """A binary operation in float64."""
    a, b = reals(builder, left, right)
    register = builder.emit(op, (a.register, b.register))
    return Value(register=register, kind=Kind.FLOAT, depth=a.depth)


def floor_divide(builder: Builder, left: Value, right: Value) -> Value:
    """``left // right``."""
    pair = common(builder, left, right)
    if pair is None:
        quotient = divide(builder, left, right)
        register = builder.emit(Op.FLOAT_FUNCTION, (quotient.register,), "floor")
        return attrs.evolve(quotient, register=register)
    a, b = settled(builder, pair[0]), settled(builder, pair[1])
    register = builder.emit(Op.FLOOR_DIV, (a.register, _divisor(builder, b)))
    bound = max(abs(a.low), abs(a.high)) + 1
    return Value(register=register, kind=Kind.EXACT, depth=a.depth, low=-bound, high=bound)


def remainder(builder: Builder, left: Value, right: Value) -> Value:
    """``left % right``, with the sign of ``right``."""
    pair = common(builder, left, right)
    if pair is None:
        return in_floats(builder, Op.MOD, left, right)
    a, b = settled(builder, pair[0]), settled(builder, pair[1])
    register = builder.emit(Op.MOD, (a.register, _divisor(builder, b)))
    return attrs.evolve(a, register=register, low=min(0, b.low), high=max(0, b.high), empty=None)


def _divisor(builder: Builder, value: Value) -> Register:
    """The numbers of a divisor; 1 where an empty slot or the like makes it 0."""
    if not value.low <= 0 <= value.high:
        return value.register
    zero, one = (lift(builder, integer(builder, number), value.depth) for number in (0, 1))
    is_zero = builder.emit(Op.EQ, (value.register, zero.register))
    return builder.emit(Op.WHERE, (is_zero, one.register, value.register))


def power(builder: Builder, left: Value, right: Value) -> Value:
    """``left ^ right``: exact for small constant exponents and for tables of powers."""
    exponent = uniform(right) if right.scale == 1 else None
    if exponent is not None and 0 <= exponent <= LARGEST_EXPONENT:
        result = integer(builder, 1)
        for _ in range(exponent):
            result = multiply(builder, result, left)
        return result
    base = uniform(left) if left.scale == 1 else None
    if base is not None and right.kind is Kind.EXACT and right.scale == 1:
        powers = _powers(base, right.low, right.high)
        if powers is not None:
            return look_up(builder, powers, right)
    return in_floats(builder, Op.POW, left, right)


def _powers(base: int, low: int, high: int) -> list[int] | None:
    if low < 0 or high > LARGEST_EXPONENT or high * base.bit_length() >= LIMIT.bit_length():
        return None
    return [base**exponent for exponent in range(low, high + 1)]


def look_up(builder: Builder, table: list[int], index: Value) -> Value:
    """``table[index - index.low]`` of integers."""
    numbers = builder.constant(torch.tensor(table, dtype=torch.int64))
    place = shifted(builder, index.register, index.shift - index.low)
    register = builder.emit(Op.TAKE, (numbers, place))
    return Value(
        register=register, kind=Kind.EXACT, depth=index.depth, low=min(table), high=max(table)
    )


def extreme(builder: Builder, op: Op, left: Value, right: Value) -> Value:
    """The smaller (MINIMUM) or larger (MAXIMUM) of two numbers."""
    pair = common(builder, left, right)
    if pair is None:
        return in_floats(builder, op, left, right)
    a, b = settled(builder, pair[0]), settled(builder, pair[1])
    pick = min if op is Op.MINIMUM else max
    register = builder.emit(op, (a.register, b.register))
    return attrs.evolve(
        a, register=register, low=pick(a.low, b.low), high=pick(a.high, b.high), empty=None
    )
