"""Types as they are written: bounds evaluated, aliases followed."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.operators import integer, number
from gflowspec.compiler.elaborate.session import MAX_ALIASES, MAX_ELEMENTS, Context, is_error
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    DigraphType,
    EnumType,
    ErrorType,
    IntType,
    MapType,
    RealType,
    SeqType,
    SetType,
    SlotType,
    StringType,
    TupleType,
    Type,
)
from gflowspec.ir.expr import Const, Expr
from gflowspec.lang import ast
from gflowspec.lang.messages.names import needs_level_two


def written_type(node: ast.TypeExpr, context: Context) -> Type:  # noqa: C901, PLR0911 - one case a form
    """The type that a text denotes; ``ErrorType`` where it was reported."""
    match node:
        case ast.NumberType(base="int"):
            return _int(node, context)
        case ast.NumberType():
            return _real(node, context)
        case ast.PlainType(base="bool"):
            return BoolType()
        case ast.PlainType():
            return StringType()
        case ast.GroupType():
            return written_type(node.inner, context)
        case ast.NamedType():
            return _named(node, context)
        case ast.OptionalType():
            element = written_type(node.element, context)
            return element if isinstance(element, ErrorType) else SlotType(element)
        case ast.ArrayTypeExpr():
            return _array(node, context)
        case ast.TupleTypeExpr():
            items = tuple(written_type(item, context) for item in node.items)
            return ErrorType() if ErrorType() in items else TupleType(items)
        case ast.SetTypeExpr():
            return _set(node, context)
        case ast.SeqTypeExpr():
            return _seq(node, context)
        case ast.GraphTypeExpr(base="graph"):
            context.report(needs_level_two(node.span, "`graph`"))
        case ast.GraphTypeExpr():
            return _digraph(node, context)
        case ast.MapTypeExpr():
            key, value = written_type(node.key, context), written_type(node.value, context)
            return ErrorType() if ErrorType() in (key, value) else MapType(key, value)
    return ErrorType()


def bound(node: ast.Expr, context: Context, *, whole: bool) -> int | Fraction | None:
    """A constant bound or length; None where it was reported."""
    found: Expr = integer(node, context) if whole else number(node, context)
    if is_error(found):
        return None
    if not isinstance(found, Const):
        context.report(messages.not_constant(node.span, "the bound of a type"))
        return None
    value: int | Fraction = found.value
    return value


def _int(node: ast.NumberType, context: Context) -> Type:
    if node.bounds is None:
        return IntType()
    if node.bounds.open_below:
        message = "`int(a..)` does not exist; write `int[a + 1..]`"
        context.report(messages.error("GFS120", message, node.span))
        return ErrorType()
    ends = _ends(node.bounds, context, whole=True)
    if ends is None:
        return ErrorType()
    lo, hi = ends
    if lo is not None and hi is not None and lo > hi:
        message = f"`int[{lo}..{hi}]` has no values"
        helps = (f"the lower bound comes first: `int[{hi}..{lo}]`",)
        context.report(messages.error("GFS125", message, node.span, helps=helps))
        return ErrorType()
    return IntType(None if lo is None else int(lo), None if hi is None else int(hi))


def _real(node: ast.NumberType, context: Context) -> Type:
    if node.bounds is None:
        return RealType()
    ends = _ends(node.bounds, context, whole=False)
    if ends is None:
        return ErrorType()
    lo, hi = (None if end is None else Fraction(end) for end in ends)
    if lo is not None and hi is not None and lo > hi:
        message = f"`{node.span.text}` has no values"
        helps = ("the lower bound comes first",)
        context.report(messages.error("GFS125", message, node.span, helps=helps))
        return ErrorType()
    return RealType(lo, hi, node.bounds.open_below)


def _ends(
    bounds: ast.Bounds, context: Context, *, whole: bool
) -> tuple[int | Fraction | None, int | Fraction | None] | None:
    lo = bound(bounds.lower, context, whole=whole)
    hi = None if bounds.upper is None else bound(bounds.upper, context, whole=whole)
    if lo is None or (hi is None and bounds.upper is not None):
        return None
    return lo, hi


def _named(node: ast.NamedType, context: Context) -> Type:
    symbol = context.symbol(tuple(part.text for part in node.name.parts))
    if symbol is None:
        return ErrorType()
    if isinstance(symbol.node, ast.Enumeration):
        return EnumType(symbol.node.name.text, tuple(member.text for member in symbol.node.members))
    if not isinstance(symbol.node, ast.TypeAlias):
        return ErrorType()
    known = context.session.types
    place = (symbol.module, symbol.name)
    if place not in known:
        known[place] = _alias(node, symbol.node, symbol.module, context)
    return known[place]


def _alias(node: ast.NamedType, alias: ast.TypeAlias, module: str, context: Context) -> Type:
    active = context.session.active
    if id(alias) in active:
        return ErrorType()
    if len(active) > MAX_ALIASES:
        message = f"more than {MAX_ALIASES} types stand between this one and its definition"
        context.report(messages.too_costly(node.span, message))
        return ErrorType()
    active.append(id(alias))
    try:
        return written_type(alias.type, Context(context.session, module))
    finally:
        active.pop()


def _array(node: ast.ArrayTypeExpr, context: Context) -> Type:
    lengths = [bound(length, context, whole=True) for length in node.shape]
    element = written_type(node.element, context)
    if None in lengths or isinstance(element, ErrorType):
        return ErrorType()
    shape = tuple(int(length) for length in lengths if length is not None)
    for length, place in zip(shape, node.shape, strict=True):
        if length < 1:
            message = f"an array needs at least one element on each axis, not {length}"
            context.report(messages.error("GFS125", message, place.span))
            return ErrorType()
    if prod(shape) > MAX_ELEMENTS:
        message = f"the array has {prod(shape):,} elements; {MAX_ELEMENTS:,} are allowed"
        context.report(messages.too_costly(node.span, message))
        return ErrorType()
    return ArrayType(shape, element)


def _set(node: ast.SetTypeExpr, context: Context) -> Type:
    element = written_type(node.element, context)
    ends = (0, None) if node.bounds is None else _ends(node.bounds, context, whole=True)
    if ends is None or isinstance(element, ErrorType) or _no_sizes(node, ends, context):
        return ErrorType()
    return SetType(int(ends[0] or 0), None if ends[1] is None else int(ends[1]), element)


def _no_sizes(
    node: ast.SetTypeExpr | ast.SeqTypeExpr,
    ends: tuple[int | Fraction | None, int | Fraction | None],
    context: Context,
) -> bool:
    """Whether no collection has a size between the ends, which is reported."""
    least, most = ends[0] or 0, ends[1]
    if least >= 0 and (most is None or most >= least):
        return False
    shown = f"{least}.." if most is None else f"{least}..{most}"
    message = f"sizes are whole numbers from 0 upwards: `{shown}` does not say which"
    context.report(messages.error("GFS125", message, node.span))
    return True


def _seq(node: ast.SeqTypeExpr, context: Context) -> Type:
    element = written_type(node.element, context)
    ends = _ends(node.bounds, context, whole=True)
    if ends is None or isinstance(element, ErrorType):
        return ErrorType()
    if ends[1] is None:
        message = "a sequence needs a greatest length"
        context.report(messages.error("GFS122", message, node.span))
        return ErrorType()
    if _no_sizes(node, ends, context):
        return ErrorType()
    return SeqType(int(ends[0] or 0), int(ends[1]), element)


def _digraph(node: ast.GraphTypeExpr, context: Context) -> Type:
    """``digraph { nodes[d..d] edges [of L] }``: what else graphs can have is level 2."""
    parts = {part.kind: part for part in node.parts}
    later = [p for p in node.parts if p.kind not in ("nodes", "edges")]
    later += [p for p in node.parts if p.kind == "nodes" and p.type is not None]
    if later:
        what = f"`{later[0].span.text}` in a digraph"
        context.report(needs_level_two(later[0].span, what))
        return ErrorType()
    if len(parts) != len(node.parts) or set(parts) != {"nodes", "edges"}:
        message = "a digraph has one `nodes` and one `edges`"
        helps = ("write `digraph { nodes[d..d] edges }` for a graph of d nodes",)
        context.report(messages.error("GFS120", message, node.span, helps=helps))
        return ErrorType()
    count = _node_count(parts["nodes"], context)
    label = parts["edges"].type
    of = None if label is None else written_type(label, context)
    if count is None or isinstance(of, ErrorType):
        return ErrorType()
    return DigraphType(count, of)


def _node_count(part: ast.GraphPart, context: Context) -> int | None:
    """The number of nodes; None where it was reported."""
    assert part.bounds is not None
    ends = _ends(part.bounds, context, whole=True)
    if ends is None:
        return None
    lo, hi = ends
    if hi is None or lo != hi:
        helps = ("give both bounds the same value, as in `nodes[5..5]`",)
        what = "a digraph whose number of nodes varies"
        context.report(needs_level_two(part.span, what, helps))
        return None
    count = int(hi)
    if count < 1:
        message = f"a digraph needs at least one node, not {count}"
        context.report(messages.error("GFS125", message, part.span))
        return None
    if count * count > MAX_ELEMENTS:
        message = f"a digraph of {count:,} nodes has {count * count:,} places for edges"
        context.report(messages.too_costly(part.span, message))
        return None
    return count
