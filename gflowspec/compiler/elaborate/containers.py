"""Lists, tuples, indices and slices."""

from __future__ import annotations

from gflowspec.compiler.elaborate import messages, sequences
from gflowspec.compiler.elaborate.maps import value_at
from gflowspec.compiler.elaborate.operators import integer
from gflowspec.compiler.elaborate.session import ERROR, Context, any_error, is_error
from gflowspec.compiler.elaborate.types import join_of, matrix_of
from gflowspec.core.types import (
    ArrayType,
    ListType,
    MapType,
    SeqType,
    SlotType,
    TupleType,
    Type,
)
from gflowspec.ir.expr import Aggregate, Collection, Const, Expr, Index, Slice
from gflowspec.lang import ast


def list_of(node: ast.ListExpr, context: Context) -> Expr:
    """``[a, b]``: an array if the elements are scalars, else a list."""
    items = tuple(matrix_of(context.of(item)) for item in node.items)
    if any_error(items):
        return ERROR
    element = join_of(item.type for item in items)
    if element is None:
        other = next(i for i in items if join_of((items[0].type, i.type)) is None)
        return context.report(messages.no_operation(other.span, "[]", items[0].type, other.type))
    return Collection(type=list_type(element, len(items)), items=items, span=node.span)


def list_type(element: Type, length: int) -> Type:
    """The type of a list of known length: arrays hold scalars, lists hold anything."""
    if isinstance(element, ArrayType | ListType):
        return ListType(element, length)
    return ArrayType((length,), element)


def tuple_of(node: ast.TupleExpr, context: Context) -> Expr:
    """``(a, b)``."""
    items = tuple(matrix_of(context.of(item)) for item in node.items)
    if any_error(items):
        return ERROR
    of = TupleType(tuple(item.type for item in items))
    return Collection(type=of, items=items, span=node.span)


def index(node: ast.Index, context: Context) -> Expr:
    """``base[i, ...]``; GFS123 if an index may be out of bounds."""
    base = matrix_of(context.of(node.base))
    if isinstance(base.type, MapType):
        return value_at(base, tuple(context.of(item) for item in node.indices), node, context)
    if is_error(base):
        for item in node.indices:
            context.of(item)  # what an index must be here is not known; its names are
        return ERROR
    places = tuple(integer(item, context) for item in node.indices)
    if any_error(places):
        return ERROR
    return element_of(base, places, node, context)


def element_of(base: Expr, places: tuple[Expr, ...], node: ast.Node, context: Context) -> Expr:
    """``base[places]`` for elaborated parts, checked."""
    of = base.type
    if isinstance(of, SeqType) and len(places) == 1:
        return sequences.element(base, places[0], node.span, context)
    if isinstance(of, SlotType) and isinstance(of.element, ArrayType):
        of = of.element
    lengths = _lengths(base, of)
    if lengths is None:
        message = f"{messages.named(of)} has no elements to index"
        return context.report(messages.error("GFS120", message, node.span))
    if len(places) > len(lengths):
        axes = "one index" if len(lengths) == 1 else f"{len(lengths)} indices"
        message = f"{messages.named(of)} takes {axes}, not {len(places)}"
        return context.report(messages.error("GFS120", message, node.span, helps=_nested(of, node)))
    for place, length in zip(places, lengths, strict=False):
        if not check_index(place, length, context):
            return ERROR
    return Index(type=_element(of, len(places)), base=base, indices=places, span=node.span)


def _nested(of: Type, node: ast.Node) -> tuple[str, ...]:
    """A list of lists is no array of two axes: it is indexed twice."""
    indexed = (ArrayType, ListType, SeqType)
    if not (isinstance(of, indexed) and isinstance(of.element, indexed)):
        return ()
    if not isinstance(node, ast.Index):
        return ()
    places = "".join(f"[{item.span.text}]" for item in node.indices)
    return (f"write `{node.base.span.text}{places}`",)


def _lengths(base: Expr, of: Type) -> tuple[int, ...] | None:
    """The lengths of the axes; for a list whose length varies, 0."""
    if isinstance(of, ArrayType):
        return of.shape
    if isinstance(of, ListType):
        return (_length_at_least(base, of),)
    return (of.hi,) if isinstance(of, SeqType) else None


def _length_at_least(base: Expr, of: ListType) -> int:
    if isinstance(base, Const):
        return len(base.value)
    if isinstance(base, Aggregate) and any(
        g.condition is not None or not isinstance(g.domain, Const) for g in base.generators
    ):
        return 0
    return of.max_length


def _element(of: Type, indices: int) -> Type:
    if isinstance(of, ArrayType):
        return ArrayType(of.shape[indices:], of.element) if indices < len(of.shape) else of.element
    assert isinstance(of, ListType)
    return of.element


def check_index(place: Expr, length: int, context: Context) -> bool:
    """Whether an index stays within ``0..length - 1``; GFS123 if not."""
    values = context.facts.interval(place)
    if values.lo is not None and values.hi is not None and values.lo >= 0 and values.hi < length:
        return True
    certain = (values.lo is not None and values.lo >= length) or (
        values.hi is not None and values.hi < 0
    )
    context.report(messages.index_outside(place.span, values, length, certain=certain))
    return False


def slice_of(node: ast.Slice, context: Context) -> Expr:
    """``base[a:b]``, both ends included, with constant ends."""
    base = context.of(node.base)
    lower, upper = integer(node.lower, context), integer(node.upper, context)
    if any_error((base, lower, upper)):
        return ERROR
    of = base.type
    if isinstance(of, SeqType) and isinstance(lower, Const) and isinstance(upper, Const):
        return sequences.part(base, lower, upper, node.span, context)
    lengths = _lengths(base, of)
    if lengths is None or not isinstance(of, ArrayType | ListType):
        message = f"{messages.named(of)} has no elements to slice"
        return context.report(messages.error("GFS120", message, node.span))
    for end in (lower, upper):
        if not isinstance(end, Const):
            return context.report(messages.not_constant(end.span, "the end of a slice"))
        if not check_index(end, lengths[0], context):
            return ERROR
    assert isinstance(lower, Const)
    assert isinstance(upper, Const)
    length = max(0, upper.value - lower.value + 1)
    part: Type = (
        ArrayType((length, *of.shape[1:]), of.element)
        if isinstance(of, ArrayType)
        else ListType(of.element, length)
    )
    return Slice(type=part, base=base, lower=lower, upper=upper, span=node.span)
