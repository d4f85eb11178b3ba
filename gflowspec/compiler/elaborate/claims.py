"""``assert``: folded where possible; what counts states is kept as a claim."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.operators import condition
from gflowspec.compiler.elaborate.session import Context, Value, is_error
from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.ir.environment import Claim
from gflowspec.ir.expr import Call, Const, Expr, StateVar, walk
from gflowspec.lang import ast
from gflowspec.lang.scopes import child_nodes


def claims(
    members: Iterable[ast.Member],
    context: Context,
    notes: Iterable[str] = (),
    severity: Severity = Severity.ERROR,
) -> tuple[tuple[Claim, ...], bool]:
    """Fold the asserts of a declaration; ``context.counts`` says whether they may count states.

    Args:
        members: The declaration.
        context: Its names.
        notes: What to add to a failed assert.
        severity: How much a failed assert matters.

    Returns:
        The claims about counts, which enumeration decides, and whether all other asserts hold.
    """
    found: list[Claim] = []
    hold = True
    for member in members:
        if not isinstance(member, ast.Assert):
            continue
        test = condition(member.condition, context)
        message = member.message.value if member.message is not None else ""
        if is_error(test):
            continue
        if isinstance(test, Const):
            if not test.value:
                hold = False
                failed = _failed(member, message, context, notes)
                context.report(attrs.evolve(failed, severity=severity))
        elif _counts(test):
            found.append(Claim(condition=test, message=message, span=member.span))
        else:
            context.report(messages.not_constant(member.condition.span, "an `assert`"))
    return tuple(found), hold


def _counts(test: Expr) -> bool:
    """Whether a condition is over constants and counts only."""
    return any(isinstance(n, Call) and n.function == "count" for n in walk(test)) and not any(
        isinstance(n, StateVar) for n in walk(test)
    )


def _failed(member: ast.Assert, message: str, context: Context, notes: Iterable[str]) -> Diagnostic:
    values = {}
    for node in _variables(member.condition):
        local = context.names.get(node.name)
        if isinstance(local, Value) and isinstance(local.expr, Const):
            values[node.name] = local.expr.value
    sides = _sides(member.condition, context)
    return messages.assert_failed(member.condition.span, message, values, (*sides, *notes))


def _variables(node: ast.Node) -> Iterable[ast.Var]:
    if isinstance(node, ast.Var):
        yield node
    for child in child_nodes(node):
        yield from _variables(child)


def _sides(node: ast.Expr, context: Context) -> tuple[str, ...]:
    """What the operands of a comparison are, where they are more than names and numbers."""
    if not isinstance(node, ast.Comparison):
        return ()
    shown = []
    for operand in node.operands:
        value = context.of(operand)
        if isinstance(value, Const) and not isinstance(operand, ast.Var | ast.Number | ast.String):
            shown.append(f"`{operand.span.text}` is {messages.show_value(value.value, value.type)}")
    return tuple(shown)
