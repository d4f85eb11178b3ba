"""Relations between types: joining, converting, narrowing slots, types of constants."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import attrs

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.intervals import Interval, as_type, bits, join_all, of_type
from gflowspec.compiler.elaborate.session import Context, is_error
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    DigraphType,
    EnumType,
    ErrorType,
    IntType,
    ListType,
    RealType,
    SeqType,
    SetType,
    SlotType,
    StringType,
    TupleType,
    Type,
    describe,
)
from gflowspec.ir.expr import Aggregate, Conditional, Const, Expr, Generator, Index, StateVar
from gflowspec.ir.expr import Bound as BoundName
from gflowspec.lang.literals import MAX_BITS


def is_number(of: Type) -> bool:
    """Whether it is ``int`` or ``real``."""
    return isinstance(of, IntType | RealType)


def join(left: Type, right: Type) -> Type | None:
    """The type that holds the values of both; None if there is none."""
    match left, right:
        case (ErrorType(), _):
            return right
        case (_, ErrorType()):
            return left
        case (IntType() | RealType(), IntType() | RealType()):
            integer = isinstance(left, IntType) and isinstance(right, IntType)
            return as_type(
                of_type(left).join(of_type(right)),
                integer=integer,
                exact=is_exact(left) and is_exact(right),
            )
        case (SlotType(a), SlotType(b)) | (SlotType(a), b) | (a, SlotType(b)):
            inner = join(a, b)
            return None if inner is None else SlotType(inner)
        case (ArrayType(s, a), ArrayType(t, b)) if s == t:
            inner = join(a, b)
            return None if inner is None else ArrayType(s, inner)
        case (ListType(a, m), ListType(b, n)):
            inner = join(a, b)
            return None if inner is None else ListType(inner, max(m, n))
        case (SetType(l, m, a), SetType(k, n, b)):
            inner = join(a, b)
            hi = None if m is None or n is None else max(m, n)
            return None if inner is None else SetType(min(l, k), hi, inner)
        case (TupleType(a), TupleType(b)) if len(a) == len(b):
            items = [join(x, y) for x, y in zip(a, b, strict=True)]
            return None if None in items else TupleType(tuple(i for i in items if i is not None))
        case _:
            return left if left == right else None


def join_of(types: Iterable[Type]) -> Type | None:
    """The type that holds the values of all; an error type for none."""
    result: Type | None = ErrorType()
    for item in types:
        result = None if result is None else join(result, item)
    return result


def is_exact(of: Type) -> bool:
    """Whether numbers of this type are exact."""
    return not isinstance(of, RealType) or of.exact


def type_of_value(value: Any, static: Type) -> Type:
    """The tightest type of a constant whose static type is known."""
    match static:
        case IntType():
            return IntType(value, value)
        case RealType():
            if isinstance(value, float) and not math.isfinite(value):
                return RealType(exact=False)
            exact = Fraction(value)
            return RealType(exact, exact, False, not isinstance(value, float))
        case ArrayType(shape, element):
            return ArrayType(shape, _hull(value, element))
        case ListType(element, _):
            return ListType(_hull(value, element), len(value))
        case TupleType(items):
            parts = (type_of_value(v, t) for v, t in zip(value, items, strict=True))
            return TupleType(tuple(parts))
        case _:
            return static


def _hull(values: Iterable[Any], element: Type) -> Type:
    items = tuple(values)
    if not items or not isinstance(element, IntType | RealType | ArrayType | TupleType):
        return element
    if isinstance(element, IntType):
        return IntType(min(items), max(items))
    if isinstance(element, RealType):
        if any(isinstance(item, float) and not math.isfinite(item) for item in items):
            return RealType(exact=False)
        exact = not any(isinstance(item, float) for item in items)
        return RealType(Fraction(min(items)), Fraction(max(items)), False, exact)
    found = join_of(type_of_value(item, element) for item in items)
    return element if found is None else found


def as_static(value: Any, static: Type) -> Any:
    """A value in the representation of its type: an int is a Fraction where ``real`` is asked."""
    if isinstance(static, RealType) and isinstance(value, int):
        return Fraction(value)
    if isinstance(value, range):
        return tuple(value)
    if isinstance(static, ArrayType | ListType) and isinstance(static.element, RealType):
        return tuple(as_static(item, static.element) for item in value)
    if isinstance(static, ListType) and isinstance(static.element, ArrayType):
        return tuple(as_static(item, static.element) for item in value)
    return value


def too_large(value: Any) -> bool:
    """Whether a constant has a number with more bits than a constant may have."""
    if isinstance(value, int | Fraction):
        return bits(value) > MAX_BITS
    if isinstance(value, tuple | frozenset):
        if value and all(type(item) is int for item in value):
            return max(bits(max(value)), bits(min(value))) > MAX_BITS
        return any(too_large(item) for item in value)
    return False


def as_element(expr: Expr, context: Context) -> Expr:
    """A slot that is known to be filled, read as its element; GFS334 if it may be empty.

    The node keeps its structure; only its type becomes that of the element. Arrays of slots that
    are known to be filled become the list of their elements.
    """
    of = expr.type
    if isinstance(of, SlotType):
        if isinstance(expr, Const):
            if expr.value is None:
                return context.report(messages.may_be_empty_constant(expr.span))
            return Const(type=of.element, value=expr.value, span=expr.span)
        if context.facts.is_filled(expr):
            return attrs.evolve(expr, type=of.element)
        text = expr.span.text if expr.span is not None else "slot"
        return context.report(messages.may_be_empty(expr.span, text))
    if isinstance(of, ArrayType) and isinstance(of.element, SlotType):
        return _filled_array(expr, of, of.element.element, context)
    return expr


def _filled_array(expr: Expr, of: ArrayType, element: Type, context: Context) -> Expr:
    if not context.facts.is_filled(expr):
        text = expr.span.text if expr.span is not None else "array"
        return context.report(messages.slots_may_be_empty(expr.span, text))
    if isinstance(expr, StateVar) and len(of.shape) == 1:
        places = tuple(range(of.shape[0]))
        index_type = IntType(0, of.shape[0] - 1)
        domain = Const(type=ListType(index_type, len(places)), value=places, span=expr.span)
        variable = context.session.fresh("i")
        place = BoundName(type=index_type, name=variable, span=expr.span)
        body = Index(type=element, base=expr, indices=(place,), span=expr.span)
        return Aggregate(
            type=ArrayType(of.shape, element),
            kind="list",
            body=body,
            generators=(Generator(variable, domain, places),),
            span=expr.span,
        )
    return attrs.evolve(expr, type=ArrayType(of.shape, element))


def convert(expr: Expr, target: Type, context: Context) -> Expr:
    """``expr`` as a value of ``target``, ranges aside; GFS120 or GFS334 if it is none."""
    of = expr.type
    if is_error(expr) or isinstance(target, ErrorType):
        return expr
    match target, of:
        case (RealType(), IntType()) if isinstance(expr, Const):
            value = Fraction(expr.value)
            return Const(type=RealType(value, value), value=value, span=expr.span)
        case (SlotType(_), SlotType(ErrorType())):
            return attrs.evolve(expr, type=target)
        case (SlotType(element), _) if not isinstance(of, SlotType):
            return convert(expr, element, context)
        case (_, SlotType()) if not isinstance(target, SlotType):
            return convert(as_element(expr, context), target, context)
        case (ArrayType(), _):
            return _convert_array(expr, target, context)
        case (SeqType(), ArrayType() | ListType()) if isinstance(expr, Const):
            return _listed(expr, target, context)
        case _ if _same_kind(target, of):
            return expr
    helps: tuple[str, ...] = ()
    if isinstance(target, IntType) and isinstance(of, RealType):
        helps = ("`//` divides integers; `round`, `floor` and `ceil` give an integer",)
    return context.report(messages.mismatch(expr.span, of, f"`{describe(target)}`", helps))


def _convert_array(expr: Expr, target: ArrayType, context: Context) -> Expr:
    of = expr.type
    wanted = f"`{describe(target)}`"
    if (
        isinstance(of, ArrayType)
        and isinstance(of.element, SlotType)
        and not isinstance(target.element, SlotType)
    ):
        expr = as_element(expr, context)
        of = expr.type
    if isinstance(of, ArrayType) and of.shape == target.shape:
        if join(of.element, target.element) is not None:
            return expr
    elif (
        isinstance(expr, Const)
        and isinstance(of, ListType)
        and target.shape == (len(expr.value),)
        and join(of.element, target.element) is not None
    ):
        return Const(type=ArrayType(target.shape, of.element), value=expr.value, span=expr.span)
    return expr if is_error(expr) else context.report(messages.mismatch(expr.span, of, wanted))


def _listed(expr: Const, target: SeqType, context: Context) -> Expr:
    """A constant list where a sequence is asked for: an array, as its length is known."""
    of = expr.type
    count = len(expr.value)
    if isinstance(of, ArrayType | ListType) and join(of.element, target.element) is not None:
        if target.lo <= count <= target.hi:
            return Const(type=ArrayType((count,), of.element), value=expr.value, span=expr.span)
        message = f"a list of {count} elements is no {describe(target)}"
        return context.report(messages.error("GFS121", message, expr.span))
    return context.report(messages.mismatch(expr.span, of, f"`{describe(target)}`"))


def _same_kind(a: Type, b: Type) -> bool:
    if isinstance(a, IntType):
        return isinstance(b, IntType)
    if isinstance(a, RealType):
        return isinstance(b, IntType | RealType)
    if isinstance(a, EnumType):
        return a == b
    if isinstance(a, SeqType):
        if not isinstance(b, SeqType) or not a.lo <= b.lo <= b.hi <= a.hi:
            return False
        return join(a.element, b.element) is not None
    if isinstance(a, ListType | SetType | TupleType | SlotType):
        return join(a, b) is not None
    return type(a) is type(b) and isinstance(a, BoolType | StringType)


def check_range(expr: Expr, target: Type, context: Context) -> Expr:
    """GFS121 if a number may lie outside ``target``; elements of arrays are checked too."""
    if is_error(expr):
        return expr
    of = expr.type
    if isinstance(target, SlotType):
        return check_range(expr, target.element, context) if not isinstance(of, SlotType) else expr
    if isinstance(target, ArrayType | SeqType) and isinstance(of, ArrayType):
        if is_number(target.element) and is_number(of.element):
            values = of_type(of.element)
            if not values.within(of_type(target.element)):
                shown = messages.show_interval(of.element)
                return context.report(
                    messages.out_of_range(expr.span, shown, target.element, certain=False)
                )
        return expr
    if not (is_number(target) and is_number(of)):
        return expr
    values, allowed = context.facts.interval(expr), of_type(target)
    if values.within(allowed):
        return expr
    if isinstance(expr, Const):
        shown = f"`{messages.show(expr.value)}`"
        return context.report(messages.out_of_range(expr.span, shown, target, certain=True))
    if isinstance(target, RealType):
        return expr
    shown = messages.show_interval(as_type(values, integer=True))
    certain = values.apart(allowed)
    return context.report(messages.out_of_range(expr.span, shown, target, certain=certain))


def number_type(parts: Iterable[Expr], interval: Interval, *, integer: bool | None = None) -> Type:
    """The type of a number computed from ``parts``; ``integer`` unless one of them is real."""
    types = [part.type for part in parts]
    whole = all(isinstance(item, IntType) for item in types) if integer is None else integer
    return as_type(interval, integer=whole, exact=all(is_exact(item) for item in types))


def hull(types: Iterable[Type]) -> Interval:
    """The interval around number types."""
    return join_all(of_type(item) for item in types)


def matrix_of(expr: Expr) -> Expr:
    """The adjacency matrix of a graph; other expressions as they are."""
    if not isinstance(expr.type, DigraphType):
        return expr
    if isinstance(expr, Conditional):
        then, otherwise = matrix_of(expr.then), matrix_of(expr.otherwise)
        return attrs.evolve(expr, type=expr.type.matrix, then=then, otherwise=otherwise)
    return attrs.evolve(expr, type=expr.type.matrix)
