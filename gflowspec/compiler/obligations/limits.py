"""GFS315: a scope in which a limit can never bind says nothing about that limit."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.algebra.terms import conjuncts
from gflowspec.compiler.derive.size import combinations
from gflowspec.compiler.obligations.collect import states_of_places, states_of_type
from gflowspec.compiler.obligations.ground import Ground
from gflowspec.compiler.obligations.messages import never_binds
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.types import cardinality
from gflowspec.ir.environment import Action
from gflowspec.ir.expr import Expr
from gflowspec.semantics.bindings import Bindings
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import Code, compile_expr
from gflowspec.semantics.machine import machine

#: Evaluations that the search for a state where a limit binds may cost.
BUDGET = 100_000


def check_limits(ground: Ground) -> Iterator[Diagnostic]:
    """Conjuncts of guards and invariants that are true in all states of the scope.

    Guards are looked at in every reachable state, ends included; invariants, which hold there by
    O1, in every state that the types allow.
    """
    for action in ground.environment.actions:
        for conjunct in conjuncts(action.guard):
            if _always(ground, action, conjunct):
                yield never_binds(conjunct.span or action.span, _text(conjunct), ground.detail)
    # As written: in canonical form, what types imply is gone.
    environment = ground.environment
    places = prod(cardinality(item.type) or 0 for item in environment.state)
    for invariants, states, count in (
        (environment.implied, states_of_places, places),
        (environment.invariants, states_of_type, ground.derived.sizes.states_upper),
    ):
        if count > BUDGET:
            continue
        for invariant in conjuncts(*invariants):
            code, compiled = compile_expr(invariant), machine(ground.derived)
            if all(_holds(code, compiled.frame(state)) for state in states(environment)):
                yield never_binds(invariant.span, _text(invariant), ground.detail)


def _always(ground: Ground, action: Action, conjunct: Expr) -> bool:
    code, compiled = compile_expr(conjunct), machine(ground.derived)
    if combinations(action.binders) * len(ground.exploration.states) > BUDGET:
        return False
    bindings = Bindings.of(action.binders, 0).frames
    for state in ground.exploration.states:
        frame = compiled.frame(state)
        for binding in bindings:
            frame.update(binding)
            if not _holds(code, frame):
                return False
    return True


def _holds(code: Code, frame: dict[str, object]) -> bool:
    """Where a conjunct has no value, an earlier one was false: that proves nothing about it."""
    try:
        return bool(code(frame))
    except EvaluationError:
        return True


def _text(expr: Expr) -> str:
    return show(expr) if expr.span is None else expr.span.text
