"""Truth, comparison, choice and slots on values."""

from __future__ import annotations

from math import prod

import attrs

from gflowspec.compiler.tensor.builder import Builder
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.representation import (
    align,
    common,
    exact,
    integer,
    reals,
    shifted,
    truth,
)
from gflowspec.compiler.tensor.values import Kind, Value

_COMPARISONS: dict[str, Op] = {"==": Op.EQ, "!=": Op.NE, "<": Op.LT, "<=": Op.LE}


def truthful(builder: Builder, value: Value) -> Value:
    """A filled slot of bool as a truth value; truth values as they are."""
    if value.kind is Kind.BOOL:
        return value
    return compare(builder, "==", value, integer(builder, 1))


def negation(builder: Builder, value: Value) -> Value:
    """``not value``."""
    holds = truthful(builder, value)
    return attrs.evolve(holds, register=builder.emit(Op.NOT, (holds.register,)))


def both(builder: Builder, left: Value, right: Value) -> Value:
    """``left and right``."""
    return _logic(builder, Op.AND, left, right)


def either(builder: Builder, left: Value, right: Value) -> Value:
    """``left or right``."""
    return _logic(builder, Op.OR, left, right)


def _logic(builder: Builder, op: Op, left: Value, right: Value) -> Value:
    a, b = align(builder, truthful(builder, left), truthful(builder, right))
    neutral = op is Op.AND
    for value, other in ((a, b), (b, a)):
        known = other.register.constant
        if known is not None and _covers(value, other) and bool((known == neutral).all()):
            return value
    register = builder.emit(op, (a.register, b.register))
    return Value(register=register, kind=Kind.BOOL, depth=a.depth)


def _covers(value: Value, other: Value) -> bool:
    """Whether combining ``value`` with ``other`` leaves the shape of ``value``."""
    pairs = zip(value.register.shape, other.register.shape, strict=True)
    return all(its in (1, mine) for mine, its in pairs)


def compare(builder: Builder, op: str, left: Value, right: Value) -> Value:
    """``left op right`` element by element; slots are read as if they were filled."""
    if op in (">", ">="):
        return compare(builder, "<" if op == ">" else "<=", right, left)
    if left.kind is Kind.BOOL and right.kind is Kind.BOOL:
        a, b = align(builder, left, right)
    else:
        pair = common(builder, left, right)
        a, b = reals(builder, left, right) if pair is None else _unshifted(builder, *pair)
    register = builder.emit(_COMPARISONS[op], (a.register, b.register))
    return Value(register=register, kind=Kind.BOOL, depth=a.depth)


def _unshifted(builder: Builder, a: Value, b: Value) -> tuple[Value, Value]:
    """Values whose registers compare as they do; a constant takes up the shift for free."""
    difference = b.shift - a.shift
    if b.constant or not a.constant:
        return a, attrs.evolve(b, register=shifted(builder, b.register, difference))
    return attrs.evolve(a, register=shifted(builder, a.register, -difference)), b


def choose(builder: Builder, test: Value, then: Value, otherwise: Value) -> Value:
    """``then if test else otherwise`` element by element; slots stay slots."""
    known = test.register.constant
    if known is not None and bool((known == known.reshape(-1)[0]).all()):
        chosen = then if bool(known.reshape(-1)[0]) else otherwise
        if all(_spans(chosen.array, item.array) for item in (test, then, otherwise)):
            return chosen
    then, otherwise = same_empty(builder, then, otherwise)
    if then.kind is Kind.BOOL and otherwise.kind is Kind.BOOL:
        a, b = then, otherwise
    else:
        pair = common(builder, then, otherwise)
        a, b = reals(builder, then, otherwise) if pair is None else pair
        a, b = _same_shift(builder, a, b)
    condition, a, b = align(builder, truthful(builder, test), a, b)
    register = builder.emit(Op.WHERE, (condition.register, a.register, b.register))
    return attrs.evolve(a, register=register, low=min(a.low, b.low), high=max(a.high, b.high))


def _spans(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether broadcasting against another shape leaves a shape as it is."""
    if len(other) > len(shape):
        return False
    pairs = zip(reversed(shape), reversed(other), strict=False)
    return all(its in (1, mine) for mine, its in pairs)


def _same_shift(builder: Builder, a: Value, b: Value) -> tuple[Value, Value]:
    """Both values with the shift of the larger one: the smaller one takes up the difference."""
    if a.shift == b.shift:
        return a, b
    if prod(a.register.shape) < prod(b.register.shape):
        return _with_shift(builder, a, b.shift), b
    return a, _with_shift(builder, b, a.shift)


def _with_shift(builder: Builder, value: Value, shift: int) -> Value:
    register = shifted(builder, value.register, value.shift - shift)
    return attrs.evolve(value, register=register, shift=shift)


def is_empty(builder: Builder, slot: Value) -> Value:
    """Whether slots are empty; False for a value that is none."""
    if slot.empty is None:
        return truth(builder, holds=False)
    return compare(builder, "==", slot, integer(builder, slot.empty))


def is_filled(builder: Builder, slot: Value) -> Value:
    """Whether slots are filled; True for a value that is none."""
    if slot.empty is None:
        return truth(builder, holds=True)
    return compare(builder, "!=", slot, integer(builder, slot.empty))


def equal(builder: Builder, left: Value, right: Value, *, op: str = "==") -> Value:
    """``left == right`` (or ``!=``) element by element: ``empty`` equals only ``empty``."""
    if left.empty is not None or right.empty is not None:
        left, right = same_empty(builder, exact(builder, left), exact(builder, right))
    return compare(builder, op, left, right)


def same_empty(builder: Builder, left: Value, right: Value) -> tuple[Value, Value]:
    """Both values with one number for ``empty`` that no filled slot of either has."""
    if left.empty == right.empty:
        return left, right
    left, right = exact(builder, left), exact(builder, right)
    if left.only_empty and right.empty is not None:
        return attrs.evolve(integer(builder, right.empty), empty=right.empty), right
    if right.only_empty and left.empty is not None:
        return left, attrs.evolve(integer(builder, left.empty), empty=left.empty)
    if right.empty is None and not left.empty_meets(right):
        return left, attrs.evolve(right, empty=left.empty)
    if left.empty is None and not right.empty_meets(left):
        return attrs.evolve(left, empty=right.empty), right
    number = min(left.low, right.low) - 1
    return renumbered(builder, left, number), renumbered(builder, right, number)


def renumbered(builder: Builder, slot: Value, number: int) -> Value:
    """The slot with another number for ``empty``; a constant takes it for free."""
    if slot.empty is None:
        return attrs.evolve(slot, empty=number)
    emptied = is_empty(builder, slot)
    plain = attrs.evolve(slot, empty=None)
    moved = choose(builder, emptied, integer(builder, number), plain)
    return attrs.evolve(moved, empty=number)
