"""GFS130: asserts about `count(states)` and `count(objects)`."""

from __future__ import annotations

from collections.abc import Iterator

from gflowspec.compiler.algebra.rewrite import rewrite
from gflowspec.compiler.algebra.terms import integer
from gflowspec.compiler.obligations.reward_messages import claim_failed, claim_open
from gflowspec.compiler.report import Counts
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import Call, Const, Expr, walk


def check_claims(
    environment: Environment, counts: Counts, where: str, *, remark: bool
) -> Iterator[Diagnostic]:
    """Compares asserts with exact counts.

    Args:
        environment: Whose asserts.
        counts: What is known of it.
        where: ``" at the scope (dim=2)"`` or empty, for the headline.
        remark: Whether to say that an assert could not be checked.
    """
    for claim in environment.claims:
        decided = rewrite(claim.condition, lambda node: _counted(node, counts))
        if not isinstance(decided, Const):
            if remark:
                yield claim_open(claim.span, where)
        elif not decided.value:
            yield claim_failed(claim.span, claim.message, _values(claim.condition, counts), where)


def _counted(node: Expr, counts: Counts) -> Expr | None:
    count = _count(node, counts)
    return None if count is None else integer(count)


def _count(node: Expr, counts: Counts) -> int | None:
    if not isinstance(node, Call) or node.function != "count":
        return None
    (what,) = node.arguments
    name = what.value if isinstance(what, Const) else ""
    return {"states": counts.states, "objects": counts.objects}.get(str(name))


def _values(condition: Expr, counts: Counts) -> list[str]:
    """``count(states) is 24`` for each count that occurs."""
    found = []
    for node in walk(condition):
        count = _count(node, counts)
        if count is not None and isinstance(node, Call) and isinstance(node.arguments[0], Const):
            found.append(f"count({node.arguments[0].value}) is {count}")
    return list(dict.fromkeys(found))
