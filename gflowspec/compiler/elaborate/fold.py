"""Constant folding: closed expressions are evaluated by the reference interpreter."""

from __future__ import annotations

from math import prod

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.session import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_SIZE,
    MAX_STEPS,
    Context,
    is_error,
)
from gflowspec.compiler.elaborate.types import as_static, too_large, type_of_value
from gflowspec.core.types import RealType
from gflowspec.ir.expr import Aggregate, Binary, Const, Expr, Range, walk
from gflowspec.lang.literals import MAX_BITS
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import evaluate


def fold(expr: Expr, context: Context) -> Expr:
    """The constant that a closed expression is; other expressions come back as they are.

    Reports what has no value (GFS124, GFS125, ...) and what passes a limit (GFS131).
    """
    if is_error(expr) or isinstance(expr, Const):
        return expr
    measure = context.session.measure(expr)
    if measure.depth > MAX_DEPTH:
        message = f"the expression is nested deeper than {MAX_DEPTH} when lets are expanded"
        return context.report(messages.too_costly(expr.span, message))
    if measure.size > MAX_SIZE:
        message = f"the expression has more than {MAX_SIZE:,} parts when lets are expanded"
        return context.report(messages.too_costly(expr.span, message))
    if measure.free:
        return expr
    if not _affordable(expr, measure.cost, context):
        return context.report(messages.too_costly(expr.span, _COST))
    try:
        value = as_static(evaluate(expr), expr.type)
    except EvaluationError as error:
        span = error.span or expr.span
        return context.report(messages.without_value(error.code, error.message, span))
    if too_large(value):
        message = f"the constant has more than {MAX_BITS} bits"
        return context.report(messages.too_costly(expr.span, message))
    return Const(type=type_of_value(value, expr.type), value=value, span=expr.span)


_COST = f"constant evaluation takes more than {MAX_STEPS:,} steps"


def _affordable(expr: Expr, cost: int, context: Context) -> bool:
    """Count the cost of an evaluation; False if it passes the limit of the file."""
    if isinstance(expr, Range) and isinstance(expr.lower, Const) and isinstance(expr.upper, Const):
        cost = max(0, expr.upper.value - expr.lower.value + 1)
        if cost > MAX_ELEMENTS:
            return False
    if isinstance(expr, Aggregate):
        cost += _growth(expr)
    if context.session.steps + cost > MAX_STEPS:
        return False
    context.session.steps += cost
    return True


def _growth(expr: Aggregate) -> int:
    """What adding many rationals with different denominators costs: their sizes add up."""
    if expr.kind not in ("sum", "prod") or not isinstance(expr.type, RealType):
        return 0
    varied = any(
        isinstance(node, Binary) and node.op in "/^" and not isinstance(node.right, Const)
        for node in walk(expr.body)
    )
    count = prod(len(generator.carrier) for generator in expr.generators)
    return count * count // 100 if varied else 0
