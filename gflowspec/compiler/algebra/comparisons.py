"""Smart constructors of comparisons: decided, or solved for their only term."""

from __future__ import annotations

from typing import Any

from gflowspec.compiler.algebra.linear import Linear, linear
from gflowspec.compiler.algebra.terms import (
    BOOL,
    EMPTY,
    FALSE,
    INT,
    ORDER,
    TRUE,
    conjoin,
    disjoin,
    exact,
    fold,
    from_linear,
    integer,
    negate,
    rational,
)
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.core.source import Span
from gflowspec.core.types import ArrayType, BoolType, IntType, RealType, SlotType, Type
from gflowspec.ir.expr import Binary, Bound, Call, Compare, Conditional, Const, Expr, Index, Range


def compare(op: str, left: Expr, right: Expr, span: Span | None = None) -> Expr:
    """A comparison, decided where types and constants decide it; equal names in one order."""
    if op in ("==", "!=") and isinstance(left, Bound) and isinstance(right, Bound):
        left, right = sorted((left, right), key=lambda item: item.name)
    made = Compare(op, left, right, type=BOOL, span=span)
    if op in ("in", "not_in"):
        inside = _in_range(left, right)
        if inside is not None:
            return TRUE if inside is (op == "in") else FALSE
        both = isinstance(left, Const) and isinstance(right, Const)
        return fold(made) if both else _membership(op, left, right, made)
    if isinstance(left, Const) and isinstance(right, Const):
        return fold(made)
    if left == right and exact(left):
        return TRUE if op in ("==", "<=", ">=") else FALSE
    if op in ("==", "!="):
        decided = _equality(left, right)
        if decided is not None:
            return decided if op == "==" else negate(decided)
    if exact(left, right) and all(_is_ordered(item.type, op) for item in (left, right)):
        return _numeric(op, made)
    return made


def _in_range(item: Expr, container: Expr) -> bool | None:
    """Whether an integer is in a range of constants, where its bounds decide that."""
    match container:
        case Range(lower=Const(value=lower), upper=Const(value=upper)):
            if not isinstance(item.type, IntType):
                return None
            found = bounds(item)
            if lower <= found.lo and found.hi <= upper:
                return True
            return False if found.hi < lower or upper < found.lo else None
        case _:
            return None


def _membership(op: str, left: Expr, right: Expr, made: Expr) -> Expr:
    """What is in a sequence after an insertion: what was inserted, and what was in it."""
    if not isinstance(right, Call) or right.function != "inserted" or left == EMPTY:
        return made
    before, _, value = right.arguments
    if op == "in":
        return disjoin(compare("==", left, value), compare("in", left, before))
    return conjoin(compare("!=", left, value), compare("not_in", left, before))


def _is_ordered(of: Type, op: str) -> bool:
    """Whether values can be reasoned about as numbers; an empty slot only fails to be equal."""
    if isinstance(of, SlotType):
        return op in ORDER and is_number(of.element)
    return is_number(of)


def _equality(left: Expr, right: Expr) -> Expr | None:
    """``left == right`` where an empty slot, a boolean constant or a conditional decides it."""
    if left == EMPTY or isinstance(left, Const):
        left, right = right, left
    if right == EMPTY and not isinstance(left.type, SlotType):
        return FALSE
    if right == EMPTY and isinstance(left, Index) and _is_sequence(left.base):
        length = Call("count_filled", (left.base,), type=INT)
        return compare(">=", left.indices[0], length)
    if isinstance(left.type, BoolType) and isinstance(right, Const):
        return left if right.value else negate(left)
    if isinstance(left, Conditional) and _decides(left, right):
        return disjoin(
            conjoin(left.test, compare("==", left.then, right)),
            conjoin(negate(left.test), compare("==", left.otherwise, right)),
        )
    return None


def _is_sequence(expr: Expr) -> bool:
    return isinstance(expr.type, ArrayType) and expr.type.prefix


def _decides(choice: Conditional, right: Expr) -> bool:
    return any(
        isinstance(compare("==", branch, right), Const)
        for branch in (choice.then, choice.otherwise)
    )


def is_number(of: Type) -> bool:
    """Whether values are ordered numbers."""
    return isinstance(of, IntType | RealType)


def _numeric(op: str, made: Compare) -> Expr:
    """Decided by intervals, or rewritten to ``term op constant`` if there is a single term."""
    form = linear(made.left).plus(linear(made.right), -1)
    verdict = decide(op, form)
    if verdict is not None:
        return TRUE if verdict else FALSE
    moved = isinstance(made.left, Binary | Conditional) or isinstance(made.right, Binary)
    if len(form.terms) == 1 and moved:
        return _solved(op, form, made.span)
    if moved and len(form.terms) < len(linear(made.left).terms) + len(linear(made.right).terms):
        return _balanced(op, form, made.span)
    return made


def decide(op: str, form: Linear) -> bool | None:
    """Whether ``form op 0`` holds for all values of its terms, for none, or neither (None)."""
    found = form.interval()
    lo, hi = found.lo, found.hi
    verdicts: dict[str, tuple[bool, bool]] = {
        "<": (hi < 0, lo >= 0),
        "<=": (hi <= 0, lo > 0),
        ">": (lo > 0, hi <= 0),
        ">=": (lo >= 0, hi < 0),
        "==": (lo == hi == 0, lo > 0 or hi < 0),
        "!=": (lo > 0 or hi < 0, lo == hi == 0),
    }
    always, never = verdicts[op]
    return True if always else False if never else None


_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


def _solved(op: str, form: Linear, span: Span | None) -> Expr:
    """``a * term + c op 0`` as ``term op -c / a``, over integers as strictly as types allow."""
    ((term, coefficient),) = form.terms.items()
    op = op if coefficient > 0 else _MIRRORED[op]
    limit = -form.constant / coefficient
    if isinstance(term.type, IntType) or isinstance(term, Index):
        if limit.denominator != 1:
            return _between(op, term, limit, span)
        return _tight(op, term, int(limit), span)
    return Compare(op, term, rational(limit), type=BOOL, span=span)


def _between(op: str, term: Expr, limit: Any, span: Span | None) -> Expr:
    """A bound between two integers; no integer equals it."""
    if op in ("==", "!="):
        return TRUE if op == "!=" else FALSE
    below = limit.numerator // limit.denominator
    if op in ("<", "<="):
        return Compare("<=", term, integer(below), type=BOOL, span=span)
    return Compare(">", term, integer(below), type=BOOL, span=span)


def _tight(op: str, term: Expr, limit: int, span: Span | None) -> Expr:
    """``x >= lo + 1`` reads better as ``x > lo``, and ``x <= hi - 1`` as ``x < hi``."""
    found = bounds(term)
    lo, hi = found.lo, found.hi
    if op == ">=" and limit - 1 == lo:
        op, limit = ">", limit - 1
    elif op == "<=" and limit + 1 == hi:
        op, limit = "<", limit + 1
    return Compare(op, term, integer(limit), type=BOOL, span=span)


def _balanced(op: str, form: Linear, span: Span | None) -> Expr:
    """Positive terms on the left, negative ones on the right."""
    left = Linear(
        {t: c for t, c in form.terms.items() if c > 0}, max(form.constant, form.constant * 0)
    )
    right = left.plus(form, -1)
    return Compare(op, from_linear(left), from_linear(right), type=BOOL, span=span)
