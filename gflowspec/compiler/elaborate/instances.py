"""Instances: a call of an environment, with rewards, and the same at its scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.environment import Frame, environment, frame_of
from gflowspec.compiler.elaborate.instance import Instance
from gflowspec.compiler.elaborate.parameters import bind, plain
from gflowspec.compiler.elaborate.reward import reward
from gflowspec.compiler.elaborate.session import Argument, Context, Session
from gflowspec.core.diagnostics import Severity
from gflowspec.core.frozen import Frozen
from gflowspec.ir.expr import Expr
from gflowspec.ir.reward import Reward
from gflowspec.lang import ast


@attrs.frozen(eq=False, repr=False)
class EnvironmentCall(Frozen):
    """An environment declaration with arguments; parameters that are not given have defaults."""

    node: ast.Environment
    module: str
    arguments: Mapping[str, Argument] = attrs.field(factory=dict)


@attrs.frozen(eq=False, repr=False)
class RewardCall(Frozen):
    """A reward declaration with arguments."""

    node: ast.Reward
    module: str
    arguments: Mapping[str, Argument] = attrs.field(factory=dict)


def make_instance(
    call: EnvironmentCall,
    rewards: Sequence[RewardCall],
    session: Session,
    severity: Severity = Severity.ERROR,
) -> Instance | None:
    """Elaborate an environment, its rewards, and both at the declared scope.

    Args:
        call: The environment.
        rewards: Rewards that are declared for it.
        session: Where findings go.
        severity: How much it matters if an assert of a reward refuses the parameters.

    Returns:
        The instance, without the rewards that were reported; None if the environment itself was.
    """
    session.restart_names()
    context = Context(session, call.module)
    what = f"environment `{call.node.name.text}`"
    values = bind(call.node.params, call.arguments, context, what)
    frame = frame_of(call.node, call.module, values, session)
    scope_values = _scope_values(call, values, context)
    if frame is None:
        _bind_rewards(rewards, session)
        return None
    scope = None if scope_values is None else _scope_parameters(call, scope_values)
    made = environment(frame, scope)
    bound = _bind_rewards(rewards, session)
    found = [
        item
        for item in (reward(r.node, r.module, v, frame, severity) for r, v in bound)
        if item is not None
    ]
    if made is None:
        return None
    small = None
    if scope_values is not None:
        small = _at_scope(call, scope_values, bound, session)
    return Instance(environment=made, rewards=tuple(found), scope=small)


def _bind_rewards(
    rewards: Iterable[RewardCall], session: Session
) -> list[tuple[RewardCall, Mapping[str, Expr]]]:
    bound: list[tuple[RewardCall, Mapping[str, Expr]]] = []
    for call in rewards:
        context = Context(session, call.module)
        what = f"reward `{call.node.name.text}`"
        bound.append((call, bind(call.node.params, call.arguments, context, what)))
    return bound


def _scope_entries(call: EnvironmentCall) -> tuple[ast.Entry, ...] | None:
    block = next((m for m in call.node.members if isinstance(m, ast.Scope)), None)
    return None if block is None else block.entries


def _scope_values(
    call: EnvironmentCall, values: Mapping[str, Expr], context: Context
) -> dict[str, Expr] | None:
    """Parameter values at the scope: what the block does not list stays as in the instance."""
    entries = _scope_entries(call)
    if entries is None:
        return None
    given: dict[str, Argument] = {}
    for entry in entries:
        if not isinstance(entry, ast.Set) or entry.append or len(entry.path.parts) != 1:
            message = "a scope lists parameters: `name = value`"
            context.report(messages.error("GFS111", message, entry.span))
            continue
        name = entry.path.text
        if name in given:
            message = f"`{name}` is set twice"
            context.report(messages.error("GFS113", message, entry.path.span))
        given[name] = Argument(
            entry.value, entry.value.span, module=call.module, name_span=entry.path.span
        )
    what = f"environment `{call.node.name.text}`"
    listed = [param for param in call.node.params if param.name.text in given]
    every = {param.name.text for param in call.node.params}
    unknown = {name: item for name, item in given.items() if name not in every}
    if unknown:
        bind(call.node.params, {**call.arguments, **unknown}, context, what)
    bound = bind(listed, {k: v for k, v in given.items() if k in every}, context, what)
    return {**values, **bound}


def _scope_parameters(call: EnvironmentCall, values: Mapping[str, Expr]) -> dict[str, object]:
    """The parameters that the block lists, plain."""
    listed = {entry.path.text for entry in _scope_entries(call) or () if isinstance(entry, ast.Set)}
    return {name: value for name, value in plain(values).items() if name in listed}


def _at_scope(
    call: EnvironmentCall,
    values: Mapping[str, Expr],
    bound: Sequence[tuple[RewardCall, Mapping[str, Expr]]],
    session: Session,
) -> Instance | None:
    """The instance at its scope; its rewards are those whose asserts hold there."""
    session.restart_names()
    shown = _scope_parameters(call, values).items()
    place = ", ".join(f"{name} = {messages.show(value)}" for name, value in shown)
    frame: Frame | None = frame_of(
        call.node, call.module, values, session, (f"at the scope {place}",)
    )
    if frame is None:
        return None
    made = environment(frame, None)
    if made is None:
        return None
    rewards: list[Reward] = []
    for item, parameters in bound:
        with session.aside():
            found = reward(item.node, item.module, parameters, frame)
        if found is not None:
            rewards.append(found)
    return Instance(environment=made, rewards=tuple(rewards))
