"""GFS217: text and functions in Python have no tensor form, so masks and steps cannot have them."""

from __future__ import annotations

from collections.abc import Iterator

from gflowspec.compiler.externs.messages import host_only
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.types import StringType
from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import Const, Expr, walk
from gflowspec.ir.extern import ExternCall


def refuse_host_only(environment: Environment) -> Iterator[Diagnostic]:
    """Findings in guards, effects, ends, invariants and the measure."""
    for where, expr in _compiled(environment):
        for node in walk(expr):
            if isinstance(node, ExternCall):
                yield host_only(node.span, f"`{node.function.name}`, a function in Python,", where)
                break
            if isinstance(node.type, StringType) and not isinstance(node, Const):
                yield host_only(node.span, "text that depends on the state", where)
                break


def _compiled(environment: Environment) -> Iterator[tuple[str, Expr]]:
    for action in environment.actions:
        if action.guard is not None:
            yield "a guard", action.guard
        for effect in action.effects:
            for expr in (*effect.indices, effect.value):
                yield "an effect", expr
    if environment.stop is not None and environment.stop.condition is not None:
        yield "the condition of `stop`", environment.stop.condition
    if environment.terminal is not None:
        yield "the condition of `terminal`", environment.terminal
    for invariant in environment.invariants:
        yield "an invariant", invariant
    if environment.measure is not None:
        yield "a `measure`", environment.measure
