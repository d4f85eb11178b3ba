"""Lengths of sequences compared with constants: one place tells, as places are filled in order."""

from __future__ import annotations

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
        if isinstance(mine, Call) and _is_length(mine) and isinstance(other, Const):
            return _test(op, mine.arguments[0], other.value)
    return None


def _is_length(expr: Call) -> bool:
    if expr.function != "count_filled":
        return False
    (array,) = expr.arguments
    return isinstance(array, StateVar) and isinstance(array.type, ArrayType) and array.type.prefix


def _test(op: str, sequence: Expr, count: int) -> Expr | None:
    """``len(s) op count`` by the slots on both sides of the end."""
    match op:
        case "<":
            return _ends_before(sequence, count)
        case "<=":
            return _ends_before(sequence, count + 1)
        case ">=":
            return _reaches(sequence, count)
        case ">":
            return _reaches(sequence, count + 1)
        case "==":
            return _both("and", _reaches(sequence, count), _ends_before(sequence, count + 1))
        case _:
            return _both("or", _ends_before(sequence, count), _reaches(sequence, count + 1))


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
