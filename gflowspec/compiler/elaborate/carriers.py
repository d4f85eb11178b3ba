"""Domains of binders and loop variables: their static carriers."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import attrs

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.elements import every_value, member
from gflowspec.compiler.elaborate.sequences import contains, fixed_length
from gflowspec.compiler.elaborate.session import MAX_ELEMENTS, Context, is_error
from gflowspec.compiler.elaborate.types import type_of_value
from gflowspec.core.frozen import Frozen
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    ListType,
    SeqType,
    SetType,
    SlotType,
    Type,
)
from gflowspec.ir.expr import Bound, Compare, Const, Expr, Range


@attrs.frozen(eq=False, repr=False)
class Carrier(Frozen):
    """Where a variable ranges.

    Attributes:
        values: Every value it can take, in order.
        type: The type of the variable.
        domain: The domain as an expression; constant if nothing depends on the state.
        container: The array whose elements are visited by position, if the domain is an array
            that is not constant, or a sequence; ``values`` are then its positions.
    """

    values: tuple[Any, ...]
    type: Type
    domain: Expr
    container: Expr | None = None


def carrier_of(domain: Expr, context: Context) -> Carrier | None:
    """The carrier of a domain; None (reported, GFS307) if it has none."""
    if is_error(domain):
        return None
    of = domain.type
    if isinstance(domain, Const) and isinstance(of, ArrayType | ListType | SetType):
        values, element = constant_elements(domain)
        return Carrier(values, element, domain)
    if isinstance(domain, Range):
        assert isinstance(of, ListType)
        every = all_values(of.element)
        assert every is not None
        return Carrier(every, of.element, domain)
    if isinstance(of, SeqType):
        return _sequence_places(domain, of, context)
    if isinstance(of, ArrayType) or (isinstance(of, ListType) and of.max_length <= MAX_ELEMENTS):
        return _positions(domain, of, context)
    message = f"a variable cannot range over {messages.named(of)}"
    helps = ("use a range such as `0..n - 1`, `index(x)`, an enum, or a list",)
    context.report(messages.error("GFS307", message, domain.span, helps=helps))
    return None


def _positions(domain: Expr, of: ArrayType | ListType, context: Context) -> Carrier | None:
    """An array that depends on the state is visited by position."""
    if isinstance(of, ListType):
        message = "a variable cannot range over a list whose length depends on the state"
        context.report(messages.error("GFS307", message, domain.span))
        return None
    length = of.shape[0]
    positions = tuple(range(length))
    index_type = IntType(0, length - 1)
    constant = Const(type=ListType(index_type, length), value=positions, span=domain.span)
    return Carrier(positions, index_type, constant, domain)


def _sequence_places(domain: Expr, of: SeqType, context: Context) -> Carrier:
    """A sequence is visited by position; those behind its end are left out by a condition."""
    fixed = fixed_length(domain, context)
    places = tuple(range(of.hi if fixed is None else fixed))
    index_type = IntType(0, len(places) - 1)
    constant = Const(type=ListType(index_type, len(places)), value=places, span=domain.span)
    return Carrier(places, index_type, constant, domain)


def constant_elements(domain: Const) -> tuple[tuple[Any, ...], Type]:
    """The elements of a constant container, rows for arrays of several axes, and their type."""
    of = domain.type
    if isinstance(of, ArrayType) and len(of.shape) > 1:
        width = prod(of.shape[1:])
        rows = tuple(domain.value[i : i + width] for i in range(0, len(domain.value), width))
        return rows, ArrayType(of.shape[1:], of.element)
    if isinstance(of, SetType):
        return tuple(sorted(domain.value)), of.element
    assert isinstance(of, ArrayType | ListType)
    return domain.value, of.element


def binder_carrier(
    variable: Bound, domain: Expr, context: Context
) -> tuple[Carrier | None, tuple[Expr, ...]]:
    """The carrier of a binder, and the conjuncts that its domain adds to the guard."""
    if isinstance(domain, Range):
        carrier = carrier_of(domain, context)
        return carrier, tuple(_range_conditions(variable, domain))
    if isinstance(domain.type, SeqType):
        values = all_values(domain.type.element)
        if values is None:
            return carrier_of(domain, context), ()
        member = contains("in", variable, domain, domain.span)
        return Carrier(values, domain.type.element, domain), (member,)
    if isinstance(domain.type, ArrayType) and not isinstance(domain, Const):
        values = all_values(domain.type.element)
        if values is None:
            return carrier_of(domain, context), ()
        member = Compare(type=BoolType(), op="in", left=variable, right=domain, span=domain.span)
        element = domain.type.element
        inner = element.element if isinstance(element, SlotType) else element
        return Carrier(values, inner, domain), (member,)
    if isinstance(domain.type, SetType) and not isinstance(domain, Const):
        return _set_carrier(variable, domain, context)
    return carrier_of(domain, context), ()


def _set_carrier(
    variable: Bound, domain: Expr, context: Context
) -> tuple[Carrier | None, tuple[Expr, ...]]:
    """A set that depends on the state: all its elements could be there."""
    assert isinstance(domain.type, SetType)
    assert domain.span is not None
    element = domain.type.element
    values = every_value(element)
    if values is None or len(values) > MAX_ELEMENTS:
        return carrier_of(domain, context), ()
    there = member(variable, domain, domain.span, context)
    return Carrier(values, element, domain), (there,)


def _range_conditions(variable: Bound, domain: Range) -> Iterable[Expr]:
    for op, end in ((">=", domain.lower), ("<=", domain.upper)):
        if not isinstance(end, Const):
            yield Compare(type=BoolType(), op=op, left=variable, right=end, span=domain.span)


def all_values(of: Type) -> tuple[Any, ...] | None:
    """All values of a finite scalar type, in order; of a slot those of its element."""
    match of:
        case SlotType(element):
            return all_values(element)
        case IntType(lo, hi) if lo is not None and hi is not None and hi - lo < MAX_ELEMENTS:
            return tuple(range(lo, hi + 1))
        case BoolType():
            return (False, True)
        case EnumType(_, members):
            return tuple(range(len(members)))
        case _:
            return None


def carrier_type(carrier: Carrier) -> Type:
    """The tightest type of a variable over its carrier."""
    of = carrier.type
    if isinstance(of, IntType) and carrier.values:
        return IntType(min(carrier.values), max(carrier.values))
    if len(carrier.values) == 1:
        return type_of_value(carrier.values[0], of)
    return of
