"""Static checks on the effects of one action: disjoint writes and amounts that are not 0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from math import prod
from typing import Any

from gflowspec.compiler.algebra.linear import linear
from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.algebra.terms import names_read
from gflowspec.compiler.derive.messages import overlapping, zero_amount
from gflowspec.compiler.derive.writes import Write
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.ir.environment import Action
from gflowspec.ir.expr import Bound, Compare, Const, Expr, StateVar
from gflowspec.semantics.evaluate import bound_key, compile_expr

#: Up to so many combinations of binder values are tried one by one.
CASES = 65_536


def cases(
    action: Action, exprs: Sequence[Expr], guard: Sequence[Expr]
) -> Iterator[dict[str, Any]] | None:
    """All values of the binders in ``exprs`` that the guard allows, as frames.

    Conjuncts that read the state are taken to hold. None if there are too many.
    """
    names = {name for expr in exprs for name in names_read(expr, Bound)}
    closed = [item for item in guard if not names_read(item, StateVar)]
    binders = [item for item in action.binders if item.name in names]
    known = {item.name for item in binders}
    usable = [compile_expr(item) for item in closed if names_read(item, Bound) <= known]
    if prod(len(item.carrier) for item in binders) > CASES:
        return None
    keys = [bound_key(item.name) for item in binders]
    frames = (
        dict(zip(keys, values, strict=True))
        for values in product(*(item.carrier for item in binders))
    )
    return (frame for frame in frames if all(test(frame) for test in usable))


def check_disjoint(
    action: Action, writes: Sequence[Write], guard: Sequence[Expr]
) -> Iterator[Diagnostic]:
    """GFS303 for every pair of effects that are not provably apart."""
    for first, second in combinations(writes, 2):
        if first.variable != second.variable:
            continue
        pairs = list(zip(first.indices, second.indices, strict=True))
        if any(_apart(a, b, guard) for a, b in pairs) or _enumerated_apart(action, pairs, guard):
            continue
        separable = [f"{show(a)} != {show(b)}" for a, b in pairs if a != b]
        yield overlapping(action, first.effect, second.effect, first.variable, separable)


def _apart(left: Expr, right: Expr, guard: Sequence[Expr]) -> bool:
    difference = linear(left).plus(linear(right), -1)
    found = difference.interval()
    if found.lo > 0 or found.hi < 0:
        return True
    for conjunct in guard:
        if isinstance(conjunct, Compare) and conjunct.op in ("!=", "<", ">"):
            separated = linear(conjunct.left).plus(linear(conjunct.right), -1)
            if difference in (separated, separated.scaled(-1)):
                return True
    return False


def _enumerated_apart(
    action: Action, pairs: Sequence[tuple[Expr, Expr]], guard: Sequence[Expr]
) -> bool:
    """Tries all binder values, where the addresses read no state."""
    exprs = [expr for pair in pairs for expr in pair]
    if not exprs or any(names_read(expr, StateVar) for expr in exprs):
        return False
    found = cases(action, exprs, guard)
    if found is None:
        return False
    codes = [(compile_expr(a), compile_expr(b)) for a, b in pairs]
    return all(any(a(frame) != b(frame) for a, b in codes) for frame in found)


def check_amounts(
    action: Action, writes: Sequence[Write], guard: Sequence[Expr]
) -> Iterator[Diagnostic]:
    """GFS304 for every ``+=`` whose amount may be 0."""
    for write in writes:
        if write.amount is None:
            continue
        example = _zero_case(action, write.amount, guard)
        if example is not None:
            yield zero_amount(action, write.effect, example)


def _zero_case(action: Action, amount: Expr, guard: Sequence[Expr]) -> str | None:
    """How the amount becomes 0, in words; None if it cannot."""
    if not bounds(amount).contains(0) or _excluded(amount, guard):
        return None
    if isinstance(amount, Const):
        return "adds nothing"
    found = None if names_read(amount, StateVar) else cases(action, [amount], guard)
    if found is None:
        return f"`{show(amount)}` may be 0"
    code = compile_expr(amount)
    for frame in found:
        if code(frame) == 0:
            shown = ", ".join(f"{name[1:]} = {value}" for name, value in frame.items())
            return f"adds 0 for {shown}"
    return None


def _excluded(amount: Expr, guard: Sequence[Expr]) -> bool:
    """Whether a conjunct of the guard says that the amount is not 0."""
    form = linear(amount)
    for conjunct in guard:
        if isinstance(conjunct, Compare) and conjunct.op in ("!=", "<", ">"):
            separated = linear(conjunct.left).plus(linear(conjunct.right), -1)
            if form in (separated, separated.scaled(-1)):
                return True
    return False
