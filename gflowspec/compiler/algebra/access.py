"""Smart constructors of conditionals, elements, updates and calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.digraphs import DIGRAPH_FUNCTIONS, with_edge
from gflowspec.compiler.algebra.terms import (
    EMPTY,
    FALSE,
    INT,
    TRUE,
    arithmetic,
    conjoin,
    disjoin,
    element_type,
    fold,
    integer,
    negate,
    number_type,
)
from gflowspec.core.source import Span
from gflowspec.core.types import ArrayType, BoolType, IntType, SlotType, Type
from gflowspec.ir.expr import (
    Bound,
    Call,
    Collection,
    Conditional,
    Const,
    Expr,
    Index,
    StateVar,
    Updated,
)


def conditional(test: Expr, then: Expr, otherwise: Expr, span: Span | None = None) -> Expr:
    """``then if test else otherwise``."""
    if isinstance(test, Const):
        return then if test.value else otherwise
    if then == otherwise:
        return then
    if isinstance(then.type, BoolType):
        return disjoin(conjoin(test, then), conjoin(negate(test), otherwise))
    return Conditional(test, then, otherwise, type=_join(then, otherwise), span=span)


def _join(then: Expr, otherwise: Expr) -> Type:
    known = next((item.type for item in (then, otherwise) if item != EMPTY), EMPTY.type)
    if any(isinstance(item.type, SlotType) for item in (then, otherwise)):
        return known if isinstance(known, SlotType) else SlotType(known)
    if isinstance(known, IntType) and isinstance(otherwise.type, IntType):
        return INT
    return known if then.type == otherwise.type else number_type("+", then.type, otherwise.type)


def index(base: Expr, indices: Sequence[Expr], span: Span | None = None) -> Expr:
    """``base[indices]``; an update of the array is read through."""
    if isinstance(base, Call) and base.function in ("inserted", "removed"):
        read = _read_inserted if base.function == "inserted" else _read_removed
        return read(base, indices[0], span)
    if isinstance(base, Updated):
        return _read_updated(base, indices, span)
    if isinstance(base, Index) and isinstance(base.base.type, ArrayType):
        return index(base.base, (*base.indices, *indices), span)
    rest = _rest_type(base.type, len(indices))
    if all(isinstance(item, Const) for item in indices):
        if isinstance(base, Const):
            return fold(Index(base, tuple(indices), type=rest, span=span))
        if isinstance(base, Collection) and len(indices) == 1:
            place: Any = indices[0]
            if 0 <= place.value < len(base.items):
                chosen: Expr = base.items[place.value]
                return chosen
    return Index(base, tuple(indices), type=rest, span=span)


def _read_updated(base: Updated, indices: Sequence[Expr], span: Span | None) -> Expr:
    """An element, or a row, of an array of which one element was written."""
    pairs = zip(base.indices, indices, strict=False)
    hit = conjoin(*(compare("==", written, read) for written, read in pairs))
    before = index(base.base, indices, span)
    rest = base.indices[len(indices) :]
    after = updated(before, rest, base.value) if rest else base.value
    return after if hit == TRUE else conditional(hit, after, before, span)


def _read_inserted(base: Call, place: Expr, span: Span | None) -> Expr:
    """An element of a sequence after one was inserted."""
    before, position, value = base.arguments
    here = compare("==", place, position)
    if position == count_filled(before):
        return conditional(here, value, index(before, (place,), span), span)
    moved = index(before, (arithmetic("-", place, integer(1)),), span)
    ahead = compare("<", place, position)
    return conditional(
        here, value, conditional(ahead, index(before, (place,), span), moved, span), span
    )


def _read_removed(base: Call, place: Expr, span: Span | None) -> Expr:
    """An element of a sequence after one was removed."""
    before, position = base.arguments
    if position == arithmetic("-", count_filled(before), integer(1)):
        here = compare("==", place, position)
        return conditional(here, EMPTY, index(before, (place,), span), span)
    assert isinstance(before.type, ArrayType)
    last = compare("==", place, integer(before.type.size - 1))
    moved = EMPTY if last == TRUE else index(before, (arithmetic("+", place, integer(1)),), span)
    behind = conditional(last, EMPTY, moved, span)
    ahead = compare("<", place, position)
    return conditional(ahead, index(before, (place,), span), behind, span)


def _rest_type(container: Type, indices: int) -> Type:
    if isinstance(container, ArrayType) and indices < len(container.shape):
        return ArrayType(container.shape[indices:], container.element)
    return element_type(container)


def updated(base: Expr, indices: Sequence[Expr], value: Expr) -> Expr:
    """The array with one element replaced."""
    return Updated(base, tuple(indices), value, type=base.type)


def call(function: str, arguments: Sequence[Expr], of: Type, span: Span | None = None) -> Expr:
    """A built-in function; arguments of symmetric ones stand in one order, each once."""
    if function in ("min", "max") and len(arguments) > 1:
        arguments = sorted(dict.fromkeys(arguments), key=_order)
        if len(arguments) == 1:
            return arguments[0]
    if function == "count_filled":
        of = INT  # Its bounds follow from its argument.
    made = Call(function, tuple(arguments), type=of, span=span)
    if all(isinstance(item, Const) for item in arguments):
        return fold(made)
    if function == "filled" and isinstance(arguments[0].type, SlotType):
        return compare("!=", arguments[0], EMPTY, span)
    if function == "indicator" and isinstance(arguments[0], Const):
        return fold(made)
    if function in DIGRAPH_FUNCTIONS:
        return with_edge(made, lambda name, parts: call(name, parts, of))
    if isinstance(arguments[0], Updated) and function in ("filled", "count_filled"):
        return _filled_update(function, arguments[0], made)
    return _of_sequence(made) if isinstance(arguments[0], Call) else made


def count_filled(slots: Expr) -> Expr:
    """The number of filled slots; of a sequence, its length."""
    return call("count_filled", (slots,), INT)


def _of_sequence(made: Call) -> Expr:
    """What inserting and removing an element changes: the length by one, and what is distinct."""
    sequence = made.arguments[0]
    if not isinstance(sequence, Call):
        return made
    match made.function, sequence.function:
        case "count_filled", "inserted":
            return arithmetic("+", count_filled(sequence.arguments[0]), integer(1), made.span)
        case "count_filled", "removed":
            return arithmetic("-", count_filled(sequence.arguments[0]), integer(1), made.span)
        case "distinct", "inserted":
            before, _, value = sequence.arguments
            kept = call("distinct", (before,), made.type, made.span)
            return conjoin(kept, compare("not_in", value, before))
        case _:
            return made


def _order(argument: Expr) -> tuple[int, str]:
    """A key that is the same in every run; names come first."""
    if isinstance(argument, Bound | StateVar):
        return 0, argument.name
    return 1, repr(argument)


def _filled_update(function: str, array: Updated, made: Call) -> Expr:
    """How filling or clearing one slot changes what is filled."""
    now = compare("!=", array.value, EMPTY)
    if function == "filled":
        return FALSE if now == FALSE else made
    before = compare("!=", index(array.base, array.indices), EMPTY)
    kept = call("count_filled", (array.base,), INT, made.span)
    return arithmetic("-", arithmetic("+", kept, indicator(now)), indicator(before))


def indicator(condition: Expr) -> Expr:
    """1 where a condition holds, else 0."""
    if isinstance(condition, Const):
        return integer(int(condition.value))
    return Call("indicator", (condition,), type=INT)
