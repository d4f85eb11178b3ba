"""Environments: a declaration and the values of its parameters become IR."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import attrs

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.actions import action
from gflowspec.compiler.elaborate.claims import claims
from gflowspec.compiler.elaborate.host_only import refuse_host_only
from gflowspec.compiler.elaborate.operators import condition
from gflowspec.compiler.elaborate.parameters import as_names, plain
from gflowspec.compiler.elaborate.sequences import as_list
from gflowspec.compiler.elaborate.session import (
    Context,
    Local,
    Macro,
    Session,
    any_error,
    is_error,
)
from gflowspec.compiler.elaborate.state import implied, placeholders, state_variables
from gflowspec.compiler.elaborate.types import as_element, matrix_of
from gflowspec.core.frozen import Frozen
from gflowspec.core.types import IntType
from gflowspec.ir.environment import Assumption, Claim, Environment, StateVariable, Stop
from gflowspec.ir.expr import Expr, StateVar
from gflowspec.lang import ast
from gflowspec.lang.messages.names import needs_level_two

M = TypeVar("M", bound=ast.Member)


@attrs.frozen(eq=False, repr=False)
class Frame(Frozen):
    """An environment declaration under concrete parameters: what its members see.

    Attributes:
        node: The declaration.
        context: Its file and its names.
        parameters: Values of the parameters, plain.
        state: Its state variables.
        claims: Asserts about counts.
        sound: Whether parameters, asserts and state were free of errors.
    """

    node: ast.Environment
    context: Context
    parameters: Mapping[str, Any]
    state: tuple[StateVariable, ...]
    claims: tuple[Claim, ...]
    sound: bool


def frame_of(
    node: ast.Environment,
    module: str,
    values: Mapping[str, Expr],
    session: Session,
    notes: Iterable[str] = (),
) -> Frame | None:
    """Parameters, asserts and state; None if an assert refuses the parameters (reported).

    A parameter that was reported is poisoned; the rest is still checked.

    Args:
        node: The declaration.
        module: Its file.
        values: Parameter values.
        session: Where findings go.
        notes: What to add to a failed assert.
    """
    context = Context(session, module, names=as_names(values))
    errors = session.errors
    # Lets see the mapping as it is when they are used; it is completed step by step.
    names: dict[str, Local] = {**context.names, **placeholders(node.members)}
    lets = macros(node.members, module, names)
    names.update({name: let for name, let in lets.items() if name not in names})
    context = attrs.evolve(context, names=names)
    variables, found_names = state_variables(node.members, context)
    names.update(found_names)
    session.expansions.clear()
    for known in implied(names.values(), context):
        context = context.given(known)
    found, hold = claims(node.members, attrs.evolve(context, counts=True), notes)
    if not hold:
        return None
    sound = session.errors == errors and not any_error(values.values())
    return Frame(node, context, plain(values), variables, found, sound)


def macros(
    members: Iterable[ast.Member], module: str, names: Mapping[str, Local]
) -> dict[str, Local]:
    """The lets of a declaration; each sees ``names`` as they are when it is used."""
    found: dict[str, Local] = {}
    for member in members:
        if isinstance(member, ast.Let):
            found.setdefault(member.name.text, Macro(member, module, lambda: names))
    return found


def environment(frame: Frame, scope: Mapping[str, Any] | None) -> Environment | None:
    """The environment; None if something in it was reported.

    ``scope`` holds the parameters of its declared scope, or None.
    """
    session = frame.context.session
    before = session.errors
    members, context = frame.node.members, frame.context
    actions = [action(m, context) for m in members if isinstance(m, ast.Action)]
    stop = _first(members, ast.Stop)
    stop_condition = None
    if stop is not None and stop.condition is not None:
        stop_condition = condition(stop.condition, context)
    terminal = _first(members, ast.Terminal)
    terminal_condition = None if terminal is None else condition(terminal.condition, context)
    invariants = tuple(
        condition(m.condition, context) for m in members if isinstance(m, ast.Invariant)
    )
    made = Environment(
        name=frame.node.name.text,
        parameters=frame.parameters,
        state=frame.state,
        actions=tuple(item for item in actions if item is not None),
        stop=None if stop is None else Stop(condition=stop_condition, span=stop.span),
        terminal=terminal_condition,
        invariants=invariants,
        implied=implied(context.names.values(), context),
        measure=_measure(frame),
        claims=frame.claims,
        assumptions=_assumptions(members),
        object=_object(frame),
        lets=named_values(members, terminal_context(frame)),
        scope=scope,
        doc=frame.node.doc,
        span=frame.node.name.span,
    )
    _refuse_symmetry(frame)
    for finding in refuse_host_only(made):
        context.report(finding)
    return made if frame.sound and session.errors == before else None


def terminal_context(frame: Frame) -> Context:
    """The place where a trajectory ends: what ``terminal`` or ``stop`` implies is known.

    Findings in the conditions themselves are not repeated.
    """
    terminal, stop = _first(frame.node.members, ast.Terminal), _first(frame.node.members, ast.Stop)
    ending: ast.Expr | None = None
    if terminal is not None and stop is None:
        ending = terminal.condition
    elif stop is not None and terminal is None:
        ending = stop.condition
    context = frame.context
    with context.session.aside():
        for member in frame.node.members:
            if isinstance(member, ast.Invariant):
                context = context.given(condition(member.condition, frame.context))
        return context if ending is None else context.given(condition(ending, frame.context))


def named_values(members: Iterable[ast.Member], context: Context) -> dict[str, Expr]:
    """Lets without arguments that have a value where a trajectory ends."""
    found: dict[str, Expr] = {}
    with context.session.aside() as bag:
        for member in members:
            if isinstance(member, ast.Let) and member.arguments is None:
                value = context.of(ast.Var(name=member.name.text, span=member.name.span))
                value = as_list(value, context)
                if not is_error(value):
                    found[member.name.text] = matrix_of(value)
    for item in bag:
        if item.code not in _NARROWING:
            context.report(item)
    return found


#: Findings that depend on where a let is used.
_NARROWING = frozenset({"GFS123", "GFS124", "GFS334"})


def _measure(frame: Frame) -> Expr | None:
    node = _first(frame.node.members, ast.Measure)
    if node is None:
        return None
    found = as_element(frame.context.of(node.value), frame.context)
    if not is_error(found) and not isinstance(found.type, IntType):
        return frame.context.report(messages.mismatch(node.value.span, found.type, "an integer"))
    return found


def _object(frame: Frame) -> Expr | None:
    node = _first(frame.node.members, ast.ObjectDecl)
    if node is None or isinstance(node.value, ast.WholeState):
        return None
    context = terminal_context(frame)
    found = context.of(node.value)
    if isinstance(found, StateVar) and [item.name for item in frame.state] == [found.name]:
        return None  # The only variable is the whole state.
    return matrix_of(as_list(found, context))


def _assumptions(members: Iterable[ast.Member]) -> tuple[Assumption, ...]:
    return tuple(
        Assumption(obligation=m.obligation.text, reason=m.reason.value, span=m.span)
        for m in members
        if isinstance(m, ast.Assume)
    )


def _refuse_symmetry(frame: Frame) -> None:
    for member in frame.node.members:
        if isinstance(member, ast.Symmetry):
            frame.context.report(needs_level_two(member.span, "`symmetry`"))


def _first(members: Iterable[ast.Member], kind: type[M]) -> M | None:
    return next((member for member in members if isinstance(member, kind)), None)
