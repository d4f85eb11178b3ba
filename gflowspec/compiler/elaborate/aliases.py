"""Calls of environments and rewards, through aliases, with the arguments that are in force."""

from __future__ import annotations

from collections.abc import Mapping

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.instances import EnvironmentCall, RewardCall
from gflowspec.compiler.elaborate.session import MAX_ALIASES, Argument, Session
from gflowspec.lang import ast
from gflowspec.lang.scopes import dotted
from gflowspec.lang.symbols import Symbol, Tables


def environment_call(symbol: Symbol, tables: Tables, session: Session) -> EnvironmentCall | None:
    """The declaration behind an environment name, and the arguments its aliases give."""
    found = _follow(symbol, tables, session)
    if found is None or not isinstance(found[0].node, ast.Environment):
        return None
    return EnvironmentCall(found[0].node, found[0].module, found[1])


def reward_call(symbol: Symbol, tables: Tables, session: Session) -> RewardCall | None:
    """The declaration behind a reward name, and the arguments its aliases give."""
    found = _follow(symbol, tables, session)
    if found is None or not isinstance(found[0].node, ast.Reward):
        return None
    return RewardCall(found[0].node, found[0].module, found[1])


def _follow(
    symbol: Symbol, tables: Tables, session: Session
) -> tuple[Symbol, Mapping[str, Argument]] | None:
    """Through aliases to a declaration; arguments given later win over those of the base."""
    arguments: dict[str, Argument] = {}
    seen: set[int] = set()
    current: Symbol | None = symbol
    while current is not None and isinstance(current.node, ast.EnvironmentAlias | ast.RewardAlias):
        if id(current.node) in seen:
            return None
        if len(seen) == MAX_ALIASES:
            message = f"more than {MAX_ALIASES} aliases stand between this name and a declaration"
            session.report(messages.too_costly(current.span, message))
            return None
        seen.add(id(current.node))
        call = current.node.call
        given = call_arguments(call, current.module, session)
        arguments = {**given, **arguments}
        parts = dotted(call.function)
        current = None if parts is None else tables.find(current.module, parts)
    return None if current is None else (current, arguments)


def call_arguments(call: ast.Apply, module: str, session: Session) -> dict[str, Argument]:
    """Named arguments of a call of an environment or reward."""
    found: dict[str, Argument] = {}
    for item in call.arguments:
        if item.name is None:
            message = "arguments of environments and rewards are given by name"
            helps = (f"write `name = {item.value.span.text}`",)
            session.report(messages.error("GFS120", message, item.span, helps=helps))
        elif item.name.text in found:
            message = f"`{item.name.text}` is set twice"
            session.report(messages.error("GFS113", message, item.name.span))
        else:
            source = str(item.value.span)
            found[item.name.text] = Argument(
                item.value, item.value.span, source, module, item.name.span
            )
    return found
