"""Diagnostics about types, ranges and constants: one builder for each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from gflowspec.compiler.elaborate.intervals import Interval, as_type
from gflowspec.core.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from gflowspec.core.source import Span
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    ErrorType,
    IntType,
    ListType,
    RealType,
    SlotType,
    StringType,
    Type,
    describe,
)


def error(
    code: str,
    message: str,
    span: Span | None,
    *,
    label: str = "",
    notes: Iterable[str] = (),
    helps: Iterable[str] = (),
    fixes: tuple[Fix, ...] = (),
) -> Diagnostic:
    """An error with one place."""
    primary = None if span is None else Label(span, label)
    return Diagnostic(
        code, Severity.ERROR, message, primary, notes=tuple(notes), helps=tuple(helps), fixes=fixes
    )


def named(of: Type) -> str:
    """The kind of value a type holds, in words, for messages that speak of kinds."""
    match of:
        case IntType(lo, hi) if lo is not None and lo == hi:
            return f"the integer {lo}"
        case RealType(lo, hi) if lo is not None and lo == hi:
            return f"the number {show_number(lo)}"
        case SlotType(ErrorType()):
            return "`empty`"
        case SlotType(element):
            return f"a slot of {describe(element)}"
        case BoolType():
            return "a bool"
        case StringType():
            return "a string"
        case ListType(element, _):
            return f"a list of {describe(element)}"
        case _:
            return f"`{describe(of)}`"


def mismatch(span: Span | None, found: Type, wanted: str, helps: Iterable[str] = ()) -> Diagnostic:
    """GFS120: ``wanted`` completes "but ... is needed here"."""
    message = f"this is {named(found)}, but {wanted} is needed here"
    return error("GFS120", message, span, helps=helps)


def no_operation(span: Span | None, operator: str, left: Type, right: Type) -> Diagnostic:
    """GFS120 for an operator between types that it does not join."""
    message = f"`{operator}` does not work between {named(left)} and {named(right)}"
    helps: tuple[str, ...] = ()
    if isinstance(left, BoolType) or isinstance(right, BoolType):
        helps = ("`indicator(c)` turns a condition into 0 or 1",)
    return error("GFS120", message, span, helps=helps)


def out_of_range(span: Span | None, shown: str, target: Type, *, certain: bool) -> Diagnostic:
    """GFS121: ``shown`` is the value or the expression."""
    verb = "is" if certain else "may be"
    helps = _allowed(target) if certain else ()
    return error("GFS121", f"{shown} {verb} outside {describe(target)}", span, helps=helps)


def _allowed(target: Type) -> tuple[str, ...]:
    """What to write instead of a number that is outside."""
    if not isinstance(target, IntType | RealType):
        return ()
    lo, hi = (None if end is None else show(end) for end in (target.lo, target.hi))
    if lo is None:
        return (f"write a number up to {hi}",)
    if isinstance(target, RealType) and target.lo_open:
        return (f"write a number above {lo}" + (f", up to {hi}" if hi is not None else ""),)
    return (f"write a number from {lo} to {hi}" if hi is not None else f"write {lo} or more",)


def not_finite(span: Span | None, name: str, value: float) -> Diagnostic:
    """GFS121: a constant that overflows, or has no value, in float64."""
    shown = "not a number" if math.isnan(value) else "infinite"
    reason = "roots and logarithms of negative numbers have no value, nor has infinity - infinity"
    if math.isinf(value):
        reason = "numbers that are not exact end at 1.8e308; `log(0)` is infinite too"
    return error("GFS121", f"the constant `{name}` is {shown}", span, notes=(reason,))


def index_outside(span: Span | None, values: Interval, length: int, *, certain: bool) -> Diagnostic:
    """GFS123: ``values`` are those that the index takes."""
    verb = "is" if certain else "may be"
    last = f"the last index is {length - 1}" if length else "there are no elements"
    shown = show_interval(as_type(values, integer=True))
    message = f"the index {verb} out of bounds: it takes {shown}, but {last}"
    below = values.lo is None or values.lo < 0
    above = values.hi is None or values.hi >= length
    fixes: tuple[Fix, ...] = ()
    if not certain:
        text = "i" if span is None else span.text
        sides = [f"0 <= {text}"] * below + [f"{text} < {length}"] * above
        helps = (f"guard it with a condition, such as `{' and '.join(sides)} and ...`",)
    elif values.lo == values.hi and values.lo is not None and -length <= values.lo < 0:
        place = int(values.lo) + length
        helps = (f"places count from the front, beginning with 0: write `{place}`",)
        if span is not None:
            fixes = (Fix("count from the front", (Edit(span, str(place)),)),)
    else:
        helps = ("places count from 0",)
    return error("GFS123", message, span, helps=helps, fixes=fixes)


def division_by_zero(span: Span | None, *, certain: bool) -> Diagnostic:
    """GFS124."""
    message = "division by zero" if certain else "the divisor may be zero"
    helps = () if certain else ("guard it with a condition, such as `d != 0 and ...`",)
    return error("GFS124", message, span, helps=helps)


def may_be_empty(span: Span | None, text: str) -> Diagnostic:
    """GFS334: a slot is read as its element."""
    replacement = f"or_else({text}, 0)"
    fixes = () if span is None else (Fix("give a default", (Edit(span, replacement),)),)
    return Diagnostic(
        "GFS334",
        Severity.ERROR,
        f"the slot `{text}` may be empty here",
        None if span is None else Label(span),
        notes=("a slot is known to be filled right of `... != empty and`",),
        helps=(f"write `{replacement}`, with the value an empty slot stands for",),
        fixes=fixes,
    )


def may_be_behind(span: Span | None, sequence: str, place: str) -> Diagnostic:
    """GFS334: an element of a sequence is read that may not be there."""
    test = f"len({sequence}) > {place}" if place.isdigit() else f"{place} < len({sequence})"
    return error(
        "GFS334",
        f"`{sequence}[{place}]` may lie behind the end of `{sequence}`",
        span,
        notes=(f"a place is known to be there right of `{test} and`",),
        helps=(
            f"guard it with `{test}`, or range over `index({sequence})`",
            f"`terminal when len({sequence}) == ...` fixes the length for a reward",
        ),
    )


def length_varies(span: Span | None, sequence: str, what: str) -> Diagnostic:
    """GFS334: ``what`` needs a sequence of known length."""
    return error(
        "GFS334",
        f"{what} needs the length of `{sequence}`, which is not known here",
        span,
        notes=(f"it is known right of `len({sequence}) == ... and`",),
        helps=(f"`terminal when len({sequence}) == ...` fixes the length for a reward",),
    )


def not_constant(span: Span | None, what: str) -> Diagnostic:
    """GFS126."""
    return error("GFS126", f"{what} must be constant, but it depends on the state", span)


#: What to do about the minimum or maximum of no values.
NOTHING = "say what holds without any: `max(...) if any(...) else 0`"

#: What to do about an expression without a value, by code.
WITHOUT_VALUE = {
    "GFS124": "guard it with a condition, such as `d != 0 and ...`",
    "GFS125": NOTHING,
    "GFS131": "say it in logarithms: `logR = x * log(2)` instead of `R = 2 ^ x`",
}


def without_value(code: str, message: str, span: Span | None) -> Diagnostic:
    """An expression that was evaluated and has no value."""
    return error(code, message, span, helps=(WITHOUT_VALUE[code],) if code in WITHOUT_VALUE else ())


def too_costly(span: Span | None, message: str) -> Diagnostic:
    """GFS131."""
    helps = ("shorten it, or read what was computed elsewhere with `data ... = file(...)`",)
    return error("GFS131", message, span, helps=helps)


def assert_failed(
    span: Span, message: str, values: Mapping[str, Any], notes: Iterable[str] = ()
) -> Diagnostic:
    """GFS130: ``values`` are the parameters that the condition reads."""
    text = f"assert failed: {message}" if message else "assert failed"
    facts = ", ".join(f"{name} = {show(value)}" for name, value in values.items())
    given = (f"with {facts}",) if facts else ()
    return error("GFS130", text, span, notes=(*given, *notes))


def required(span: Span | None, message: str, helps: Iterable[str] = ()) -> Diagnostic:
    """GFS112."""
    return error("GFS112", message, span, helps=helps)


def show(value: Any) -> str:
    """A value of the language as it would be written, shortened where it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return show_number(value)
    if isinstance(value, str):
        return f'"{value}"'
    if value is None:
        return "empty"
    if isinstance(value, tuple):
        shown = ", ".join(show(item) for item in value[:8])
        return f"[{shown}, ...]" if len(value) > 8 else f"[{shown}]"
    text = str(value)
    return text if len(text) <= 40 else f"{text[:20]}... ({len(text)} digits)"


def show_number(value: Fraction) -> str:
    """A rational as a decimal if that is finite and short, else as ``n/d``."""
    if value.denominator == 1:
        return str(value.numerator)
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1 and len(str(value.denominator)) <= 12:
        return f"{float(value):.12g}"
    return f"{value.numerator}/{value.denominator}"


def show_interval(of: Type) -> str:
    """The values an integer takes, as ``3`` or ``0..19``."""
    lo, hi = getattr(of, "lo", None), getattr(of, "hi", None)
    if lo is not None and lo == hi:
        return f"the value {lo}"
    return f"values {'' if lo is None else lo}..{'' if hi is None else hi}"


def show_value(value: Any, of: Type) -> str:
    """A value of a known type; members of an enum by name."""
    if isinstance(of, EnumType) and isinstance(value, int):
        return of.members[value]
    if isinstance(of, ArrayType) and isinstance(value, tuple):
        return show(tuple(value))
    if isinstance(of, RealType) and isinstance(value, float):
        return f"{value:g}"
    return show(value)


def may_be_empty_constant(span: Span | None) -> Diagnostic:
    """GFS334: ``empty`` itself is read as a value."""
    return error("GFS334", "`empty` has no value to compute with", span)


def slots_may_be_empty(span: Span | None, text: str) -> Diagnostic:
    """GFS334: an array of slots is read as an array of elements."""
    return error(
        "GFS334",
        f"slots of `{text}` may be empty here",
        span,
        notes=(f"all of them are known to be filled right of `filled({text}) and`",),
    )
