"""Lengths of sequences compared with constants: one place tells, as places are filled in order."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import TypeGuard

from gflowspec.core.types import ArrayType, BoolType, IntType, SlotType
from gflowspec.ir.expr import Call, Compare, Const, Expr, Index, Logic, StateVar

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


def test_of_place(expr: Expr) -> Expr | None:
    """``len(s) < 5`` as ``s[4] == empty``, and so on; None for any other expression."""
    if not isinstance(expr, Compare) or expr.op not in _MIRRORED:
        return None
    for op, mine, other in (
        (expr.op, expr.left, expr.right),
        (_MIRRORED[expr.op], expr.right, expr.left),
    ):
        if isinstance(mine, Call) and _is_length(mine) and _is_exact(other):
            return _test(op, mine.arguments[0], other.value)
    return None


def _is_exact(expr: Expr) -> TypeGuard[Const]:
    return isinstance(expr, Const) and isinstance(expr.value, int | Fraction)


def _is_length(expr: Call) -> bool:
    if expr.function != "count_filled":
        return False
    (array,) = expr.arguments
    return isinstance(array, StateVar) and isinstance(array.type, ArrayType) and array.type.prefix


def _test(op: str, sequence: Expr, bound: int | Fraction) -> Expr | None:
    """``len(s) op bound`` by the slots on both sides of the end; the bound may be a fraction."""
    least, above = ceil(bound), floor(bound) + 1
    match op:
        case "<":
            return _ends_before(sequence, least)
        case "<=":
            return _ends_before(sequence, above)
        case ">=":
            return _reaches(sequence, least)
        case ">":
            return _reaches(sequence, above)
        case "==" if least < above:
            return _both("and", _reaches(sequence, least), _ends_before(sequence, above))
        case "!=" if least < above:
            return _both("or", _ends_before(sequence, least), _reaches(sequence, above))
        case _:
            return Const(type=BoolType(), value=op == "!=")


def _reaches(sequence: Expr, count: int) -> Expr:
    """Whether there are so many elements."""
    return _compared("!=", sequence, count)


def _ends_before(sequence: Expr, count: int) -> Expr:
    """Whether there are fewer elements."""
    return _compared("==", sequence, count)


def _compared(op: str, sequence: Expr, count: int) -> Expr:
    of = sequence.type
    assert isinstance(of, ArrayType)
    assert isinstance(of.element, SlotType)
    if not 0 < count <= of.size:
        return Const(type=BoolType(), value=(count <= 0) == (op == "!="))
    place = Const(type=IntType(), value=count - 1)
    slot = Index(type=of.element, base=sequence, indices=(place,))
    return Compare(type=BoolType(), op=op, left=slot, right=Const(type=of.element, value=None))


def _both(op: str, left: Expr, right: Expr) -> Expr:
    """A conjunction or disjunction, without an operand that decides nothing."""
    kept = [item for item in (left, right) if not _is_neutral(item, op)]
    if len(kept) < 2:
        return kept[0] if kept else left
    return Logic(type=BoolType(), op=op, operands=(left, right))


def _is_neutral(item: Expr, op: str) -> bool:
    return isinstance(item, Const) and item.value is (op == "and")
