"""Sets as values: membership, and the loops that visit their elements.

A set that depends on the state is an aggregation, ``{e for ...}``, or a conditional between sets.
Nothing behind elaboration computes with it: ``v in S`` becomes the condition under which the
aggregation yields v, and a loop over S becomes the loops of the aggregation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

import attrs

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.intervals import of_type
from gflowspec.compiler.elaborate.replacing import replaced
from gflowspec.compiler.elaborate.session import MAX_ELEMENTS, Context
from gflowspec.core.frozen import Frozen
from gflowspec.core.source import Span
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    ListType,
    SetType,
    SlotType,
    TupleType,
    Type,
)
from gflowspec.ir.expr import (
    Aggregate,
    Binary,
    Bound,
    Call,
    Collection,
    Compare,
    Conditional,
    Const,
    Expr,
    Generator,
    Index,
    Logic,
)
from gflowspec.ir.views.subset import scalars

BOOL = BoolType()
#: Entries of a table that stands for a constant collection of tuples.
TABLE_LIMIT = 65_536


@attrs.frozen(eq=False, repr=False)
class Elements(Frozen):
    """Loops that visit every element of a collection once, and the element they have come to.

    ``known`` is what the domains, apart from the conditions, say of the loop variables.
    """

    generators: tuple[Generator, ...]
    element: Expr
    known: tuple[Expr, ...] = ()

    @property
    def facts(self) -> tuple[Expr, ...]:
        """What holds of the element."""
        conditions = (item.condition for item in self.generators)
        return (*(item for item in conditions if item is not None), *self.known)


def both(first: Expr | None, second: Expr | None) -> Expr | None:
    """The conjunction of two conditions, either of which may be missing."""
    if first is None or second is None:
        return first if second is None else second
    parts = [
        part
        for item in (first, second)
        for part in (item.operands if isinstance(item, Logic) and item.op == "and" else (item,))
    ]
    return Logic(type=BOOL, op="and", operands=tuple(parts), span=second.span)


def part(value: Expr, place: int) -> Expr:
    """One part of a tuple."""
    of = value.type
    assert isinstance(of, TupleType)
    if isinstance(value, Collection):
        return value.items[place]
    if isinstance(value, Const):
        return Const(type=of.items[place], value=value.value[place], span=value.span)
    position = Const(type=IntType(place, place), value=place, span=value.span)
    return Index(type=of.items[place], base=value, indices=(position,), span=value.span)


def parts(value: Expr) -> tuple[Expr, ...]:
    """The parts of a tuple; a scalar is its only part."""
    of = value.type
    if not isinstance(of, TupleType):
        return (value,)
    return tuple(part(value, place) for place in range(len(of.items)))


def equal(left: Expr, right: Expr, span: Span | None) -> Expr:
    """``left == right`` for elements of sets: tuples are compared part by part."""
    pairs = zip(parts(left), parts(right), strict=True)
    tests: list[Expr] = [Compare(type=BOOL, op="==", left=a, right=b, span=span) for a, b in pairs]
    return tests[0] if len(tests) == 1 else Logic(type=BOOL, op="and", operands=tuple(tests))


def every_value(of: Type) -> tuple[Any, ...] | None:
    """All values that an element of a set may have, in order; None if they cannot be listed."""
    if isinstance(of, TupleType):
        axes = [every_value(item) for item in of.items]
        if None in axes or prod(len(axis or ()) for axis in axes) > MAX_ELEMENTS:
            return None
        rows: list[tuple[Any, ...]] = [()]
        for axis in axes:
            rows = [(*row, value) for row in rows for value in axis or ()]
        return tuple(rows)
    if isinstance(of, IntType) and (
        of.lo is None or of.hi is None or of.hi - of.lo >= MAX_ELEMENTS
    ):
        return None
    if isinstance(of, SlotType):
        inner = every_value(of.element)
        return None if inner is None else (None, *inner)
    return scalars(of) if isinstance(of, IntType | BoolType | EnumType) else None


def member(value: Expr, of: Expr, span: Span, context: Context) -> Expr:
    """``value in of`` for a set ``of``; a value outside the element type is in no set."""
    match of:
        case Const() if isinstance(value.type, TupleType):
            return in_table(value, of.value, span, context)
        case Conditional(test, then, otherwise):
            return Conditional(
                type=BOOL,
                test=test,
                then=member(value, then, span, context),
                otherwise=member(value, otherwise, span, context),
                span=span,
            )
        case Aggregate(kind="set", body=body, generators=generators):
            if isinstance(value.type, IntType | BoolType | EnumType | TupleType):
                found = _chosen(value, body, generators, context)
                if found is not None:
                    return attrs.evolve(found, span=span)
            same = equal(body, value, span)
            return Aggregate(type=BOOL, kind="any", body=same, generators=generators, span=span)
        case _:
            return Compare(type=BOOL, op="in", left=value, right=of, span=span)


def _chosen(
    value: Expr, body: Expr, generators: Sequence[Generator], context: Context
) -> Expr | None:
    """Membership where the aggregation yields its own variables: the condition at the value."""
    names = [item.name for item in parts(body) if isinstance(item, Bound)]
    if sorted(names) != sorted(item.variable for item in generators):
        return None
    chosen = dict(zip(names, parts(value), strict=True))
    found: Expr | None = None
    for generator in generators:
        own = chosen[generator.variable]
        if not isinstance(generator.domain, Const):
            return None
        found = both(found, inside(own, generator.carrier, context))
        if generator.condition is not None:
            found = both(found, replaced(generator.condition, chosen))
    return Const(type=BOOL, value=True) if found is None else found


def inside(value: Expr, carrier: Sequence[Any], context: Context) -> Expr | None:
    """Whether a value is in a carrier; None where its type says so."""
    of = value.type
    if isinstance(of, IntType) and carrier:
        low, high = min(carrier), max(carrier)
        if len(set(carrier)) == high - low + 1:
            found: Expr | None = None
            interval = context.facts.interval(value)
            limits = of_type(IntType(low, high))
            for op, end, needed in (
                (">=", low, interval.lo is None or not limits.contains(interval.lo)),
                ("<=", high, interval.hi is None or not limits.contains(interval.hi)),
            ):
                if needed:
                    limit = Const(type=IntType(end, end), value=end, span=value.span)
                    test = Compare(type=BOOL, op=op, left=value, right=limit, span=value.span)
                    found = both(found, test)
            return found
    known = every_value(of)
    if known is not None and set(known) <= set(carrier):
        return None
    listed = Const(type=ListType(of, len(carrier)), value=tuple(carrier), span=value.span)
    return Compare(type=BOOL, op="in", left=value, right=listed, span=value.span)


def in_table(value: Expr, members: Iterable[Any], span: Span, context: Context) -> Expr:
    """Membership of a tuple in a constant collection: one look-up in a table of truth values."""
    rows, own = sorted(set(members)), parts(value)
    whole = all(isinstance(item.type, IntType | EnumType) for item in own)
    axes = _axes_of_table(own, rows, context) if rows and whole else None
    if axes is None:
        return _among(value, rows, span, context)
    there = set(rows)
    table = Const(
        type=ArrayType(tuple(map(len, axes)), BOOL, holds=_holding(own, axes)),
        value=tuple(row in there for row in product(*axes)),
        span=span,
    )
    found: Expr | None = None
    for item, axis in zip(own, axes, strict=True):
        found = both(found, inside(item, axis, context))
    places = tuple(offset(item, axis[0]) for item, axis in zip(own, axes, strict=True))
    looked_up = Index(type=BOOL, base=table, indices=places, span=span)
    return both(found, looked_up) or looked_up


def _holding(own: Sequence[Expr], axes: Sequence[range]) -> SetType:
    """The set that a table stands for."""
    items = [
        item.type if isinstance(item.type, EnumType) else IntType(axis[0], axis[-1])
        for item, axis in zip(own, axes, strict=True)
    ]
    return SetType(0, None, TupleType(tuple(items)))


def _axes_of_table(
    own: Sequence[Expr], rows: Sequence[tuple[int, ...]], context: Context
) -> list[range] | None:
    """The values of each part that the table lists; None if it would be too large.

    All that the parts can be, so that no look-up misses it; else what occurs in the collection.
    """
    reached = [_reach(item, context) for item in own]
    listed = [range(min(part), max(part) + 1) for part in zip(*rows, strict=True)]
    for axes in (reached, listed):
        if all(axes) and prod(len(axis or ()) for axis in axes) <= TABLE_LIMIT:
            return [axis for axis in axes if axis is not None]
    return None


def _reach(item: Expr, context: Context) -> range | None:
    """All values that a part of a tuple can have; None without bounds."""
    if isinstance(item.type, EnumType):
        return range(len(item.type.members))
    found = context.facts.interval(item)
    if found.lo is None or found.hi is None or found.hi < found.lo:
        return None
    return range(int(found.lo), int(found.hi) + 1)


def _among(value: Expr, rows: Sequence[Any], span: Span, context: Context) -> Expr:
    variable = context.session.fresh("t")
    domain = Const(type=ListType(value.type, len(rows)), value=tuple(rows), span=span)
    same = equal(Bound(type=value.type, name=variable, span=span), value, span)
    generator = Generator(variable, domain, tuple(rows))
    return Aggregate(type=BOOL, kind="any", body=same, generators=(generator,), span=span)


def offset(value: Expr, low: int) -> Expr:
    """The distance of an integer from a lower bound; other scalars are their own position."""
    match value.type:
        case IntType(lo, hi) if low:
            shift = Const(type=IntType(low, low), value=low, span=value.span)
            of = IntType(None if lo is None else lo - low, None if hi is None else hi - low)
            return Binary(type=of, op="-", left=value, right=shift, span=value.span)
        case BoolType():
            return Call(
                type=IntType(0, 1), function="indicator", arguments=(value,), span=value.span
            )
        case _:
            return value


def elements(of: Expr, span: Span, context: Context) -> Elements | None:
    """The loops over a set that is not constant; None (reported, GFS307) without a carrier.

    Loops of a comprehension that yields its own variables in order are taken over; otherwise every
    value of the element type is visited and tested, so that none comes twice or too early.
    """
    if isinstance(of, Aggregate) and of.kind == "set":
        names = [item.name for item in parts(of.body) if isinstance(item, Bound)]
        if names == [item.variable for item in of.generators]:
            fresh = {name: context.session.fresh(name.partition("#")[0]) for name in names}
            return _renamed(of, fresh)
    assert isinstance(of.type, SetType)
    element = of.type.element
    carriers = [every_value(item) for item in axes_of(element)]
    if None in carriers or prod(len(carrier or ()) for carrier in carriers) > MAX_ELEMENTS:
        message = f"a variable cannot range over {messages.named(of.type)}"
        helps = ("it needs elements with finitely many values, such as `set of int[0..9]`",)
        context.report(messages.error("GFS307", message, span, helps=helps))
        return None
    generators = []
    own = []
    for axis, carrier in zip(axes_of(element), carriers, strict=True):
        assert carrier is not None
        variable = context.session.fresh("v")
        domain = Const(type=ListType(axis, len(carrier)), value=carrier, span=span)
        generators.append(Generator(variable, domain, carrier))
        own.append(Bound(type=axis, name=variable, span=span))
    found: Expr = own[0]
    if isinstance(element, TupleType):
        found = Collection(type=element, items=tuple(own), span=span)
    test = member(found, of, span, context)
    generators[-1] = attrs.evolve(generators[-1], condition=test)
    return Elements(tuple(generators), found)


def _renamed(of: Aggregate, fresh: Mapping[str, str]) -> Elements:
    """The loops of a comprehension under names of their own."""
    generators: list[Generator] = []
    chosen: dict[str, Expr] = {}
    types = {item.name: item.type for item in parts(of.body) if isinstance(item, Bound)}
    for item in of.generators:
        domain, carrier = replaced(item.domain, chosen), item.carrier
        if isinstance(domain, Const):  # a list is visited in order, and each value once
            carrier = tuple(sorted(set(carrier)))
            of_list = ListType(types[item.variable], len(carrier))
            domain = Const(type=of_list, value=carrier, span=domain.span)
        chosen[item.variable] = Bound(
            type=types[item.variable], name=fresh[item.variable], span=of.span
        )
        condition = None if item.condition is None else replaced(item.condition, chosen)
        generators.append(Generator(fresh[item.variable], domain, carrier, condition))
    return Elements(tuple(generators), replaced(of.body, chosen))


def axes_of(element: Type) -> tuple[Type, ...]:
    """The types of the parts of an element."""
    return element.items if isinstance(element, TupleType) else (element,)


def size(of: Expr, span: Span, context: Context) -> Expr | None:
    """``len`` of a set that is not constant, as a count; None where it was reported."""
    found = elements(of, span, context)
    if found is None:
        return None
    assert isinstance(of.type, SetType)
    most = prod(len(item.carrier) for item in found.generators)
    hi = most if of.type.hi is None else min(most, of.type.hi)
    *outer, last = found.generators
    if last.condition is None:
        body: Expr = Const(type=BOOL, value=True, span=span)
    else:
        body = last.condition
    generators = (*outer, attrs.evolve(last, condition=None))
    return Aggregate(
        type=IntType(of.type.lo, hi), kind="count", body=body, generators=generators, span=span
    )


def same_sets(left: Expr, right: Expr, span: Span, context: Context) -> Expr | None:
    """``left == right`` for sets: each element of one is in the other; None where reported."""
    tests: list[Expr] = []
    for one, other in ((left, right), (right, left)):
        found = _visited(one, span, context)
        if found is None:
            return None
        there = member(found.element, other, span, context)
        tests.append(
            Aggregate(type=BOOL, kind="all", body=there, generators=found.generators, span=span)
        )
    return Logic(type=BOOL, op="and", operands=tuple(tests), span=span)


def _visited(of: Expr, span: Span, context: Context) -> Elements | None:
    """The loops over any set, constant ones included."""
    if not isinstance(of, Const):
        return elements(of, span, context)
    assert isinstance(of.type, SetType)
    variable = context.session.fresh("v")
    values = tuple(sorted(of.value))
    bound = Bound(type=of.type.element, name=variable, span=span)
    domain = Const(type=ListType(of.type.element, len(values)), value=values, span=span)
    return Elements((Generator(variable, domain, values),), bound)
