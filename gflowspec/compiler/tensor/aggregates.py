"""Aggregations: each generator is a dimension, which the aggregation reduces."""

from __future__ import annotations

from functools import reduce
from math import prod
from typing import TYPE_CHECKING, Any

import attrs
import torch

from gflowspec.compiler.exactness.atoms import is_static
from gflowspec.compiler.tensor import choice
from gflowspec.compiler.tensor.membership import contains
from gflowspec.compiler.tensor.messages import not_lowered
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.representation import (
    exact,
    fits,
    integer,
    lift,
    real,
    settled,
    truth,
)
from gflowspec.compiler.tensor.values import Kind, Value
from gflowspec.core.errors import InternalError
from gflowspec.core.types import ArrayType, IntType, ListType, SeqType, SetType, Type
from gflowspec.ir.expr import Aggregate, Bound, Expr, Generator, Range
from gflowspec.semantics.evaluate import evaluate

if TYPE_CHECKING:
    from gflowspec.compiler.tensor.lower import Lowering


@attrs.frozen(eq=False)
class Spread:
    """The body of an aggregation for all values of its generators.

    Attributes:
        body: The body, at the depth of the innermost generator.
        condition: Which combinations count; None if all do.
        outer: Depth around the aggregation.
        sizes: Number of values of each generator.
    """

    body: Value
    condition: Value | None
    outer: int
    sizes: tuple[int, ...]

    @property
    def dims(self) -> tuple[int, ...]:
        """The dimensions of the generators."""
        return tuple(range(1 + self.outer, 1 + self.outer + len(self.sizes)))


def aggregate(lowering: Lowering, expr: Aggregate) -> Value:
    """``kind(body for generators)``."""
    with lowering.scope.inner():
        outer = lowering.scope.depth
        conditions: list[Value] = []
        sizes: list[int] = []
        for generator in expr.generators:
            size, required = _bind(lowering, generator)
            if not size:
                return _of_nothing(lowering, expr)
            sizes.append(size)
            conditions.extend(required)
        depth = lowering.scope.depth
        body = lift(lowering.builder, lowering.lower(expr.body), depth)
        condition = _all_of(lowering, conditions)
        if condition is not None:
            condition = lift(lowering.builder, condition, depth)
        return _fold(lowering, expr, Spread(body, condition, outer, tuple(sizes)))


def _fold(lowering: Lowering, expr: Aggregate, spread: Spread) -> Value:
    match expr.kind:
        case "sum":
            return _sum(lowering, spread)
        case "count":
            return _count(lowering, spread)
        case "all" | "any":
            return _quantify(lowering, spread, expr.kind)
        case "min" | "max":
            return _extreme(lowering, spread, expr.kind)
        case "prod":
            return _product(lowering, spread)
        case "list" | "concat":
            return _listed(lowering, spread, expr)
        case _:
            raise not_lowered(expr)


def _of_nothing(lowering: Lowering, expr: Aggregate) -> Value:
    neutral = {"sum": 0, "count": 0, "prod": 1}
    if expr.kind in neutral:
        return integer(lowering.builder, neutral[expr.kind])
    if expr.kind in ("all", "any"):
        return truth(lowering.builder, holds=expr.kind == "all")
    message = f"{expr.span or 'here'}: `{expr.kind}` of nothing"
    raise InternalError(message)


# Generators


def _bind(lowering: Lowering, generator: Generator) -> tuple[int, list[Value]]:
    """Binds the variable of a generator; the number of its values, and what they must satisfy."""
    domain, name, scope = generator.domain, generator.variable, lowering.scope
    element = _element(domain.type)
    membership: Expr | None = None
    if is_static(domain):
        values = _items(evaluate(domain), domain.type)
        if values:
            scope.bind_axis(name, values, element)
        size = len(values)
    elif isinstance(domain, Range) or (isinstance(domain, Aggregate) and domain.kind == "set"):
        scope.bind_axis(name, generator.carrier, element)
        size, membership = len(generator.carrier), domain
    else:
        array = lift(lowering.builder, lowering.lower(domain), scope.depth)
        scope.bind_elements(name, array)
        size = array.array[0]
    if not size:
        return 0, []
    variable = Bound(name, type=element)
    conditions = [] if membership is None else [contains(lowering, variable, membership)]
    if generator.condition is not None:
        conditions.append(lowering.lower(generator.condition))
    return size, conditions


def _element(of: Type) -> Type:
    """The type of the elements of a container."""
    match of:
        case ArrayType(shape, element):
            return element if len(shape) == 1 else ArrayType(shape[1:], element)
        case ListType(element) | SeqType(_, _, element) | SetType(_, _, element):
            return element
        case _:
            return IntType()


def _items(values: Any, of: Type) -> tuple[Any, ...]:
    """The elements of a container, in order."""
    if isinstance(of, ArrayType) and len(of.shape) > 1:
        width = prod(of.shape[1:])
        return tuple(values[i : i + width] for i in range(0, len(values), width))
    return tuple(sorted(values)) if isinstance(values, frozenset) else tuple(values)


def _all_of(lowering: Lowering, conditions: list[Value]) -> Value | None:
    """The conjunction; None if there is none, or if it always holds."""
    if not conditions:
        return None
    condition = reduce(lambda a, b: choice.both(lowering.builder, a, b), conditions)
    known = condition.register.constant
    return None if known is not None and bool(known.all()) else condition


# Reductions


def _sum(lowering: Lowering, spread: Spread) -> Value:
    builder = lowering.builder
    body = exact(builder, spread.body)
    if spread.condition is not None:
        body = choice.choose(builder, spread.condition, body, integer(builder, 0))
    count = prod(spread.sizes)
    if body.kind is Kind.EXACT and not fits(count * body.low, count * body.high):
        body = real(builder, body)
    body = _expanded(lowering, body, spread)
    return attrs.evolve(
        body,
        register=builder.emit(Op.SUM, (body.register,), spread.dims),
        depth=spread.outer,
        shift=count * body.shift,
        low=count * body.low,
        high=count * body.high,
        empty=None,
    )


def _count(lowering: Lowering, spread: Spread) -> Value:
    builder = lowering.builder
    holds = choice.truthful(builder, spread.body)
    if spread.condition is not None:
        holds = choice.both(builder, holds, spread.condition)
    holds = _expanded(lowering, holds, spread)
    return Value(
        register=builder.emit(Op.SUM, (holds.register,), spread.dims),
        kind=Kind.EXACT,
        depth=spread.outer,
        low=0,
        high=prod(spread.sizes),
    )


def _quantify(lowering: Lowering, spread: Spread, kind: str) -> Value:
    builder = lowering.builder
    holds = choice.truthful(builder, spread.body)
    if spread.condition is not None and kind == "any":
        holds = choice.both(builder, holds, spread.condition)
    if spread.condition is not None and kind == "all":
        holds = choice.either(builder, holds, choice.negation(builder, spread.condition))
    op = Op.ALL if kind == "all" else Op.ANY
    register = builder.emit(op, (holds.register,), spread.dims)
    return attrs.evolve(holds, register=register, depth=spread.outer)


def _extreme(lowering: Lowering, spread: Spread, kind: str) -> Value:
    builder = lowering.builder
    body = attrs.evolve(exact(builder, spread.body), empty=None)
    if spread.condition is not None:
        body = choice.choose(builder, spread.condition, body, _worst(lowering, body, kind))
    register = builder.emit(Op.MIN if kind == "min" else Op.MAX, (body.register,), spread.dims)
    return attrs.evolve(body, register=register, depth=spread.outer)


def _worst(lowering: Lowering, body: Value, kind: str) -> Value:
    """A value that never is the smaller (larger) one."""
    if body.kind is Kind.EXACT:
        number = body.high if kind == "min" else body.low
        return attrs.evolve(integer(lowering.builder, number), scale=body.scale)
    infinity = torch.tensor([float("inf") if kind == "min" else float("-inf")], dtype=torch.float64)
    return Value(register=lowering.builder.constant(infinity), kind=Kind.FLOAT, depth=0)


def _product(lowering: Lowering, spread: Spread) -> Value:
    builder = lowering.builder
    body = exact(builder, spread.body)
    if spread.condition is not None:
        body = choice.choose(builder, spread.condition, body, integer(builder, 1))
    count = prod(spread.sizes)
    bound = max(abs(body.low), abs(body.high), 1) ** count if body.kind is Kind.EXACT else 0
    scale = body.scale**count
    if body.kind is Kind.EXACT and not (fits(0, bound) and fits(0, scale)):
        body = real(builder, body)
    body = settled(builder, _expanded(lowering, body, spread))
    flat = builder.flatten(body.register, spread.dims[0], spread.dims[-1])
    register = builder.emit(Op.PROD, (flat,), spread.dims[0])
    if body.kind is Kind.FLOAT:
        return attrs.evolve(body, register=register, depth=spread.outer)
    low = -bound if body.low < 0 else 0
    return attrs.evolve(
        body, register=register, depth=spread.outer, scale=scale, low=low, high=bound, empty=None
    )


def _listed(lowering: Lowering, spread: Spread, expr: Aggregate) -> Value:
    """The bodies as an array: the generators become its first dimension."""
    builder = lowering.builder
    body = _expanded(lowering, spread.body, spread)
    first, last = spread.dims[0], spread.dims[-1]
    register = builder.flatten(body.register, first, last)
    if spread.condition is not None:
        kept = _kept(lowering, spread, expr)
        register = builder.emit(Op.SELECT, (register,), first, kept)
    if expr.kind == "concat":
        register = builder.flatten(register, first, first + 1)
    return attrs.evolve(body, register=register, depth=spread.outer)


def _kept(lowering: Lowering, spread: Spread, expr: Aggregate) -> torch.Tensor:
    """The places that satisfy the condition, which must not depend on the state."""
    holds = None
    if spread.condition is not None:
        holds = _expanded(lowering, spread.condition, spread).register.constant
    if holds is None or any(size != 1 for size in holds.shape[: 1 + spread.outer]):
        raise not_lowered(expr)
    return holds.reshape(-1).nonzero().reshape(-1)


def _expanded(lowering: Lowering, value: Value, spread: Spread) -> Value:
    """The value with its generator dimensions at full size."""
    shape = list(value.register.shape)
    for axis, size in enumerate(spread.sizes):
        shape[spread.outer + axis] = size
    if tuple(shape) == value.register.shape:
        return value
    register = lowering.builder.emit(Op.EXPAND, (value.register,), tuple(shape))
    return attrs.evolve(value, register=register)
