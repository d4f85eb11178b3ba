"""What is known where an expression stands: filled slots, narrower ranges, values not zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from gflowspec.compiler.elaborate.differences import Difference, Key, difference
from gflowspec.compiler.elaborate.intervals import Interval, add, negate, of_type
from gflowspec.core.frozen import Frozen
from gflowspec.core.types import ArrayType, IntType, SlotType, Type
from gflowspec.ir.expr import (
    Aggregate,
    Binary,
    Call,
    Compare,
    Const,
    Expr,
    Generator,
    Index,
    Logic,
    Unary,
    walk,
)

_MINUS_ONE = Const(type=IntType(-1, -1), value=-1)
_NEGATED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def key(expr: Expr) -> Key:
    """The structure of an expression without types and places: equal keys, equal values."""
    if isinstance(expr, Const):
        return ("Const", type(expr.value).__name__, expr.value)
    fields = [f.name for f in attrs.fields(type(expr)) if f.name not in ("type", "span")]
    return (type(expr).__name__, *(_part(getattr(expr, name)) for name in fields))


def _part(value: Any) -> Any:
    if isinstance(value, Expr):
        return key(value)
    if isinstance(value, tuple):
        return tuple(_part(item) for item in value)
    if isinstance(value, Generator):
        condition = None if value.condition is None else key(value.condition)
        return (value.variable, key(value.domain), condition)
    return value


@attrs.frozen(eq=False, repr=False)
class Facts(Frozen):
    """Knowledge that holds in one place of the text.

    Attributes:
        filled: Slots, and arrays of slots, that are filled.
        ranges: Intervals of integer expressions that are narrower than their types.
        nonzero: Expressions that are not 0.
        at_most: Forms over lengths of sequences that are at most 0.
    """

    filled: frozenset[Key] = frozenset()
    ranges: Mapping[Key, Interval] = attrs.field(factory=dict)
    nonzero: frozenset[Key] = frozenset()
    at_most: tuple[Difference, ...] = ()

    def interval(self, expr: Expr) -> Interval:
        """All values that a number can have here."""
        found = of_type(expr.type)
        if not self.ranges:
            return found
        narrower = self.ranges.get(key(expr))
        return found if narrower is None else found.meet(narrower)

    def is_filled(self, expr: Expr) -> bool:
        """Whether a slot, or every slot of an array, is known to be filled."""
        if not self.filled:
            return False
        if key(expr) in self.filled:
            return True
        return isinstance(expr, Index) and key(expr.base) in self.filled

    def is_below(self, left: Expr, right: Expr) -> bool:
        """Whether an integer is known to be less than another one."""
        wanted = _less(left, right)
        forms = (wanted, *(wanted.plus(known, -1) for known in self.at_most))
        highest = (form.interval(self.interval).hi for form in forms)
        return any(hi is not None and hi <= 0 for hi in highest)

    def is_natural(self, expr: Expr) -> bool:
        """Whether an integer is known to be at least 0."""
        low = self.interval(expr).lo
        return (low is not None and low >= 0) or self.is_below(_MINUS_ONE, expr)

    def is_nonzero(self, expr: Expr) -> bool:
        """Whether a number is known not to be 0."""
        interval = self.interval(expr)
        return not interval.contains(0) or key(expr) in self.nonzero

    def given(self, condition: Expr | None) -> Facts:
        """What is known where ``condition`` holds too."""
        return self if condition is None else self.assume(condition, truth=True)

    def unless(self, condition: Expr) -> Facts:
        """What is known where ``condition`` does not hold."""
        return self.assume(condition, truth=False)

    def assume(self, condition: Expr, *, truth: bool) -> Facts:
        """What is known where ``condition`` has the value ``truth``."""
        match condition:
            case Unary(op="not"):
                return self.assume(condition.operand, truth=not truth)
            case Logic():
                return self._logic(condition, truth=truth)
            case Compare() if condition.op in _NEGATED:
                op = condition.op if truth else _NEGATED[condition.op]
                return self._compare(op, condition.left, condition.right)
            case Call(function="filled") if truth:
                return self._fill(condition.arguments)
            case Aggregate(kind="all") if truth:
                return self._everywhere(condition)
            case _:
                return self

    def _logic(self, condition: Logic, *, truth: bool) -> Facts:
        if (condition.op == "and") is not truth:
            return self
        found = self
        for operand in condition.operands:
            found = found.assume(operand, truth=truth)
        return found

    def _fill(self, slots: Iterable[Expr]) -> Facts:
        return attrs.evolve(self, filled=self.filled | {key(slot) for slot in slots})

    def _everywhere(self, condition: Aggregate) -> Facts:
        """``all(w[p] != empty for p in index(w))`` fills w."""
        if len(condition.generators) != 1:
            return self
        generator = condition.generators[0]
        inside = Facts().given(condition.body)
        variable = ("Bound", generator.variable)
        found = self
        for place in inside.filled:
            if place[0] == "Index" and place[2] == (variable,) and generator.condition is None:
                base = place[1]
                if _covers(generator, condition.body, base):
                    found = attrs.evolve(found, filled=found.filled | {base})
        return found

    def _compare(self, op: str, left: Expr, right: Expr) -> Facts:
        found = self._slots(op, left, right)._slots(_MIRRORED[op], right, left)
        if isinstance(left.type, IntType) and isinstance(right.type, IntType):
            found = found._narrow(op, left, self.interval(right))
            found = found._narrow(_MIRRORED[op], right, self.interval(left))
            found = found._relate(op, left, right)
        if op == "!=" and isinstance(right, Const) and right.value == 0:
            found = attrs.evolve(found, nonzero=found.nonzero | {key(left)})
        return found

    def _slots(self, op: str, left: Expr, right: Expr) -> Facts:
        if isinstance(left.type, SlotType):
            unequal = op == "!=" and isinstance(right, Const) and right.value is None
            if unequal or (op == "==" and _never_empty(right)):
                return self._fill([left])
        if isinstance(left, Call) and left.function == "count_filled":
            slots = left.arguments[0]
            size = slots.type.size if isinstance(slots.type, ArrayType) else 1
            low = self.interval(right).lo
            if op in ("==", ">=") and low is not None and low >= size:
                return self._fill([slots])
        return self

    def _narrow(self, op: str, expr: Expr, other: Interval) -> Facts:
        """``expr op other`` for integers."""
        if isinstance(expr, Const):
            return self
        limit = _limit(op, other, self.interval(expr))
        if limit is None:
            return self
        found = self._range(expr, limit)
        if isinstance(expr, Binary) and expr.op in "+-" and isinstance(expr.right, Const):
            shift = Interval(expr.right.value, expr.right.value)
            inner = add(limit, negate(shift) if expr.op == "+" else shift)
            found = found._range(expr.left, inner)
        return found

    def _relate(self, op: str, left: Expr, right: Expr) -> Facts:
        """Keep ``left op right`` where it relates the length of a sequence to something else."""
        if op in (">", ">="):
            op, left, right = _MIRRORED[op], right, left
        form = _less(left, right)
        if op not in ("<", "<=", "==") or not form.has_length:
            return self
        if op != "<":
            form = attrs.evolve(form, constant=form.constant - 1)
        other = (form, Difference({}, 0).plus(form, -1)) if op == "==" else (form,)
        return attrs.evolve(self, at_most=(*self.at_most, *other))

    def _range(self, expr: Expr, limit: Interval) -> Facts:
        place = key(expr)
        known = self.ranges.get(place)
        limit = limit if known is None else limit.meet(known)
        return attrs.evolve(self, ranges={**self.ranges, place: limit})


def _less(left: Expr, right: Expr) -> Difference:
    """A form that is at most 0 exactly if ``left < right``."""
    form = difference(left, key).plus(difference(right, key), -1)
    return attrs.evolve(form, constant=form.constant + 1)


def _limit(op: str, other: Interval, own: Interval) -> Interval | None:
    match op:
        case "==":
            return Interval(other.lo, other.hi)
        case "<" if other.hi is not None:
            return Interval(None, other.hi - 1)
        case "<=" if other.hi is not None:
            return Interval(None, other.hi)
        case ">" if other.lo is not None:
            return Interval(other.lo + 1, None)
        case ">=" if other.lo is not None:
            return Interval(other.lo, None)
        case "!=" if other.lo is not None and other.lo == other.hi == own.lo:
            return Interval(other.lo + 1, None)
        case "!=" if other.hi is not None and other.lo == other.hi == own.hi:
            return Interval(None, other.hi - 1)
        case _:
            return None


def _never_empty(expr: Expr) -> bool:
    return not isinstance(expr.type, SlotType)


def _covers(generator: Generator, body: Expr, base: Key) -> bool:
    """Whether the generator runs over all indices of the array whose key is ``base``."""
    for node in walk(body):
        if isinstance(node, Index) and key(node.base) == base:
            shape: Type = node.base.type
            if isinstance(shape, ArrayType) and len(shape.shape) == 1:
                return isinstance(generator.domain, Const) and set(generator.carrier) >= set(
                    range(shape.shape[0])
                )
    return False
