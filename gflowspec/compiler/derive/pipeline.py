"""IR environment in, everything that follows from its actions out."""

from __future__ import annotations

from gflowspec.compiler.algebra.rewrite import canonical
from gflowspec.compiler.algebra.terms import FALSE, conjoin, conjuncts, negate
from gflowspec.compiler.derive.codec import codec_of
from gflowspec.compiler.derive.inverse import Inverse, invert
from gflowspec.compiler.derive.masks import Rules, masked
from gflowspec.compiler.derive.rank import find_rank
from gflowspec.compiler.derive.size import sizes_of, too_large
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.ir.derived import Derived
from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import Expr


def derive(environment: Environment) -> tuple[Derived | None, tuple[Diagnostic, ...]]:
    """Inverse actions, both masks, rank, codec and sizes.

    Returns:
        None and at least one error if an action cannot be undone.
    """
    refused = too_large(environment)
    if refused is not None:
        return None, (refused,)
    inverses, problems = inverses_of(environment)
    if problems:
        return None, problems
    rules = rules_of(environment)
    actions = tuple(masked(inverse, rules) for inverse in inverses)
    rank = find_rank(environment, inverses, rules)
    codec = codec_of(environment)
    return Derived(
        environment=environment,
        actions=actions,
        terminal=rules.terminal,
        stop_mask=_stop_mask(environment, rules),
        rank=rank.measure,
        codec=codec,
        sizes=sizes_of(environment, actions, rank.horizon),
    ), ()


def inverses_of(
    environment: Environment,
) -> tuple[tuple[Inverse, ...], tuple[Diagnostic, ...]]:
    """The inverse of every action, or all that stands in the way."""
    found: list[Inverse] = []
    problems: list[Diagnostic] = []
    for action in environment.actions:
        inverse, diagnostics = invert(environment, action)
        problems.extend(diagnostics)
        if inverse is not None:
            found.append(inverse)
    return tuple(found), tuple(problems)


def rules_of(environment: Environment) -> Rules:
    """Terminal condition and invariants in canonical form."""
    terminal = FALSE if environment.terminal is None else canonical(environment.terminal)
    return Rules(
        terminal=terminal,
        invariants=conjuncts(
            *(canonical(item) for item in (*environment.implied, *environment.invariants))
        ),
    )


def _stop_mask(environment: Environment, rules: Rules) -> Expr | None:
    """`stop` is never offered where entering the state has ended the trajectory already."""
    if environment.stop is None:
        return None
    condition = environment.stop.condition
    wanted = None if condition is None else canonical(condition)
    return conjoin(wanted, negate(rules.terminal))
