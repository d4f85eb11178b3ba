"""``m[k]`` for a ``map``: the table behind it is an array with an axis for each part of a key."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import attrs

from gflowspec.compiler.data.keys import Axis, axes_of
from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.session import ERROR, Context, any_error, constant
from gflowspec.compiler.elaborate.types import as_element, check_range, convert
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    IntType,
    MapType,
    TupleType,
    Type,
    describe,
)
from gflowspec.ir.expr import Binary, Call, Collection, Const, Expr, Index
from gflowspec.lang import ast


def value_at(base: Expr, given: tuple[Expr, ...], node: ast.Index, context: Context) -> Expr:
    """``base[given]``: a key is one expression, or its parts separated by commas."""
    of = base.type
    assert isinstance(of, MapType)
    if any_error(given):
        return ERROR
    key = given[0]
    if len(given) > 1:
        of_parts = TupleType(tuple(item.type for item in given))
        key = Collection(type=of_parts, items=given, span=node.span)
    if isinstance(of.key, TupleType) and not isinstance(key.type, TupleType):
        wanted = f"a key `{describe(of.key)}`"
        return context.report(messages.mismatch(key.span, key.type, wanted))
    parts = list(_parts(key, of.key, context))
    if any_error(parts):
        return ERROR
    axes = axes_of(of.key)
    assert axes is not None  # the table could not have been read
    places = tuple(_place(part, axis) for part, axis in zip(parts, axes, strict=True))
    shape = tuple(len(axis.names) for axis in axes)
    table = attrs.evolve(base, type=ArrayType(shape, of.value))
    return Index(type=of.value, base=table, indices=places, span=node.span)


def values_of(base: Expr) -> Expr:
    """``values(m)``: the values in the order of the keys."""
    of = base.type
    assert isinstance(of, MapType)
    axes = axes_of(of.key) or ()
    length = prod(len(axis.names) for axis in axes)
    return attrs.evolve(base, type=ArrayType((length,), of.value))


def _parts(key: Expr, of: Type, context: Context) -> Iterator[Expr]:
    """The scalar components of a key, each within its type."""
    match of:
        case TupleType(items):
            if not isinstance(key.type, TupleType) or len(key.type.items) != len(items):
                yield context.report(messages.mismatch(key.span, key.type, f"`{describe(of)}`"))
                return
            for position, item in enumerate(items):
                yield from _parts(_item(key, position), item, context)
        case ArrayType(element=element):
            if not isinstance(key.type, ArrayType) or key.type.shape != of.shape:
                yield context.report(messages.mismatch(key.span, key.type, f"`{describe(of)}`"))
                return
            for position in range(of.size):
                yield from _parts(_cell(key, key.type, position), element, context)
        case _:
            found = convert(as_element(key, context), of, context)
            yield check_range(found, of, context)


def _item(key: Expr, position: int) -> Expr:
    assert isinstance(key.type, TupleType)
    if isinstance(key, Collection):
        return key.items[position]
    of = key.type.items[position]
    if isinstance(key, Const):
        return Const(type=of, value=key.value[position], span=key.span)
    at = constant(IntType(position, position), position, key.span)
    return Index(type=of, base=key, indices=(at,), span=key.span)


def _cell(key: Expr, of: ArrayType, position: int) -> Expr:
    if isinstance(key, Const):
        return Const(type=of.element, value=key.value[position], span=key.span)
    places = []
    for length in reversed(of.shape):
        places.append(constant(IntType(position % length, position % length), position % length))
        position //= length
    indices = tuple(reversed(places))
    return Index(type=of.element, base=key, indices=indices, span=key.span)


def _place(part: Expr, axis: Axis) -> Expr:
    """Where a component stands on its axis, counted from 0."""
    last = len(axis.names) - 1
    if isinstance(part.type, BoolType):
        if isinstance(part, Const):
            return constant(IntType(0, 1), int(part.value), part.span)
        return Call(type=IntType(0, 1), function="indicator", arguments=(part,), span=part.span)
    if not isinstance(part.type, IntType) or axis.low == 0:
        return part
    low = constant(IntType(axis.low, axis.low), axis.low, part.span)
    if isinstance(part, Const):
        return constant(IntType(0, last), part.value - axis.low, part.span)
    return Binary(type=IntType(0, last), op="-", left=part, right=low, span=part.span)
