"""Inserting into and removing from sequences: the places behind move by one, all rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import torch

from gflowspec.compiler.tensor import choice
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.representation import integer
from gflowspec.compiler.tensor.values import Kind, Value
from gflowspec.ir.expr import Binary, Call, Const, Expr

if TYPE_CHECKING:
    from gflowspec.compiler.tensor.lower import Lowering


def inserted(lowering: Lowering, expr: Call) -> Value:
    """``inserted(s, p, v)``: what stands before p, v, and what stands from p on."""
    builder = lowering.builder
    sequence, place, value = (lowering.lower(item) for item in expr.arguments)
    places = _places(lowering, sequence)
    kept = sequence
    if not _is_length(expr.arguments[1], expr.arguments[0]):
        moved = _moved(lowering, sequence, [max(0, k - 1) for k in range(sequence.array[0])])
        ahead = choice.compare(builder, "<", places, place)
        kept = choice.choose(builder, ahead, sequence, moved)
    here = choice.compare(builder, "==", places, place)
    return choice.choose(builder, here, value, kept)


def removed(lowering: Lowering, expr: Call) -> Value:
    """``removed(s, p)``: what stands before p, and what stands behind; the last place is empty."""
    builder = lowering.builder
    sequence, place = (lowering.lower(item) for item in expr.arguments)
    assert sequence.empty is not None
    empty = attrs.evolve(integer(builder, sequence.empty), empty=sequence.empty)
    places, last = _places(lowering, sequence), sequence.array[0] - 1
    if _is_last(expr.arguments[1], expr.arguments[0]):
        here = choice.compare(builder, "==", places, place)
        return choice.choose(builder, here, empty, sequence)
    moved = _moved(lowering, sequence, [min(last, k + 1) for k in range(last + 1)])
    at_end = choice.compare(builder, "==", places, integer(builder, last))
    ahead = choice.compare(builder, "<", places, place)
    return choice.choose(builder, ahead, sequence, choice.choose(builder, at_end, empty, moved))


def _is_length(place: Expr, sequence: Expr) -> bool:
    """Whether a place is the one behind the end: nothing moves then."""
    return isinstance(place, Call) and place == attrs.evolve(
        place, function="count_filled", arguments=(sequence,)
    )


def _is_last(place: Expr, sequence: Expr) -> bool:
    """Whether a place is that of the last element: nothing moves then."""
    if not isinstance(place, Binary) or place.op != "-" or not isinstance(place.right, Const):
        return False
    return place.right.value == 1 and _is_length(place.left, sequence)


def _moved(lowering: Lowering, sequence: Value, order: list[int]) -> Value:
    register = lowering.builder.emit(
        Op.SELECT, (sequence.register,), 1 + sequence.depth, torch.tensor(order)
    )
    return attrs.evolve(sequence, register=register)


def _places(lowering: Lowering, sequence: Value) -> Value:
    """0, 1, ... along the sequence."""
    count = sequence.array[0]
    register = lowering.builder.constant(torch.arange(count).unsqueeze(0))
    return Value(register=register, kind=Kind.EXACT, depth=0, low=0, high=count - 1)
