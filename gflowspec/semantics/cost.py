"""What evaluating an expression costs, in nodes: the same number on every machine."""

from __future__ import annotations

from math import prod

from gflowspec.ir.expr import Aggregate, Expr, children


def weight(expr: Expr) -> int:
    """Nodes that one evaluation visits at most; the body of an aggregation counts as often as run.

    >>> from gflowspec.core.types import IntType
    >>> from gflowspec.ir.expr import Const
    >>> weight(Const(1, type=IntType(1, 1)))
    1
    """
    inner = sum(weight(child) for child in children(expr))
    if isinstance(expr, Aggregate):
        inner *= prod(len(generator.carrier) for generator in expr.generators)
    return 1 + inner
