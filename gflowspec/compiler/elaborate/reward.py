"""Rewards: a declaration, its parameters and an environment become IR."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import attrs

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.claims import claims
from gflowspec.compiler.elaborate.environment import (
    Frame,
    macros,
    named_values,
    terminal_context,
)
from gflowspec.compiler.elaborate.operators import condition, number
from gflowspec.compiler.elaborate.parameters import as_names, plain
from gflowspec.compiler.elaborate.session import (
    Context,
    Local,
    Value,
    any_error,
    is_error,
)
from gflowspec.compiler.elaborate.types import check_range
from gflowspec.compiler.externs.messages import needs_floor
from gflowspec.core.diagnostics import Severity
from gflowspec.core.types import ArrayType, BoolType, IntType, ListType, RealType
from gflowspec.ir.expr import Const, Expr, Unknown
from gflowspec.ir.extern import externs_of
from gflowspec.ir.reward import Reward
from gflowspec.lang import ast


def reward(
    node: ast.Reward,
    module: str,
    values: Mapping[str, Expr],
    frame: Frame,
    severity: Severity = Severity.ERROR,
) -> Reward | None:
    """A reward over the environment of ``frame``; None if something was reported.

    Args:
        node: The declaration.
        module: Its file.
        values: Values of its parameters.
        frame: The environment under its parameters.
        severity: How much it matters if an assert refuses the environment.
    """
    session = frame.context.session
    before, reported, missing = session.errors, session.reported, len(session.unknown)
    context = _context(node, module, values, frame)
    place = attrs.evolve(context, facts=frame.context.facts)
    skipped = f"reward `{node.name.text}` is not checked at these parameters"
    notes = () if severity is Severity.ERROR else (skipped,)
    _, hold = claims(node.members, place, notes, severity)
    if not hold:
        return None
    value = _number_of(node, "R", context)
    log_value = _number_of(node, "logR", context)
    beta = _constant(node, "beta", RealType(Fraction(0), lo_open=True), context)
    floor = _constant(node, "floor", RealType(Fraction(0), lo_open=True), context)
    own = {"R": value} if value is not None else {"logR": log_value}
    known: dict[str, Local] = {name: Value(e) for name, e in own.items() if e is not None}
    mode = _mode(node, context.binding(known))
    lets = {
        name: expr
        for name, expr in named_values(node.members, context).items()
        if isinstance(expr.type, BoolType | IntType | RealType) or _is_array(expr)
    }
    made = Reward(
        name=node.name.text,
        parameters=plain(values),
        value=value,
        log_value=log_value,
        beta=Fraction(1) if beta is None else beta,
        floor=floor,
        mode=mode,
        lets=lets,
        doc=node.doc,
        span=node.name.span,
    )
    for function in externs_of((value, log_value, mode)):
        if function.rejects and floor is None:
            context.report(needs_floor(node.name.span, function.name, node.name.text))
    if session.unknown[missing:] and session.reported == reported:
        return _unknown(made, node, tuple(dict.fromkeys(session.unknown[missing:])))
    failed = session.errors > before or any_error(values.values())
    return None if failed or (value is None) == (log_value is None) else made


def _is_array(let: Expr) -> bool:
    """Whether it is a constant array or list, whose rows a test set may show."""
    return isinstance(let, Const) and isinstance(let.type, ArrayType | ListType)


def _unknown(made: Reward, node: ast.Reward, tables: tuple[str, ...]) -> Reward:
    """The reward where data files are missing: sound as far as one can see, and without a value.

    That it declares modes and lets is known all the same.
    """
    value = Unknown(type=RealType(exact=False), tables=tables, span=made.span)
    condition = Unknown(type=BoolType(), tables=tables, span=made.span)
    modes = any(isinstance(member, ast.Mode) for member in node.members)
    lets = {
        member.name.text: condition
        for member in node.members
        if isinstance(member, ast.Let) and member.arguments is None
    }
    mode = condition if modes else None
    return attrs.evolve(made, value=value, log_value=None, mode=mode, lets=lets)


def _context(node: ast.Reward, module: str, values: Mapping[str, Expr], frame: Frame) -> Context:
    """Names of the reward, then of the environment, then of the reward's file."""
    names: dict[str, Local] = {**frame.context.names}
    own: dict[str, Local] = {**as_names(values)}
    lets = macros(node.members, module, names)
    own.update({name: let for name, let in lets.items() if name not in own})
    names.update(own)
    return attrs.evolve(terminal_context(frame), module=module, names=names)


def _find(node: ast.Reward, key: str) -> ast.RewardValue | None:
    return next((m for m in node.members if isinstance(m, ast.RewardValue) and m.key == key), None)


def _number_of(node: ast.Reward, key: str, context: Context) -> Expr | None:
    member = _find(node, key)
    return None if member is None else number(member.value, context)


def _constant(node: ast.Reward, key: str, target: RealType, context: Context) -> Any:
    """The value of ``beta`` or ``floor``."""
    member = _find(node, key)
    if member is None:
        return None
    found = number(member.value, context)
    if is_error(found):
        return None
    if not isinstance(found, Const):
        context.report(messages.not_constant(member.value.span, f"`{key}`"))
        return None
    checked = check_range(found, target, context)
    if is_error(checked):
        return None
    return Fraction(found.value) if isinstance(found.value, int) else found.value


def _mode(node: ast.Reward, context: Context) -> Expr | None:
    member = next((m for m in node.members if isinstance(m, ast.Mode)), None)
    return None if member is None else condition(member.condition, context)
