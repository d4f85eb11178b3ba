"""Expressions over arrays that hold collections, in the notation of their declaration.

Sets and digraphs are held as arrays (see ``ir.views``). What is derived for them reads those
arrays; a person wants to read ``v in S`` and ``edge(G, u, v)``. The expressions made here are for
showing only: nothing computes with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import attrs

from gflowspec.compiler.algebra.terms import arithmetic, integer
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    DigraphType,
    EnumType,
    IntType,
    ListType,
    SetType,
    TupleType,
    Type,
)
from gflowspec.ir.expr import (
    Aggregate,
    Bound,
    Call,
    Collection,
    Compare,
    Const,
    Expr,
    Generator,
    Index,
    Logic,
    StateVar,
    Unary,
    Updated,
)

_BOOL = BoolType()


def declared_form(expr: Expr) -> Expr:
    """The expression with every access to a collection as the language writes it."""
    return _mapped(expr, _lifted)


def _lifted(node: Expr) -> Expr:
    match node:
        case Index(base=StateVar() | Const() as base, indices=indices):
            return _access(node, base, indices)
        case Updated(base=StateVar() as base, value=Const(value=value)) if not value:
            held = _held(base)
            if isinstance(held, SetType):
                return _without(base, element_parts(held, node.indices), node)
            if isinstance(held, DigraphType):
                return _without(base, node.indices, node)
        case Unary(op="not", operand=Compare(op="in", left=left, right=right)):
            return Compare(op="not_in", left=left, right=right, type=_BOOL)
        case Aggregate():
            whole = _counted(node)
            if whole is not None:
                return Call(function="len", arguments=(whole,), type=node.type)
            return attrs.evolve(node, generators=tuple(map(_visiting, node.generators)))
    return node


def _held(array: Expr) -> Type | None:
    """The collection that an array holds."""
    return array.type.holds if isinstance(array.type, ArrayType) else None


def _access(node: Index, base: StateVar | Const, indices: Sequence[Expr]) -> Expr:
    held = _held(base)
    if isinstance(held, SetType) and isinstance(base.type, ArrayType):
        if len(indices) != len(base.type.shape):
            return node
        parts = element_parts(held, indices)
        one = parts[0] if len(parts) == 1 else Collection(items=parts, type=held.element)
        members = _members(base, held) if isinstance(base, Const) else base
        return Compare(op="in", left=one, right=members, type=_BOOL)
    if isinstance(held, DigraphType) and held.edge is None and len(indices) == 2:
        return Call(function="edge", arguments=(base, *indices), type=_BOOL)
    return node


def _members(table: Const, held: SetType) -> Const:
    """The elements of a constant set that is held as a table of truth values."""
    assert isinstance(table.type, ArrayType)
    axes = held.element.items if isinstance(held.element, TupleType) else (held.element,)
    lows = [axis.lo or 0 if isinstance(axis, IntType) else 0 for axis in axes]
    places = product(*(range(length) for length in table.type.shape))
    rows = tuple(
        tuple(place + low for place, low in zip(row, lows, strict=True))
        for row, there in zip(places, table.value, strict=True)
        if there
    )
    return Const(value=rows, type=ListType(held.element, len(rows)))


def _without(collection: Expr, parts: Sequence[Expr], node: Expr) -> Expr:
    """``without(S, v)``, which the language does not have: the collection less an element."""
    return Call(function="without", arguments=(collection, *parts), type=node.type)


def element_parts(held: SetType, indices: Sequence[Expr]) -> tuple[Expr, ...]:
    """The parts of the element that stands at a place."""
    axes = held.element.items if isinstance(held.element, TupleType) else (held.element,)
    return tuple(_at(axis, index) for axis, index in zip(axes, indices, strict=True))


def _at(axis: Type, place: Expr) -> Expr:
    """The value of a scalar type at a position."""
    if isinstance(place, Const) and isinstance(axis, EnumType | BoolType):
        value = bool(place.value) if isinstance(axis, BoolType) else place.value
        return Const(value=value, type=axis)
    if isinstance(axis, IntType):
        return arithmetic("+", place, integer(axis.lo or 0))
    if isinstance(axis, EnumType):
        number = arithmetic("+", place, integer(1))
        if isinstance(number, Call) and number.function == "number_of":
            return number.arguments[0]
    if isinstance(place, Call) and place.function == "indicator":
        return place.arguments[0]
    return place


def _counted(node: Aggregate) -> Expr | None:
    """The set of which an aggregation counts all elements; None for any other."""
    body = node.body
    if node.kind == "sum" and isinstance(body, Call) and body.function == "indicator":
        body = body.arguments[0]
    elif node.kind != "count":
        return None
    if not isinstance(body, Compare) or body.op != "in" or not isinstance(body.right, StateVar):
        return None
    plain = all(item.condition is None for item in node.generators)
    parts = body.left.items if isinstance(body.left, Collection) else (body.left,)
    own = [
        _is_visited(item, part, body.right, k)
        for k, (item, part) in enumerate(zip(node.generators, parts, strict=False))
    ]
    return body.right if plain and all(own) and len(parts) == len(own) else None


def _visiting(generator: Generator) -> Generator:
    """``for v in S`` for ``for v in 0..9 if v in S``."""
    condition = generator.condition
    first = condition.operands[0] if isinstance(condition, Logic) else condition
    if not isinstance(first, Compare) or first.op != "in" or not isinstance(first.right, StateVar):
        return generator
    if isinstance(condition, Logic) and condition.op != "and":
        return generator
    if isinstance(first.left, Collection) or not _is_visited(generator, first.left, first.right, 0):
        return generator
    left: Expr | None = None
    if isinstance(condition, Logic):
        others = condition.operands[1:]
        left = others[0] if len(others) == 1 else attrs.evolve(condition, operands=others)
    return attrs.evolve(generator, domain=first.right, condition=left)


def _is_visited(generator: Generator, part: Expr, collection: Expr, axis: int) -> bool:
    """Whether a generator takes all values of one part of the elements of a set."""
    of = collection.type
    whole = isinstance(of, ArrayType) and len(generator.carrier) == of.shape[axis]
    return whole and isinstance(part, Bound) and part.name == generator.variable


def _mapped(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with every node changed, children first."""
    fields: dict[str, Any] = {}
    for field in attrs.fields(type(expr)):
        if field.name not in ("type", "span"):
            fields[field.name] = _mapped_value(getattr(expr, field.name), change)
    return change(attrs.evolve(expr, **fields))


def _mapped_value(value: Any, change: Callable[[Expr], Expr]) -> Any:
    if isinstance(value, Expr):
        return _mapped(value, change)
    if isinstance(value, Generator):
        domain = _mapped_value(value.domain, change)
        return attrs.evolve(value, domain=domain, condition=_mapped_value(value.condition, change))
    if isinstance(value, tuple):
        return tuple(_mapped_value(item, change) for item in value)
    return value
