"""Smart constructors: they fold constants and return the simplest form they can see locally.

Types of what they build are canonical (an arithmetic node is `int` or `real` without bounds, an
element has the type its array declares), so that equal terms are equal as values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gflowspec.compiler.algebra.linear import Linear, linear
from gflowspec.core.source import Span
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    IntType,
    ListType,
    RealType,
    SeqType,
    SlotType,
    Type,
)
from gflowspec.ir.expr import (
    Binary,
    Bound,
    Compare,
    Const,
    Expr,
    Logic,
    StateVar,
    Unary,
    children,
    names_in,
)
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import evaluate

BOOL = BoolType()
INT = IntType()
TRUE = Const(True, type=BOOL)
FALSE = Const(False, type=BOOL)
EMPTY = Const(None, type=SlotType(INT))

ORDER = frozenset(["<", "<=", ">", ">="])

_OPPOSITE = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "in": "not_in",
    "not_in": "in",
}


def integer(value: int) -> Const:
    """An integer constant."""
    return Const(value, type=INT)


def constant(value: Any, of: Type, span: Span | None = None) -> Const:
    """A constant; booleans and integers get their canonical type."""
    if isinstance(value, bool):
        return Const(value, type=BOOL, span=span)
    if isinstance(value, int) and isinstance(of, IntType):
        return Const(value, type=INT, span=span)
    if value is None:
        return Const(None, type=EMPTY.type, span=span)
    return Const(value, type=of, span=span)


def element_type(container: Type) -> Type:
    """The type of one element."""
    if isinstance(container, ArrayType | ListType | SeqType):
        return container.element
    return INT


def fold(expr: Expr) -> Expr:
    """The constant that a closed node over constants has; itself if it has no value."""
    try:
        return constant(evaluate(expr), expr.type, expr.span)
    except (EvaluationError, KeyError):
        return expr


def conjuncts(*exprs: Expr | None) -> tuple[Expr, ...]:
    """The operands of nested ``and``, without ``true`` and repetitions, in order."""
    found: dict[Expr, None] = {}  # equal expressions may have different places: the first stays
    for expr in exprs:
        if expr is None or expr == TRUE:
            continue
        nested = isinstance(expr, Logic) and expr.op == "and"
        for part in conjuncts(*children(expr)) if nested else (expr,):
            found.setdefault(part)
    return tuple(found)


def conjoin(*exprs: Expr | None, span: Span | None = None) -> Expr:
    """``and``."""
    parts = conjuncts(*exprs)
    parts = _absorbed(parts, "or")
    if FALSE in parts:
        return FALSE
    if not parts:
        return TRUE
    return parts[0] if len(parts) == 1 else Logic("and", parts, type=BOOL, span=span)


def disjoin(*exprs: Expr, span: Span | None = None) -> Expr:
    """``or``."""
    found: dict[Expr, None] = {}
    for expr in exprs:
        for part in expr.operands if isinstance(expr, Logic) and expr.op == "or" else (expr,):
            if part != FALSE:
                found.setdefault(part)
    kept = _absorbed(tuple(found), "and")
    if TRUE in kept:
        return TRUE
    if not kept:
        return FALSE
    return kept[0] if len(kept) == 1 else Logic("or", kept, type=BOOL, span=span)


def _absorbed(parts: Sequence[Expr], inner: str) -> tuple[Expr, ...]:
    """Operands without what those before them decide: ``a or not a and b`` is ``a or b``.

    Only operands further left are used: what stands further right may rely on them.

    Args:
        parts: Operands of ``or`` if ``inner`` is ``and``, and the other way round.
        inner: The operator that is looked into.
    """
    if not any(isinstance(part, Logic) and part.op == inner for part in parts):
        return tuple(parts)
    join = conjoin if inner == "and" else disjoin
    found: list[Expr] = []
    opposite: list[Expr] = []
    pending = list(parts)
    while pending:
        part = pending.pop(0)
        if isinstance(part, Logic) and part.op == inner:
            if any(item in found for item in part.operands):
                continue
            rest = [item for item in part.operands if item not in opposite]
            if len(rest) < len(part.operands):
                part = join(*rest, span=part.span)
        if isinstance(part, Logic) and part.op != inner:
            pending[:0] = part.operands
        elif part not in found:
            found.append(part)
            opposite.append(negate(part))
    return tuple(found)


def negate(expr: Expr) -> Expr:
    """``not``, pushed into comparisons whose opposite is a comparison.

    Order comparisons of inexact numbers are left alone: a NaN is neither below nor above.
    """
    match expr:
        case Const(value=value):
            return FALSE if value else TRUE
        case Unary("not", operand):
            return operand
        case Compare(op, left, right) if op not in ORDER or exact(left, right):
            return Compare(_OPPOSITE[op], left, right, type=BOOL, span=expr.span)
        case _:
            return Unary("not", expr, type=BOOL, span=expr.span)


def exact(*exprs: Expr) -> bool:
    """Whether all are of an exact type."""
    return all(not isinstance(expr.type, RealType) or expr.type.exact for expr in exprs)


def arithmetic(op: str, left: Expr, right: Expr, span: Span | None = None) -> Expr:
    """``+ - * / // % ^``."""
    kind = number_type(op, left.type, right.type)
    if isinstance(left, Const) and isinstance(right, Const):
        return fold(Binary(op, left, right, type=kind, span=span))
    if (op in "+-" and _is_number(right, 0)) or (op in ("*", "/", "//") and _is_number(right, 1)):
        return left
    if (op == "+" and _is_number(left, 0)) or (op == "*" and _is_number(left, 1)):
        return right
    if op in "+-":
        return _collected(Binary(op, left, right, type=kind, span=span))
    return Binary(op, left, right, type=kind, span=span)


def _is_number(expr: Expr, value: int) -> bool:
    return isinstance(expr, Const) and expr.value is not None and expr.value == value


def number_type(op: str, left: Type, right: Type) -> Type:
    """The canonical type of an arithmetic node."""
    if isinstance(left, RealType) or isinstance(right, RealType):
        exact = all(not isinstance(item, RealType) or item.exact for item in (left, right))
        return RealType(exact=exact)
    return RealType() if op == "/" else INT


def _collected(expr: Binary) -> Expr:
    """A sum in which equal terms met: ``x - 1 + 1`` is ``x``; otherwise as it was written."""
    form = linear(expr)
    return from_linear(form, expr.span) if len(form.terms) < _leaves(expr) else expr


def _leaves(expr: Expr) -> int:
    """Summands of nested ``+`` and ``-``; a constant beside one other counts as none."""
    if isinstance(expr, Binary) and expr.op in "+-":
        count = _leaves(expr.left) + _leaves(expr.right)
        both = isinstance(expr.left, Binary) or isinstance(expr.right, Binary)
        has_constant = isinstance(expr.left, Const) or isinstance(expr.right, Const)
        return count if not (has_constant and not both) else count - 1
    return 1


def from_linear(form: Linear, span: Span | None = None) -> Expr:
    """An expression with that normal form."""
    result: Expr | None = None
    for term, coefficient in form.terms.items():
        size = abs(coefficient)
        factor = term if size == 1 else _times(size, term)
        if result is None:
            result = factor if coefficient > 0 else _minus(factor)
        else:
            op = "+" if coefficient > 0 else "-"
            kind = number_type(op, result.type, factor.type)
            result = Binary(op, result, factor, type=kind, span=span)
    if result is None:
        return rational(form.constant)
    if form.constant == 0:
        return result
    op = "+" if form.constant > 0 else "-"
    right = rational(abs(form.constant))
    return Binary(op, result, right, type=number_type(op, result.type, right.type), span=span)


def _times(size: Any, term: Expr) -> Expr:
    factor = rational(size)
    return Binary("*", factor, term, type=number_type("*", factor.type, term.type))


def _minus(expr: Expr) -> Expr:
    return Unary("-", expr, type=expr.type)


def rational(value: Any) -> Const:
    """A constant number, an integer if it is one."""
    if value == int(value):
        return integer(int(value))
    return Const(value, type=RealType())


def names_read(expr: Expr, kind: type[StateVar | Bound]) -> frozenset[str]:
    """State variables, or bound names, that occur in an expression."""
    found = names_in(expr)
    return found.state if kind is StateVar else found.bound


def any_name(exprs: Iterable[Expr], kind: type[StateVar | Bound]) -> frozenset[str]:
    """The same for several expressions."""
    return frozenset(name for expr in exprs for name in names_read(expr, kind))
