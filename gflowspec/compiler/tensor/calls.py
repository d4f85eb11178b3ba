"""The built-in functions of the language on values."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import pi, prod, sqrt
from typing import TYPE_CHECKING

import attrs
import torch

from gflowspec.compiler.tensor import arithmetic, choice, digraphs
from gflowspec.compiler.tensor.builder import Builder
from gflowspec.compiler.tensor.constants import Encoded
from gflowspec.compiler.tensor.program import FLOAT_FUNCTIONS, Op
from gflowspec.compiler.tensor.representation import (
    align,
    constant,
    exact,
    fits,
    integer,
    lift,
    real,
    settled,
)
from gflowspec.compiler.tensor.values import Kind, Value

if TYPE_CHECKING:
    from gflowspec.compiler.tensor.lower import Lowering

_ROUNDINGS = ("floor", "ceil", "round")
# Results of float64 roundings are not bounded by an interval; what is done with them stays exact
# while it is small, and a comparison is right in any case.
_ROUNDED = 1 << 53


def call(lowering: Lowering, function: str, arguments: list[Value]) -> Value | None:
    """A built-in function, or None if it has no tensor form."""
    builder = lowering.builder
    if function in _ROUNDINGS:
        return _rounding(builder, function, arguments[0])
    if function in FLOAT_FUNCTIONS:
        return _float_function(builder, function, arguments[0])
    if function in _EXTREMES:
        return _extremes(lowering, function, arguments)
    if function in _PLAIN:
        return _PLAIN[function](builder, arguments)
    if function in _ON_ARRAYS:
        return _ON_ARRAYS[function](lowering, arguments)
    return None


# Numbers


def _float_function(builder: Builder, function: str, argument: Value) -> Value:
    number = real(builder, argument)
    register = builder.emit(Op.FLOAT_FUNCTION, (number.register,), function)
    return attrs.evolve(number, register=register)


def _rounding(builder: Builder, function: str, argument: Value) -> Value:
    number = exact(builder, argument)
    if number.kind is Kind.FLOAT:
        rounded = _float_function(builder, function, number)
        register = builder.emit(Op.TO_INT, (rounded.register,))
        return Value(
            register=register, kind=Kind.EXACT, depth=number.depth, low=-_ROUNDED, high=_ROUNDED
        )
    if number.scale == 1:
        return number
    if function == "floor":
        return arithmetic.floor_divide(builder, number, integer(builder, 1))
    if function == "ceil":
        below = _rounding(builder, "floor", arithmetic.negate(builder, number))
        return arithmetic.negate(builder, below)
    return _to_even(builder, number)


def _to_even(builder: Builder, number: Value) -> Value:
    """Rounding to the nearest integer, halves to the even one."""
    half = attrs.evolve(integer(builder, 1), scale=2)
    raised = arithmetic.add(builder, number, half)
    above = _rounding(builder, "floor", raised)
    tie = choice.compare(builder, "==", raised, above)
    parity = arithmetic.remainder(builder, above, integer(builder, 2))
    odd_tie = arithmetic.multiply(builder, exact(builder, tie), parity)
    return arithmetic.subtract(builder, above, odd_tie)


def _abs(builder: Builder, arguments: list[Value]) -> Value:
    number = settled(builder, exact(builder, arguments[0]))
    register = builder.emit(Op.ABS, (number.register,))
    high = max(abs(number.low), abs(number.high))
    return attrs.evolve(number, register=register, low=0, high=high, empty=None)


def _clip(builder: Builder, arguments: list[Value]) -> Value:
    raised = arithmetic.extreme(builder, Op.MAXIMUM, arguments[0], arguments[1])
    return arithmetic.extreme(builder, Op.MINIMUM, raised, arguments[2])


def _normal_pdf(builder: Builder, arguments: list[Value]) -> Value:
    x = real(builder, arguments[0])
    half, scale = (_float(builder, number) for number in (-0.5, 1 / sqrt(2 * pi)))
    exponent = arithmetic.multiply(builder, arithmetic.multiply(builder, x, x), half)
    return arithmetic.multiply(builder, _float_function(builder, "exp", exponent), scale)


def _float(builder: Builder, number: float) -> Value:
    tensor = torch.tensor([number], dtype=torch.float64)
    return constant(builder, Encoded(tensor, Kind.FLOAT))


def _indicator(builder: Builder, arguments: list[Value]) -> Value:
    return exact(builder, choice.truthful(builder, arguments[0]))


def _number_of(builder: Builder, arguments: list[Value]) -> Value:
    return arithmetic.add(builder, arguments[0], integer(builder, 1))


def _or_else(builder: Builder, arguments: list[Value]) -> Value:
    slot, default = arguments
    emptied = choice.is_empty(builder, slot)
    return choice.choose(builder, emptied, default, attrs.evolve(slot, empty=None))


_PLAIN: dict[str, Callable[[Builder, list[Value]], Value]] = {
    "abs": _abs,
    "clip": _clip,
    "normal_pdf": _normal_pdf,
    "indicator": _indicator,
    "number_of": _number_of,
    "or_else": _or_else,
}
_EXTREMES = {"min": Op.MINIMUM, "max": Op.MAXIMUM}


def _extremes(lowering: Lowering, function: str, arguments: list[Value]) -> Value:
    builder = lowering.builder
    if len(arguments) > 1:
        op = _EXTREMES[function]
        return reduce(lambda a, b: arithmetic.extreme(builder, op, a, b), arguments)
    array = attrs.evolve(exact(builder, arguments[0]), empty=None)
    op = Op.MIN if function == "min" else Op.MAX
    return attrs.evolve(array, register=builder.emit(op, (array.register,), _dims(array)))


# Arrays


def _dims(array: Value) -> tuple[int, ...]:
    return tuple(range(1 + array.depth, 1 + array.depth + len(array.array)))


def _in_one_row(builder: Builder, array: Value) -> Value:
    """The elements of an array of several axes as one axis, the last one varying fastest."""
    first, last = 1 + array.depth, array.depth + len(array.array)
    return attrs.evolve(array, register=builder.flatten(array.register, first, last))


def _filled(lowering: Lowering, arguments: list[Value]) -> Value:
    filled = choice.is_filled(lowering.builder, arguments[0])
    return lowering.reduce(Op.ALL, filled) if filled.array else filled


def _count_filled(lowering: Lowering, arguments: list[Value]) -> Value:
    filled = choice.is_filled(lowering.builder, arguments[0])
    if not filled.array:
        return exact(lowering.builder, filled)
    return _total(lowering.builder, filled)


def _total(builder: Builder, truths: Value) -> Value:
    """How many elements of an array of truth values hold."""
    register = builder.emit(Op.SUM, (truths.register,), _dims(truths))
    return Value(
        register=register, kind=Kind.EXACT, depth=truths.depth, low=0, high=prod(truths.array)
    )


def _distinct(lowering: Lowering, arguments: list[Value]) -> Value:
    """No two filled elements are equal."""
    builder, array = lowering.builder, _in_one_row(lowering.builder, arguments[0])
    depth, length = array.depth, array.array[0]
    row = attrs.evolve(array, register=builder.emit(Op.UNSQUEEZE, (array.register,), (1 + depth,)))
    column = attrs.evolve(
        array, register=builder.emit(Op.UNSQUEEZE, (array.register,), (2 + depth,))
    )
    upper = torch.ones((length, length), dtype=torch.bool).triu(1).unsqueeze(0)
    pairs = lift(builder, constant(builder, Encoded(upper, Kind.BOOL)), depth)
    clash = choice.both(builder, choice.compare(builder, "==", row, column), pairs)
    if array.empty is not None:
        clash = choice.both(builder, clash, choice.is_filled(builder, row))
    return choice.negation(builder, lowering.reduce(Op.ANY, clash))


def _reverse(lowering: Lowering, arguments: list[Value]) -> Value:
    (array,) = arguments
    register = lowering.builder.emit(Op.FLIP, (array.register,), 1 + array.depth)
    return attrs.evolve(array, register=register)


def _sorted(lowering: Lowering, arguments: list[Value]) -> Value:
    (array,) = arguments
    register = lowering.builder.emit(Op.SORT, (array.register,), 1 + array.depth)
    return attrs.evolve(array, register=register)


def _bits_of(lowering: Lowering, arguments: list[Value]) -> Value:
    builder, (number, width) = lowering.builder, arguments
    powers = torch.tensor([[1 << i for i in reversed(range(width.low))]], dtype=torch.int64)
    divisor = Value(
        register=builder.constant(powers),
        kind=Kind.EXACT,
        depth=0,
        low=1,
        high=int(powers.max()),
    )
    quotient = arithmetic.floor_divide(builder, number, divisor)
    return arithmetic.remainder(builder, quotient, integer(builder, 2))


def _number(lowering: Lowering, arguments: list[Value]) -> Value | None:
    builder, (digits, base) = lowering.builder, arguments
    digits = _in_one_row(builder, digits)
    length = digits.array[0]
    weights = [base.low**i for i in reversed(range(length))]
    low, high = (sum(weights) * bound for bound in (min(digits.low, 0), max(digits.high, 0)))
    if base.low != base.high or not fits(low, high):
        return None
    tensor = torch.tensor([weights], dtype=torch.int64)
    scale = Value(
        register=builder.constant(tensor), kind=Kind.EXACT, depth=0, low=1, high=max(weights)
    )
    (number, radix) = align(builder, settled(builder, digits), scale)
    weighted = builder.emit(Op.MUL, (number.register, radix.register))
    register = builder.emit(Op.SUM, (weighted,), _dims(number))
    return Value(register=register, kind=Kind.EXACT, depth=number.depth, low=low, high=high)


def _hamming(lowering: Lowering, arguments: list[Value]) -> Value:
    builder, (left, right) = lowering.builder, arguments
    different = choice.equal(builder, left, right, op="!=")
    return _total(builder, different)


def _len(lowering: Lowering, arguments: list[Value]) -> Value:
    return integer(lowering.builder, arguments[0].array[0])


def _concat(lowering: Lowering, arguments: list[Value]) -> Value:
    builder = lowering.builder
    stacked = [attrs.evolve(argument, empty=None) for argument in arguments]
    unified = lowering.unified(stacked)
    register = builder.emit(
        Op.CONCATENATE, tuple(item.register for item in unified), 1 + unified[0].depth
    )
    low, high = min(item.low for item in unified), max(item.high for item in unified)
    return attrs.evolve(unified[0], register=register, low=low, high=high)


def _values(_: Lowering, arguments: list[Value]) -> Value:
    return arguments[0]


_ON_ARRAYS: dict[str, Callable[[Lowering, list[Value]], Value | None]] = {
    "filled": _filled,
    "count_filled": _count_filled,
    "distinct": _distinct,
    "reverse": _reverse,
    "sorted": _sorted,
    "bits_of": _bits_of,
    "number": _number,
    "hamming": _hamming,
    "len": _len,
    "concat": _concat,
    "values": _values,
    "reaches": digraphs.reaches,
    "acyclic": digraphs.acyclic,
    "connected": digraphs.connected,
}
