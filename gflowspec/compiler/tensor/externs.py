"""Calls of functions in Python: a look-up, where the function is pure and has few arguments.

It is called once for each combination of arguments when the program is built. A function that
cannot be tabulated makes the whole expression one for the interpreter (``HostOnly``).
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import attrs
import torch

from gflowspec.compiler.exactness.atoms import component_domain
from gflowspec.compiler.tensor import arithmetic, choice
from gflowspec.compiler.tensor.constants import encode
from gflowspec.compiler.tensor.membership import contains
from gflowspec.compiler.tensor.messages import not_opened
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.representation import exact, integer, settled
from gflowspec.compiler.tensor.values import Kind, Value
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    SetType,
    SlotType,
    Type,
)
from gflowspec.ir.expr import Const, Expr
from gflowspec.ir.extern import REJECTED, ExternCall
from gflowspec.semantics.errors import EvaluationError

if TYPE_CHECKING:
    from gflowspec.compiler.tensor.lower import Lowering


class HostOnly(Exception):
    """An expression that only the interpreter can evaluate, because it calls Python."""


def call(lowering: Lowering, expr: ExternCall) -> Value:
    """A call as a look-up.

    Raises:
        HostOnly: The function is not pure, has too many arguments, or rejects some of them.
        SpecInvalid: The function failed, or was not allowed to run.
    """
    if not expr.function.pure:
        raise HostOnly
    limit = lowering.table_limit
    domains = [
        argument_domain(argument, of, limit)
        for argument, of in zip(expr.arguments, expr.function.parameters, strict=True)
    ]
    if prod(len(domain) for domain in domains) > limit:
        raise HostOnly
    try:
        results = expr.function.door.results(list(product(*domains)))
    except EvaluationError as error:
        raise not_opened(expr, error.message) from None
    if any(result is REJECTED for result in results):
        raise HostOnly
    encoded = encode(results, expr.type)
    if encoded is None:
        raise HostOnly
    builder, place = lowering.builder, integer(lowering.builder, 0)
    for argument, domain in zip(expr.arguments, domains, strict=True):
        if len(domain) > 1:
            scaled = arithmetic.multiply(builder, place, integer(builder, len(domain)))
            place = arithmetic.add(builder, scaled, _position(lowering, argument, domain))
    place = settled(builder, place)
    rows = builder.constant(encoded.tensor)
    return Value(
        register=builder.emit(Op.TAKE, (rows, place.register)),
        kind=encoded.kind,
        depth=place.depth,
        scale=encoded.scale,
        low=encoded.low,
        high=encoded.high,
        empty=encoded.empty,
    )


def argument_domain(argument: Expr, declared: Type, limit: int) -> tuple[Any, ...]:
    """All values that an argument can have, in the order of ``_position``.

    Raises:
        HostOnly: There are too many, or they cannot be numbered.
    """
    if isinstance(argument, Const):
        return (argument.value,)
    for of in (argument.type, declared):
        found = _domain(of, limit)
        if found is not None:
            return found
    raise HostOnly


def _domain(of: Type, limit: int) -> tuple[Any, ...] | None:
    match of:
        case SetType(element=IntType(lo, hi)) if lo is not None and hi is not None:
            members = range(lo, hi + 1)
            if hi - lo >= limit.bit_length():
                return None
            return tuple(_subset(members, mask) for mask in range(2 ** len(members)))
        case SetType(element=EnumType(members=names)):
            if len(names) >= limit.bit_length() + 1:
                return None
            return tuple(_subset(range(len(names)), mask) for mask in range(2 ** len(names)))
        case IntType() | BoolType() | EnumType() | SlotType() | ArrayType():
            return component_domain(of, limit)
        case _:
            return None


def _subset(members: range, mask: int) -> frozenset[int]:
    return frozenset(member for place, member in enumerate(members) if mask >> place & 1)


def _position(lowering: Lowering, argument: Expr, domain: tuple[Any, ...]) -> Value:
    """The place of the value of an argument in its domain; some place for values outside it."""
    first = domain[0]
    if isinstance(first, frozenset):
        return _mask(lowering, argument, domain[-1])
    value = lowering.lower(argument)
    if isinstance(first, tuple):
        cells = sorted({cell for row in domain for cell in row}, key=_order)
        digits = _digit(lowering, value, tuple(cells))
        return _number(lowering, digits, len(cells))
    return _digit(lowering, value, domain)


def _number(lowering: Lowering, digits: Value, base: int) -> Value:
    """The digits of an array as one number, the last one varying fastest."""
    builder, shape = lowering.builder, digits.array
    radices = torch.tensor([base**i for i in reversed(range(prod(shape)))], dtype=torch.int64)
    weights = builder.constant(radices.reshape(1, *(1 for _ in range(digits.depth)), *shape))
    weighted = builder.emit(Op.MUL, (settled(builder, digits).register, weights))
    dims = tuple(range(1 + digits.depth, 1 + digits.depth + len(shape)))
    total = builder.emit(Op.SUM, (weighted,), dims)
    high = base ** prod(shape) - 1
    return Value(register=total, kind=Kind.EXACT, depth=digits.depth, low=0, high=high)


def _order(cell: Any) -> tuple[bool, Any]:
    return (cell is not None, cell or 0)


def _digit(lowering: Lowering, value: Value, domain: tuple[Any, ...]) -> Value:
    """The place of a scalar, or of each cell of an array, among consecutive values."""
    builder = lowering.builder
    slot = domain[0] is None
    lowest = domain[1 if slot else 0] if len(domain) > slot else 0
    filled = exact(builder, attrs.evolve(value, empty=None))
    digits = arithmetic.subtract(builder, filled, integer(builder, int(lowest) - slot))
    if slot and value.empty is not None:
        empty = choice.is_empty(builder, value)
        digits = choice.choose(builder, empty, integer(builder, 0), digits)
    return _kept(lowering, digits, len(domain) - 1)


def _kept(lowering: Lowering, digits: Value, last: int) -> Value:
    if digits.low >= 0 and digits.high <= last:
        return digits
    number = settled(lowering.builder, digits)
    register = lowering.builder.emit(Op.CLAMP, (number.register,), 0, last)
    return attrs.evolve(number, register=register, low=0, high=last, empty=None)


def _mask(lowering: Lowering, argument: Expr, members: frozenset[int]) -> Value:
    """A set as the sum of 2^i over its elements, the first one of its carrier being 0."""
    builder, total = lowering.builder, integer(lowering.builder, 0)
    of = argument.type.element if isinstance(argument.type, SetType) else IntType()
    for place, member in enumerate(sorted(members)):
        item = Const(member, type=IntType(member, member) if isinstance(of, IntType) else of)
        there = exact(builder, contains(lowering, item, argument))
        total = arithmetic.add(
            builder, total, arithmetic.multiply(builder, there, integer(builder, 1 << place))
        )
    assert total.kind is Kind.EXACT
    return total
