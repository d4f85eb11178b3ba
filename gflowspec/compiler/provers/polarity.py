"""Whether a value can only rise, or only fall, when state variables move one way.

Undoing an action mostly takes something away: an element of a set, a filled slot, an amount. A
condition that nothing can break by taking away (*antitone*: limits of sizes and of sums of
non-negative weights, ``distinct``, ``acyclic``, "no two elements clash") then holds in the parent
because it holds in the child. This is read off the syntax tree.

The order: ``false`` below ``true``, numbers as usual, ``empty`` below every filled slot (contents
do not change), arrays element by element.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gflowspec.compiler.algebra.terms import EMPTY, exact
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.core.types import ArrayType, BoolType, IntType, RealType, SlotType, Type
from gflowspec.ir.expr import (
    Aggregate,
    Binary,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    Generator,
    Index,
    Logic,
    StateVar,
    Unary,
    walk,
)

#: Directions of change: up, down, none, or (None) not known.
Direction = int | None

UP, DOWN, STILL = 1, -1, 0
_SAME = frozenset({"indicator", "floor", "ceil", "round", "min", "max", "filled", "count_filled"})


def trend(expr: Expr, moves: Mapping[str, Direction]) -> Direction:  # noqa: C901, PLR0911 - one case a node
    """How the value of ``expr`` changes at most when variables move.

    Args:
        expr: An expression in canonical form.
        moves: The direction of each variable that moves.

    Returns:
        ``STILL`` if it reads nothing that moves; ``UP`` or ``DOWN`` if it changes in no other
        direction; None where that does not follow from its syntax.
    """
    if not any(isinstance(node, StateVar) and node.name in moves for node in walk(expr)):
        return STILL
    match expr:
        case StateVar(name=name):
            return moves[name] if _is_ordered(expr.type) else None
        case Index(base, indices):
            fixed = all(trend(item, moves) == STILL for item in indices)
            return trend(base, moves) if fixed else None
        case Unary(operand=operand):
            return _flipped(trend(operand, moves))
        case Binary(op, left, right):
            return _arithmetic(op, left, right, moves)
        case Compare():
            return _comparison(expr, moves)
        case Logic(operands=operands):
            return _together(trend(item, moves) for item in operands)
        case Conditional(test, then, otherwise):
            return _conditional(test, then, otherwise, moves)
        case Aggregate():
            return _aggregate(expr, moves)
        case Call(function, arguments) if function in _SAME:
            return _together(trend(item, moves) for item in arguments)
        case Call("acyclic" | "reaches" | "connected", (graph, *ends)):
            fixed = all(trend(end, moves) == STILL for end in ends)
            found = trend(graph, moves) if fixed else None
            return _flipped(found) if expr.function == "acyclic" else found
        case Call("distinct", (argument,)):
            return _flipped(trend(argument, moves)) if _holds_slots(argument) else None
        case _:
            return None


def _is_ordered(of: Type) -> bool:
    inner = of.element if isinstance(of, ArrayType) else of
    return isinstance(inner, BoolType | IntType | RealType | SlotType)


def _flipped(direction: Direction) -> Direction:
    return None if direction is None else -direction


def _together(directions: Iterable[Direction]) -> Direction:
    """The direction of something that rises with each of its parts."""
    found = set(directions) - {STILL}
    if not found:
        return STILL
    return found.pop() if len(found) == 1 else None


def _arithmetic(op: str, left: Expr, right: Expr, moves: Mapping[str, Direction]) -> Direction:
    one, other = trend(left, moves), trend(right, moves)
    if _holds_slots(left) or _holds_slots(right):
        return None  # A slot that is emptied has no value that could have fallen.
    match op:
        case "+":
            return _together((one, other))
        case "-":
            return _together((one, _flipped(other)))
        case "*" if other == STILL:
            return _scaled(one, right)
        case "*" if one == STILL:
            return _scaled(other, left)
        case "/" | "//" if other == STILL:
            found = bounds(right)
            return one if found.lo > 0 else _flipped(one) if found.hi < 0 else None
        case _:
            return None


def _scaled(direction: Direction, factor: Expr) -> Direction:
    found = bounds(factor)
    if found.lo >= 0:
        return direction
    return _flipped(direction) if found.hi <= 0 else None


def _comparison(expr: Compare, moves: Mapping[str, Direction]) -> Direction:
    left, right = trend(expr.left, moves), trend(expr.right, moves)
    numbers = exact(expr.left, expr.right) and not _holds_slots(expr)
    match expr.op:
        case "<" | "<=":
            return _together((_flipped(left), right)) if numbers else None
        case ">" | ">=":
            return _together((left, _flipped(right))) if numbers else None
        case "==" | "!=":
            found = _contents(expr.left, left, expr.right, right)
            return found if expr.op == "==" else _flipped(found)
        case _:
            # A value that is among the slots stays there when more of them are filled; `empty` is
            # among them only as long as one of them is.
            listed = left == STILL and _holds_slots(expr.right) and _is_filled(expr.left)
            found = right if listed else None
            return found if expr.op == "in" else _flipped(found)


def _holds_slots(expr: Expr) -> bool:
    """Whether it is a slot, an array of them, or a comparison of those."""
    if isinstance(expr, Compare):
        return _holds_slots(expr.left) or _holds_slots(expr.right)
    of = expr.type
    return isinstance(of.element if isinstance(of, ArrayType) else of, SlotType)


def _contents(one: Expr, first: Direction, other: Expr, second: Direction) -> Direction:
    """``slot == value``: once true, it stays true; ``slot == empty`` the other way round."""
    if second != STILL:
        one, first, other, second = other, second, one, first
    if second != STILL or not isinstance(one.type, SlotType):
        return None
    if other == EMPTY:
        return _flipped(first)
    return first if _is_filled(other) else None


def _is_filled(expr: Expr) -> bool:
    """Whether it is a value whatever the state, never ``empty``."""
    held = isinstance(expr, Const) and expr.value is not None
    return held or not isinstance(expr.type, SlotType)


def _conditional(
    test: Expr, then: Expr, otherwise: Expr, moves: Mapping[str, Direction]
) -> Direction:
    branches = (trend(then, moves), trend(otherwise, moves))
    chosen = trend(test, moves)
    if chosen == STILL:
        return _together(branches)
    if _holds_slots(then) or _holds_slots(otherwise):
        return None  # Bounds are of what is held, and `empty` is below all of that.
    if bounds(then).lo >= bounds(otherwise).hi:
        return _together((chosen, *branches))
    if bounds(then).hi <= bounds(otherwise).lo:
        return _together((_flipped(chosen), *branches))
    return None


def _aggregate(expr: Aggregate, moves: Mapping[str, Direction]) -> Direction:
    if any(trend(item.domain, moves) != STILL for item in expr.generators):
        return None
    body = trend(expr.body, moves)
    taken = _together(_condition(item, moves) for item in expr.generators)
    match expr.kind:
        case "all":
            return _together((body, _flipped(taken)))
        case "any" | "count":
            return _together((body, taken))
        case "sum" if bounds(expr.body).lo >= 0:
            return _together((body, taken))
        case "sum" if bounds(expr.body).hi <= 0:
            return _together((body, _flipped(taken)))
        case "sum" | "min" | "max" if taken == STILL:
            return body
        case _:
            return None


def _condition(generator: Generator, moves: Mapping[str, Direction]) -> Direction:
    return STILL if generator.condition is None else trend(generator.condition, moves)
