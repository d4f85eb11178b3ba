"""Everything a file declares, at its defaults; what ``check`` reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gflowspec.compiler.elaborate.aliases import environment_call, reward_call
from gflowspec.compiler.elaborate.begin import begin
from gflowspec.compiler.elaborate.constants import constant_of
from gflowspec.compiler.elaborate.data import table_of
from gflowspec.compiler.elaborate.externs import extern_of
from gflowspec.compiler.elaborate.functions import check_function
from gflowspec.compiler.elaborate.instance import Instance
from gflowspec.compiler.elaborate.instances import (
    EnvironmentCall,
    RewardCall,
    make_instance,
)
from gflowspec.compiler.elaborate.session import Argument, Context, Session
from gflowspec.compiler.elaborate.written import written_type
from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.recursion import room_to_recurse
from gflowspec.lang import ast
from gflowspec.lang.messages.names import undefined
from gflowspec.lang.scopes import environment_node
from gflowspec.lang.spec import Spec
from gflowspec.lang.symbols import Kind, Symbol


def elaborate_library(spec: Spec) -> tuple[tuple[Instance, ...], tuple[Diagnostic, ...]]:
    """Every environment of the checked file at its defaults, with every reward for it.

    Environments of other files take part if a reward of the checked file is declared for them.
    A parameter without a default has its value at the scope, else its least value. A reward whose
    ``assert``s refuse these parameters is left out, with a note.
    """
    with room_to_recurse():
        return _library(spec)


def _library(spec: Spec) -> tuple[tuple[Instance, ...], tuple[Diagnostic, ...]]:
    session = begin(spec)
    _constants(spec, session)
    found: list[Instance] = []
    for call in _environments(spec, session):
        rewards = [item for item in _rewards(spec, session) if applies(item, call.node, spec)]
        local = call.module == spec.module
        if not local and not rewards:
            continue
        instance = make_instance(call, rewards, session, Severity.NOTE)
        if instance is not None:
            found.append(instance)
    return tuple(found), session.bag.sorted()


def applies(reward: RewardCall, node: ast.Environment, spec: Spec) -> bool:
    """Whether a reward is declared for an environment."""
    for name in reward.node.environments:
        symbol = spec.tables.find(reward.module, tuple(part.text for part in name.parts))
        if symbol is not None and environment_node(symbol, spec.tables) is node:
            return True
    return False


def _constants(spec: Spec, session: Session) -> None:
    """Constants, types and functions are checked even where nothing uses them."""
    context = Context(session, spec.module)
    for symbol in spec.names.symbols.values():
        if symbol.module != spec.module:
            continue
        if symbol.kind in (Kind.CONSTANT, Kind.PARAMETER):
            constant_of(symbol, context)
        elif symbol.kind is Kind.DATA:
            table_of(symbol, context)
        elif isinstance(symbol.node, ast.TypeAlias):
            written_type(symbol.node.type, context)
        elif symbol.kind is Kind.EXTERN:
            extern_of(symbol, context)
        elif isinstance(symbol.node, ast.Function):
            check_function(symbol.node, context)


def _environments(spec: Spec, session: Session) -> Iterator[EnvironmentCall]:
    """Declared environments and aliases, then those of other files that rewards name."""
    seen: set[int] = set()
    for symbol in _own(spec, Kind.ENVIRONMENT):
        call = environment_call(symbol, spec.tables, session)
        if call is not None:
            seen.add(id(call.node))
            yield with_defaults(call, session)
    for symbol in _own(spec, Kind.REWARD):
        if not isinstance(symbol.node, ast.Reward):
            continue
        for name in symbol.node.environments:
            target = spec.tables.find(spec.module, tuple(part.text for part in name.parts))
            call = None if target is None else environment_call(target, spec.tables, session)
            if call is not None and id(call.node) not in seen:
                seen.add(id(call.node))
                yield with_defaults(call, session)


def _rewards(spec: Spec, session: Session) -> Iterator[RewardCall]:
    for symbol in _own(spec, Kind.REWARD):
        call = reward_call(symbol, spec.tables, session)
        if call is not None:
            yield RewardCall(call.node, call.module, _filled(call, session))


def _own(spec: Spec, kind: Kind) -> Iterator[Symbol]:
    for symbol in spec.names.symbols.values():
        if symbol.kind is kind and symbol.module == spec.module:
            yield symbol


def with_defaults(call: EnvironmentCall, session: Session) -> EnvironmentCall:
    """A call in which every parameter that has no default has some value."""
    scope = {}
    for member in call.node.members:
        if isinstance(member, ast.Scope):
            for entry in member.entries:
                if isinstance(entry, ast.Set):
                    scope[entry.path.text] = Argument(
                        entry.value, entry.value.span, module=call.module
                    )
    return EnvironmentCall(call.node, call.module, {**_filled(call, session, scope)})


def _filled(
    call: EnvironmentCall | RewardCall,
    session: Session,
    preferred: Mapping[str, Argument] | None = None,
) -> dict[str, Argument]:
    arguments = dict(call.arguments)
    for param in call.node.params:
        name = param.name.text
        if param.default is None and name not in arguments:
            value = (preferred or {}).get(name) or _least(param, call.module)
            if value is not None:
                arguments[name] = value
    return arguments


def _least(param: ast.ParamDecl, module: str) -> Argument | None:
    """The least value of the type of a parameter, if its text gives one."""
    written: Any = param.type
    if isinstance(written, ast.NumberType) and written.bounds is not None:
        bounds = written.bounds
        if not bounds.open_below:
            return Argument(bounds.lower, bounds.lower.span, module=module)
        one = ast.Number(text="1", span=bounds.lower.span)
        above = ast.Binary(op="+", left=bounds.lower, right=one, span=bounds.lower.span)
        return Argument(above, above.span, module=module)
    if isinstance(written, ast.NumberType):
        return Argument(ast.Number(text="1", span=written.span), written.span, module=module)
    if isinstance(written, ast.PlainType) and written.base == "bool":
        return Argument(ast.Bool(value=False, span=written.span), written.span, module=module)
    return None


def instantiate(
    spec: Spec,
    environment_name: str,
    parameters: Mapping[str, Any],
    reward_name: str | None = None,
    reward_parameters: Mapping[str, Any] | None = None,
) -> tuple[Instance | None, tuple[Diagnostic, ...]]:
    """An environment of a loaded file under values from Python, with one of its rewards.

    Args:
        spec: The loaded file.
        environment_name: Name of an environment, alias or imported name in it.
        parameters: Plain values; floats mean the decimals they print as.
        reward_name: Name of a reward that is declared for it; None for no reward.
        reward_parameters: Plain values.

    Returns:
        The instance, or None, and all findings.
    """
    session = begin(spec)
    symbol = _named(spec, environment_name, Kind.ENVIRONMENT, session)
    call = None if symbol is None else environment_call(symbol, spec.tables, session)
    rewards: list[RewardCall] = []
    if reward_name is not None:
        target = _named(spec, reward_name, Kind.REWARD, session)
        found = None if target is None else reward_call(target, spec.tables, session)
        if found is not None and call is not None:
            if applies(found, call.node, spec):
                given = {**found.arguments, **_from_python(reward_parameters or {})}
                rewards.append(RewardCall(found.node, found.module, given))
            else:
                session.report(not_declared_for(reward_name, call.node.name.text, None))
    if call is None:
        return None, session.bag.sorted()
    given = {**call.arguments, **_from_python(parameters)}
    with room_to_recurse():
        instance = make_instance(EnvironmentCall(call.node, call.module, given), rewards, session)
    if session.bag.has_errors or (reward_name is not None and instance and not instance.rewards):
        instance = None
    return instance, session.bag.sorted()


def not_declared_for(reward: str, environment: str, place: Label | None) -> Diagnostic:
    """GFS403: a reward and an environment that do not belong together."""
    message = f"reward `{reward}` is not declared for environment `{environment}`"
    helps = (f"add `{environment}` after `for` in its declaration",)
    return Diagnostic("GFS403", Severity.ERROR, message, place, helps=helps)


def _from_python(values: Mapping[str, Any]) -> dict[str, Argument]:
    return {name: Argument(value, source="Python") for name, value in values.items()}


def _named(spec: Spec, name: str, kind: Kind, session: Session) -> Symbol | None:
    symbol = spec.tables.find(spec.module, tuple(name.split(".")))
    if symbol is None or symbol.kind is not kind:
        known = spec.names.names(kind)
        whole = undefined(spec.root.span, kind.value, name, known)
        near = whole.primary.text if whole.primary is not None else ""
        notes = (near,) if near else ()
        session.report(Diagnostic("GFS101", Severity.ERROR, whole.message, notes=notes))
        return None
    return symbol
