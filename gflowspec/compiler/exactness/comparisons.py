"""Conditions of an environment and its rewards that rounding may decide (GFS128)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gflowspec.compiler.exactness.held import DIVIDES
from gflowspec.compiler.exactness.lanes import Lanes
from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.source import Span
from gflowspec.ir.environment import Binder, Environment
from gflowspec.ir.expr import Expr
from gflowspec.ir.reward import Reward


def check_comparisons(
    environment: Environment, rewards: Sequence[Reward], table_limit: int
) -> tuple[Diagnostic, ...]:
    """A warning for each comparison of a guard, invariant, ``stop``, ``terminal`` or ``mode``.

    Args:
        environment: The full instance.
        rewards: Rewards over it.
        table_limit: Entries that a table may have.
    """
    lanes = Lanes(environment, table_limit)
    return tuple(
        float_comparison(found.span, where, found.cause)
        for where, condition, binders in _conditions(environment, rewards)
        for found in lanes.comparisons(condition, binders)
    )


def _conditions(
    environment: Environment, rewards: Sequence[Reward]
) -> Iterator[tuple[str, Expr, tuple[Binder, ...]]]:
    for action in environment.actions:
        if action.guard is not None:
            yield f"the guard of action `{action.name}`", action.guard, action.binders
    for invariant in environment.invariants:
        yield "an invariant", invariant, ()
    if environment.stop is not None and environment.stop.condition is not None:
        yield "the condition of `stop`", environment.stop.condition, ()
    if environment.terminal is not None:
        yield "the condition of `terminal`", environment.terminal, ()
    for reward in rewards:
        if reward.mode is not None:
            yield f"`mode when` of reward `{reward.name}`", reward.mode, ()


def float_comparison(span: Span | None, where: str, cause: str) -> Diagnostic:
    """GFS128: ``where`` names the condition; ``cause`` is why a side is not exact."""
    advice = "compare integers or fractions, or values of a single component of the state"
    if cause == DIVIDES:
        advice = "multiply both sides by the divisor, if it is positive: integers stay exact"
    return Diagnostic(
        "GFS128",
        Severity.WARNING,
        f"{where} compares numbers that are not exact, so rounding may decide it",
        None if span is None else Label(span, cause),
        helps=(advice,),
    )
