"""Where a reward stops being a number: the innermost expression that does, and how to keep it in.

The arguments of that expression are finite, so its own form says what went wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs

from gflowspec.core.source import Span
from gflowspec.ir.expr import Binary, Bound, Call, Expr, children, walk
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import compile_expr

#: ``exp`` of more is beyond float64.
_LARGEST_EXPONENT = 700
#: What to write instead, by function; ``{}`` is the argument.
_TAMED: Mapping[str, str] = {
    "exp": f"exp(min({{}}, {_LARGEST_EXPONENT}))",
    "log": "log(max({}, 1 / 1_000))",
    "log1p": "log1p(max({}, -999 / 1_000))",
    "sqrt": "sqrt(max({}, 0))",
}


@attrs.frozen
class Overflow:
    """The innermost expression without a finite value.

    Attributes:
        span: Its place.
        shown: ``infinite`` or ``not a number``.
        instead: What keeps it finite; empty if its form does not tell.
    """

    span: Span | None
    shown: str
    instead: str


def overflow(expr: Expr, frame: Mapping[str, Any]) -> Overflow | None:
    """The first expression within ``expr`` that is infinite or no number; None if none is.

    Args:
        expr: An expression that is not finite.
        frame: The state (``semantics.evaluate.frame_of``).
    """
    for child in children(expr):
        found = overflow(child, frame)
        if found is not None:
            return found
    if any(isinstance(node, Bound) for node in walk(expr)):
        return None  # Its value depends on where a generator is.
    try:
        value = compile_expr(expr)(dict(frame))
    except EvaluationError:
        return None
    if not isinstance(value, float) or math.isfinite(value):
        return None
    shown = "not a number" if math.isnan(value) else "infinite"
    return Overflow(expr.span, shown, _instead(expr, undefined=math.isnan(value)))


def _instead(expr: Expr, *, undefined: bool) -> str:
    if isinstance(expr, Call) and expr.function in _TAMED and expr.arguments[0].span is not None:
        return _TAMED[expr.function].format(expr.arguments[0].span.text)
    if isinstance(expr, Binary) and expr.op == "^" and expr.span is not None:
        return _power(expr, expr.span.text, undefined=undefined)
    return ""


def _power(expr: Binary, text: str, *, undefined: bool) -> str:
    """A clipped NaN is one still: it is the base that is kept from being negative."""
    if not undefined:
        return f"clip({text}, 0, 1e300)"
    if expr.left.span is None:
        return ""
    base = expr.left.span.text
    behind = text.partition(base)[2].lstrip(" )")
    return f"max({base}, 0) {behind}"
