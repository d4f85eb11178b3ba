"""Sequences of the state: what is written about ``seq[a..b] of T`` becomes slots and a length.

A sequence is held as b slots that are filled from the front. Only its first ``len(s)`` places can
be read, so ``s[i]`` needs ``i < len(s)`` where it stands, and an iteration stops there.
"""

from __future__ import annotations

import attrs

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.session import ERROR, Context, constant
from gflowspec.compiler.elaborate.types import join
from gflowspec.core.source import Span
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    IntType,
    ListType,
    SeqType,
    SlotType,
    Type,
)
from gflowspec.ir.expr import (
    Aggregate,
    Bound,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    Generator,
    Index,
    Logic,
    Slice,
    Unary,
)
from gflowspec.ir.views.sequence import SeqView


def held(expr: Expr) -> Expr:
    """The array of slots that holds a sequence; other expressions as they are."""
    of = expr.type
    if not isinstance(of, SeqType):
        return expr
    array = SeqView(of).lowered
    if isinstance(expr, Conditional):
        then, otherwise = held(expr.then), held(expr.otherwise)
        return attrs.evolve(expr, type=array, then=then, otherwise=otherwise)
    return attrs.evolve(expr, type=array)


def length(expr: Expr, span: Span | None = None) -> Call:
    """``len(s)``; its type leaves out the least length, which is an invariant."""
    of = _sequence(expr)
    arguments = (held(expr),)
    return Call(
        type=IntType(0, of.hi), function="count_filled", arguments=arguments, span=span or expr.span
    )


def fixed_length(expr: Expr, context: Context) -> int | None:
    """The length, where it is known."""
    found = context.facts.interval(length(expr))
    return int(found.lo) if found.lo is not None and found.lo == found.hi else None


def as_array(expr: Expr, context: Context) -> Expr | None:
    """A sequence of known length as the array of its elements; None where it is not known."""
    of, count = _sequence(expr), fixed_length(expr, context)
    if count is None:
        return None
    array = ArrayType((count,), of.element)
    if count == 0:
        return Const(type=array, value=(), span=expr.span)
    index_type = IntType(0, count - 1)
    place = Bound(type=index_type, name=context.session.fresh("i"), span=expr.span)
    body = Index(type=of.element, base=held(expr), indices=(place,), span=expr.span)
    places = tuple(range(count))
    domain = Const(type=ListType(index_type, count), value=places, span=expr.span)
    generator = Generator(place.name, domain, places)
    return Aggregate(type=array, kind="list", body=body, generators=(generator,), span=expr.span)


def as_list(expr: Expr, context: Context) -> Expr:
    """A sequence as a value by itself: the list of its elements; other expressions as they are."""
    of = expr.type
    if not isinstance(of, SeqType):
        return expr
    place = Bound(type=IntType(0, of.hi - 1), name=context.session.fresh("i"), span=expr.span)
    body = Index(type=of.element, base=held(expr), indices=(place,), span=expr.span)
    places = tuple(range(of.hi))
    domain = Const(type=ListType(place.type, of.hi), value=places, span=expr.span)
    generator = Generator(place.name, domain, places, is_place(place, expr))
    kind = ListType(of.element, of.hi)
    return Aggregate(type=kind, kind="list", body=body, generators=(generator,), span=expr.span)


def is_place(place: Expr, expr: Expr) -> Expr:
    """Whether an index is one of a sequence."""
    return Compare(type=BoolType(), op="<", left=place, right=length(expr), span=expr.span)


def element(expr: Expr, place: Expr, span: Span | None, context: Context) -> Expr:
    """``s[i]``; GFS334 where i may lie behind the end."""
    of = _sequence(expr)
    values = context.facts.interval(place)
    beyond = values.lo is not None and values.lo >= of.hi
    if beyond or not context.facts.is_natural(place):
        certain = beyond or (values.hi is not None and values.hi < 0)
        return context.report(messages.index_outside(place.span, values, of.hi, certain=certain))
    if not context.facts.is_below(place, length(expr)):
        return context.report(messages.may_be_behind(span, _text(expr), _text(place)))
    return Index(type=of.element, base=held(expr), indices=(place,), span=span)


def part(expr: Expr, lower: Const, upper: Const, span: Span | None, context: Context) -> Expr:
    """``s[a:b]``; GFS334 where b may lie behind the end."""
    for end in (lower, upper):
        if element(expr, end, end.span, context) is ERROR:
            return ERROR
    count = max(0, upper.value - lower.value + 1)
    array = ArrayType((count,), _sequence(expr).element)
    return Slice(type=array, base=held(expr), lower=lower, upper=upper, span=span)


def contains(op: str, left: Expr, right: Expr, span: Span | None) -> Expr:
    """``v in s``; an empty slot is in no sequence."""
    found = Compare(type=BoolType(), op=op, left=left, right=held(right), span=span)
    if not isinstance(left.type, SlotType):
        return found
    empty = Const(type=left.type, value=None, span=span)
    there = Compare(
        type=BoolType(), op="!=" if op == "in" else "==", left=left, right=empty, span=span
    )
    joined = "and" if op == "in" else "or"
    return Logic(type=BoolType(), op=joined, operands=(there, found), span=span)


def equal(op: str, left: Expr, right: Expr, span: Span | None, context: Context) -> Expr:
    """``s == t`` of which at least one is a sequence and the other one has a known length or is."""
    if not isinstance(left.type, SeqType):
        left, right = right, left
    if isinstance(right.type, SeqType) and right.type.hi == _sequence(left).hi:
        return Compare(type=BoolType(), op=op, left=held(left), right=held(right), span=span)
    same = _same(left, right, span, context)
    return same if op == "==" else Unary(type=BoolType(), op="not", operand=same, span=span)


def _same(left: Expr, right: Expr, span: Span | None, context: Context) -> Expr:
    """Equal lengths, and equal elements as far as both can reach."""
    most = _reach(left), _reach(right)
    if not isinstance(right.type, SeqType) and most[1] > most[0]:
        return constant(BoolType(), False, span)
    count: Expr = constant(IntType(most[1], most[1]), most[1], span)
    if isinstance(right.type, SeqType):
        count = length(right, span)
    lengths = Compare(type=BoolType(), op="==", left=length(left, span), right=count, span=span)
    shared = min(most)
    if shared == 0:
        return lengths
    place = Bound(type=IntType(0, shared - 1), name=context.session.fresh("i"), span=span)
    sides = [
        Index(type=_stored(side), base=held(side), indices=(place,), span=span)
        for side in (left, right)
    ]
    body = Compare(type=BoolType(), op="==", left=sides[0], right=sides[1], span=span)
    places = tuple(range(shared))
    domain = Const(type=ListType(place.type, shared), value=places, span=span)
    generator = Generator(place.name, domain, places)
    everywhere = Aggregate(
        type=BoolType(), kind="all", body=body, generators=(generator,), span=span
    )
    return Logic(type=BoolType(), op="and", operands=(lengths, everywhere), span=span)


def comparable(left: Type, right: Type) -> bool:
    """Whether ``==`` joins two types of which at least one is that of a sequence."""
    if not isinstance(left, SeqType) and not isinstance(right, SeqType):
        return False
    pair = [of for of in (left, right) if isinstance(of, SeqType | ArrayType)]
    if len(pair) < 2 or any(isinstance(of, ArrayType) and len(of.shape) > 1 for of in pair):
        return False
    return join(pair[0].element, pair[1].element) is not None


def _reach(expr: Expr) -> int:
    of = expr.type
    return of.size if isinstance(of, ArrayType) else _sequence(expr).hi


def _stored(expr: Expr) -> Type:
    """The type of the places of an array, or of what holds a sequence."""
    of = expr.type
    if isinstance(of, SeqType):
        return SlotType(of.element)
    assert isinstance(of, ArrayType)
    return of.element


def _sequence(expr: Expr) -> SeqType:
    assert isinstance(expr.type, SeqType)
    return expr.type


def _text(expr: Expr) -> str:
    return expr.span.text if expr.span is not None else "s"
