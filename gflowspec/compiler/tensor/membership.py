"""``x in c`` and ``len(c)`` for containers that may depend on the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from gflowspec.compiler.exactness.atoms import component_domain
from gflowspec.compiler.tensor import choice
from gflowspec.compiler.tensor.constants import encode
from gflowspec.compiler.tensor.messages import not_lowered
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.representation import constant, lift, truth
from gflowspec.compiler.tensor.values import Value
from gflowspec.core.errors import InternalError
from gflowspec.core.types import BoolType, IntType, ListType, SetType, Type
from gflowspec.ir.expr import Aggregate, Bound, Call, Compare, Const, Expr, Generator, Range

if TYPE_CHECKING:
    from gflowspec.compiler.tensor.lower import Lowering

# The elements of a set over the state are looked for one by one.
LARGEST_ELEMENT_TYPE = 4096


def contains(lowering: Lowering, item: Expr, container: Expr) -> Value:
    """Whether an item is in a container; an empty slot is in no range and in no set of values."""
    match container:
        case Range():
            return _in_range(lowering, lowering.lower(item), container)
        case Const(value=value) if isinstance(value, frozenset | range):
            return _in_constants(lowering, lowering.lower(item), tuple(value), container.type)
        case Aggregate(kind="set" | "list"):
            return lowering.lower(_as_any(item, container))
        case Call(function="values", arguments=(inner,)):
            return contains(lowering, item, inner)
        case _:
            return _among(lowering, lowering.lower(item), lowering.lower(container))


def _in_range(lowering: Lowering, item: Value, limits: Range) -> Value:
    builder = lowering.builder
    above = choice.compare(builder, "<=", lowering.lower(limits.lower), item)
    below = choice.compare(builder, "<=", item, lowering.lower(limits.upper))
    inside = choice.both(builder, above, below)
    return (
        inside
        if item.empty is None
        else choice.both(builder, inside, choice.is_filled(builder, item))
    )


def _in_constants(lowering: Lowering, item: Value, values: tuple[Any, ...], of: Type) -> Value:
    if not values:
        return truth(lowering.builder, holds=False)
    element = of.element if isinstance(of, ListType | SetType) else IntType()
    encoded = encode([values], ListType(element, len(values)))
    if encoded is None:
        message = "the elements of a constant set have no tensor form"
        raise InternalError(message)
    return _among(lowering, item, constant(lowering.builder, encoded))


def _among(lowering: Lowering, item: Value, array: Value) -> Value:
    """Whether an item is among the elements (for an array item: the rows) of an array."""
    builder = lowering.builder
    depth, rank = max(item.depth, array.depth), len(item.array)
    equal = choice.equal(builder, lift(builder, item, depth), lift(builder, array, depth))
    if rank:
        end = 1 + len(equal.register.shape)
        register = builder.emit(Op.ALL, (equal.register,), tuple(range(end - rank, end)))
        equal = attrs.evolve(equal, register=register)
    return lowering.reduce(Op.ANY, equal)


def _as_any(item: Expr, container: Aggregate) -> Aggregate:
    """``item in {e for ...}`` as ``any(e == item for ...)``."""
    same = Compare("==", container.body, item, type=BoolType(), span=container.span)
    return Aggregate("any", same, container.generators, type=BoolType(), span=container.span)


def number_of_elements(lowering: Lowering, container: Aggregate) -> Value:
    """``len`` of a comprehension: of a set, the number of values that occur in it."""
    true = Const(value=True, type=BoolType())
    if container.kind == "list":
        return lowering.lower(Aggregate("count", true, container.generators, type=IntType()))
    element = container.type.element if isinstance(container.type, SetType) else IntType()
    values = component_domain(element, LARGEST_ELEMENT_TYPE)
    if container.kind != "set" or values is None:
        raise not_lowered(container)
    name = f"element of {id(container)}"
    variable = Bound(name, type=element)
    every = Const(values, type=ListType(element, len(values)))
    occurs = _as_any(variable, container)
    generators = (Generator(name, every, values),)
    return lowering.lower(Aggregate("count", occurs, generators, type=IntType()))
