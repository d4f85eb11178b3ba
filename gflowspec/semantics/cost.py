"""What visiting states costs, in evaluated nodes: the same number on every machine."""

from __future__ import annotations

from math import prod

from gflowspec.ir.derived import Derived
from gflowspec.ir.expr import Aggregate, Expr, children

#: Elements of a state that are copied in the time of one evaluated node.
COPIED = 32


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


def work_of_state(derived: Derived) -> int:
    """Nodes that are evaluated to find all children and all parents of one state."""
    total = len(derived.codec.fields) + weight(derived.terminal)
    total += sum(weight(item) for item in derived.environment.invariants)
    for action in derived.actions:
        forward = prod(len(binder.carrier) for binder in action.action.binders)
        backward = prod(len(binder.carrier) for binder in action.addresses)
        total += forward * weight(action.forward_mask) + backward * weight(action.backward_mask)
    return total


def work_of_edge(derived: Derived) -> int:
    """What making a child costs: arrays are copied."""
    return 1 + len(derived.codec.fields) // COPIED
