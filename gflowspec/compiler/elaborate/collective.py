"""Built-in functions on slots, arrays and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any

from gflowspec.compiler.elaborate import intervals, messages, sequences
from gflowspec.compiler.elaborate.application import Application, Rule
from gflowspec.compiler.elaborate.elements import elements, size
from gflowspec.compiler.elaborate.intervals import as_type
from gflowspec.compiler.elaborate.maps import values_of
from gflowspec.compiler.elaborate.session import (
    ERROR,
    MAX_ELEMENTS,
    any_error,
    constant,
    is_error,
)
from gflowspec.compiler.elaborate.types import check_range, hull, is_exact, is_number, join
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    IntType,
    ListType,
    MapType,
    RealType,
    SeqType,
    SetType,
    SlotType,
    StringType,
)
from gflowspec.ir.expr import Aggregate, Binary, Call, Const, Expr, Index, Range

#: Bits of a mask: set elements that one integer can stand for.
MAX_MASK = 62


def _length(a: Application) -> int | Expr:
    """The constant length of the argument, or the expression for it."""
    found = a.arguments[0]
    of = found.type
    if isinstance(of, ArrayType):
        return of.shape[0]
    if isinstance(of, SeqType):
        fixed = sequences.fixed_length(found, a.context)
        return sequences.length(found, a.node.span) if fixed is None else fixed
    if isinstance(found, Const) and isinstance(of, StringType | ListType | SetType | MapType):
        return len(found.value)
    if isinstance(of, SetType):
        return size(found, a.node.span, a.context) or ERROR
    if isinstance(of, ListType):
        most = of.max_length
        return Call(type=IntType(0, most), function="len", arguments=(found,), span=a.node.span)
    return a.refuse(0, "an array, list or string")


def _len(a: Application) -> Expr:
    found = _length(a)
    if isinstance(found, int):
        return constant(IntType(found, found), found, a.node.span)
    return found


def _index(a: Application) -> Expr:
    found = _length(a)
    span, of = a.node.span, a.arguments[0].type
    lower = constant(IntType(0, 0), 0, span)
    if not isinstance(found, int):
        if is_error(found):
            return ERROR
        if isinstance(of, SeqType):
            one = constant(IntType(1, 1), 1, span)
            last = Binary(type=IntType(-1, of.hi - 1), op="-", left=found, right=one, span=span)
            places = ListType(IntType(0, of.hi - 1), of.hi)
            return Range(type=places, lower=lower, upper=last, span=span)
        return a.refuse(0, "an array or list of known length")
    upper = constant(IntType(found - 1, found - 1), found - 1, span)
    places = ListType(IntType(0, found - 1), found)
    return Range(type=places, lower=lower, upper=upper, span=span)


def _filled(a: Application) -> Expr:
    of = a.arguments[0].type
    slots = isinstance(of, SlotType) or (
        isinstance(of, ArrayType) and isinstance(of.element, SlotType)
    )
    if not slots:
        return a.refuse(0, "a slot or an array of slots")
    if a.name == "filled":
        return a.call(BoolType())
    return a.call(IntType(0, of.size if isinstance(of, ArrayType) else 1))


def _distinct(a: Application) -> Expr:
    if isinstance(a.arguments[0].type, SeqType):
        return a.call(BoolType(), (sequences.held(a.arguments[0]),))
    found = a.container(0, filled=False)
    return ERROR if is_error(found) else a.call(BoolType(), (found,))


def _or_else(a: Application) -> Expr:
    slot, default = a.arguments
    if not isinstance(slot.type, SlotType):
        return a.refuse(0, "a slot")
    of = join(slot.type.element, default.type)
    if of is None or isinstance(default.type, SlotType):
        return a.refuse(1, messages.named(slot.type.element))
    return a.call(of)


def _sorted(a: Application) -> Expr:
    """Loops visit the elements of a set in order, so a list of them is sorted."""
    found = a.arguments[0]
    if isinstance(found.type, ArrayType) and len(found.type.shape) > 1:
        return a.refuse(0, "an array of one axis")
    if not isinstance(found.type, SetType):
        return _same_shape(a)
    if isinstance(found, Const):
        return a.call(ListType(found.type.element, len(found.value)))
    visit = elements(found, a.node.span, a.context)
    if visit is None:
        return ERROR
    most = prod(len(item.carrier) for item in visit.generators)
    of = ListType(found.type.element, most if found.type.hi is None else found.type.hi)
    return Aggregate(
        type=of,
        kind="list",
        body=visit.element,
        generators=visit.generators,
        span=a.node.span,
    )


def _mask(a: Application) -> Expr:
    """``sum(2 ^ v for v in S)``, with the powers in a table."""
    found, span = a.arguments[0], a.node.span
    of = found.type.element if isinstance(found.type, SetType) else None
    if not isinstance(of, IntType):
        return a.refuse(0, "a set of integers")
    if of.lo is None or of.hi is None or not 0 <= of.lo <= of.hi < MAX_MASK:
        limits = IntType(0, MAX_MASK - 1)
        shown = messages.show_interval(of)
        return a.context.report(messages.out_of_range(found.span, shown, limits, certain=False))
    visit = elements(found, span, a.context)
    if visit is None:
        return ERROR
    powers = tuple(2**bit for bit in range(of.hi + 1))
    table = constant(ArrayType((of.hi + 1,), IntType(1, powers[-1])), powers, span)
    body = Index(type=IntType(1, powers[-1]), base=table, indices=(visit.element,), span=span)
    return Aggregate(
        type=IntType(0, 2 * powers[-1] - 1),
        kind="sum",
        body=body,
        generators=visit.generators,
        span=span,
    )


def _same_shape(a: Application) -> Expr:
    found = a.container(0)
    return ERROR if is_error(found) else a.call(found.type, (found,))


def _concat(a: Application) -> Expr:
    parts = tuple(a.container(i) for i in range(len(a.arguments)))
    if any_error(parts):
        return ERROR
    length, element = 0, None
    for place, part in enumerate(parts):
        of = part.type
        if not isinstance(of, ArrayType) or len(of.shape) != 1:
            return a.refuse(place, "an array of fixed length")
        length += of.shape[0]
        element = of.element if element is None else join(element, of.element)
        if element is None:
            return a.refuse(place, messages.named(parts[0].type))
    assert element is not None
    return a.call(ArrayType((length,), element), parts)


def _bits_of(a: Application) -> Expr:
    value, width = a.integer(0), a.whole_constant(1, "the number of bits")
    if is_error(value) or width is None:
        return ERROR
    if not 0 < width <= 64:
        message = f"`bits_of` gives 1 to 64 bits, not {width}"
        return a.context.report(messages.error("GFS121", message, a.arguments[1].span))
    checked = check_range(value, IntType(0, 2**width - 1), a.context)
    if is_error(checked):
        return ERROR
    return a.call(ArrayType((width,), IntType(0, 1)), (checked, a.arguments[1]))


def _number(a: Application) -> Expr:
    digits, base = a.container(0), a.whole_constant(1, "the base")
    if is_error(digits) or base is None:
        return ERROR
    of = digits.type
    if not isinstance(of, ArrayType) or not isinstance(of.element, IntType):
        return a.refuse(0, "an array of integers of fixed length")
    if base < 2:
        message = f"the base must be at least 2, not {base}"
        return a.context.report(messages.error("GFS121", message, a.arguments[1].span))
    if of.size * base.bit_length() > 512:
        message = f"the number may have more than {of.size * base.bit_length()} bits"
        return a.context.report(messages.too_costly(a.node.span, message))
    lo, hi = of.element.lo, of.element.hi
    reach = (base**of.size - 1) // (base - 1)
    bounds = IntType(None if lo is None else lo * reach, None if hi is None else hi * reach)
    return a.call(bounds, (digits, a.arguments[1]))


def _hamming(a: Application) -> Expr:
    left, right = a.container(0), a.container(1)
    if any_error((left, right)):
        return ERROR
    one, other = left.type, right.type
    if not isinstance(one, ArrayType):
        return a.refuse(0, "an array")
    if not isinstance(other, ArrayType) or one.shape != other.shape:
        return a.refuse(1, f"an array of {one.size} elements")
    if join(one.element, other.element) is None:
        return a.refuse(1, messages.named(one))
    return a.call(IntType(0, one.size), (left, right))


def _text(a: Application) -> Expr:
    given, alphabet = a.arguments
    found = sequences.held(given) if isinstance(given.type, SeqType) else a.container(0)
    if is_error(found):
        return ERROR
    if not isinstance(alphabet.type, StringType) or not isinstance(alphabet, Const):
        return a.refuse(1, "a constant string")
    of = given.type if isinstance(given.type, SeqType) else found.type
    element = of.element if isinstance(of, ArrayType | ListType | SeqType) else None
    if not isinstance(element, IntType):
        return a.refuse(0, "an array or sequence of integers")
    letters = IntType(0, len(alphabet.value) - 1)
    if not intervals.of_type(element).within(intervals.of_type(letters)):
        shown = messages.show_interval(element)
        return a.context.report(messages.out_of_range(found.span, shown, letters, certain=False))
    return a.call(StringType(), (found, alphabet))


def _values(a: Application) -> Expr:
    found = a.arguments[0]
    return values_of(found) if isinstance(found.type, MapType) else a.refuse(0, "a map")


def _statistic(a: Application) -> Expr:
    found = a.container(0)
    if is_error(found):
        return ERROR
    if not isinstance(found, Const):
        return a.context.report(messages.not_constant(found.span, f"the data of `{a.name}`"))
    element = found.type.element if isinstance(found.type, ArrayType | ListType) else None
    if element is None or not is_number(element) or not found.value:
        return a.refuse(0, "a list of numbers that is not empty")
    of = as_type(hull((element,)), integer=False, exact=is_exact(element))
    if a.name == "mean":
        return a.call(of, (found,))
    share = a.number(1)
    if is_error(share):
        return ERROR
    if is_error(check_range(share, RealType(Fraction(0), Fraction(1)), a.context)):
        return ERROR
    return a.call(of, (found, share))


def _draw_ints(a: Application) -> Expr:
    shape = _shape(a.arguments[0])
    if shape is None:
        return a.refuse(0, "a constant length or tuple of lengths")
    if prod(shape) > MAX_ELEMENTS:
        message = f"{prod(shape):,} numbers are drawn; {MAX_ELEMENTS:,} are allowed"
        return a.context.report(messages.too_costly(a.node.span, message))
    numbers = [a.whole_constant(i, "an argument of `draw_ints`") for i in (1, 2, 3)]
    if None in numbers:
        return ERROR
    low, high, seed = (value for value in numbers if value is not None)
    if low > high:
        message = f"there is no integer from {low} to {high}"
        return a.context.report(messages.error("GFS121", message, a.arguments[2].span))
    if not 0 <= seed < 2**32:
        return a.context.report(
            messages.out_of_range(
                a.arguments[3].span, f"`{seed}`", IntType(0, 2**32 - 1), certain=True
            )
        )
    return a.call(ArrayType(shape, IntType(low, high)))


def _shape(expr: Expr) -> tuple[int, ...] | None:
    if not isinstance(expr, Const):
        return None
    lengths: Sequence[Any] = expr.value if isinstance(expr.value, tuple) else (expr.value,)
    if not lengths or not all(type(length) is int and length > 0 for length in lengths):
        return None
    return tuple(lengths)


#: How each function types its calls.
COLLECTIVE: Mapping[str, Rule] = {
    "len": _len,
    "index": _index,
    "filled": _filled,
    "count_filled": _filled,
    "distinct": _distinct,
    "or_else": _or_else,
    "reverse": _same_shape,
    "sorted": _sorted,
    "mask": _mask,
    "concat": _concat,
    "bits_of": _bits_of,
    "number": _number,
    "hamming": _hamming,
    "text": _text,
    "values": _values,
    "quantile": _statistic,
    "mean": _statistic,
    "draw_ints": _draw_ints,
}
