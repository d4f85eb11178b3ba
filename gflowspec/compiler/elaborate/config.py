"""Experiments: settings, environment and reward become an instance and a Config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gflowspec.compiler.elaborate.aliases import environment_call, reward_call
from gflowspec.compiler.elaborate.begin import begin, constants_of
from gflowspec.compiler.elaborate.instance import Instance
from gflowspec.compiler.elaborate.instances import EnvironmentCall, RewardCall, make_instance
from gflowspec.compiler.elaborate.library import applies, not_declared_for
from gflowspec.compiler.elaborate.session import Argument, Session
from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.recursion import room_to_recurse
from gflowspec.ir.config import Config, Setting
from gflowspec.lang import ast
from gflowspec.lang.messages.names import undefined
from gflowspec.lang.overrides import of_settings
from gflowspec.lang.settings.resolve import Resolved, resolve_settings
from gflowspec.lang.settings.targets import Target
from gflowspec.lang.spec import Spec
from gflowspec.lang.symbols import Kind


def elaborate_experiment(
    spec: Spec, name: str
) -> tuple[tuple[Instance, Config] | None, tuple[Diagnostic, ...]]:
    """An experiment of the checked file with its environment, reward and all settings.

    Args:
        spec: The loaded file.
        name: Name of an experiment that it declares or imports.

    Returns:
        The instance, which has exactly one reward, and the resolved settings; None if anything
        was reported as an error, here or by ``load``. All findings, those of settings included.
    """
    session = begin(spec)
    symbol = spec.tables.find(spec.module, tuple(name.split(".")))
    if symbol is None or not isinstance(symbol.node, ast.Experiment):
        session.bag.add(_no_experiment(spec, name))
        return None, session.bag.sorted()
    with room_to_recurse():
        resolved, found = resolve_settings(
            symbol.node,
            symbol.module,
            of_settings(spec),
            spec.tables,
            spec.vocabulary,
            constants_of(session),
        )
        session.bag.extend(found)
        instance = _instance(spec, resolved, session)
    refused = instance is None or not instance.rewards or not resolved.complete
    if session.bag.has_errors or instance is None or refused:
        return None, session.bag.sorted()
    return (instance, _config(resolved, instance)), session.bag.sorted()


def _no_experiment(spec: Spec, name: str) -> Diagnostic:
    known = spec.names.names(Kind.EXPERIMENT)
    whole = undefined(spec.root.span, Kind.EXPERIMENT.value, name, known)
    near = whole.primary.text if whole.primary is not None else ""
    return Diagnostic("GFS101", Severity.ERROR, whole.message, notes=(near,) if near else ())


def _instance(spec: Spec, resolved: Resolved, session: Session) -> Instance | None:
    target = resolved.environment
    call = None
    if target.symbol is not None:
        call = environment_call(target.symbol, spec.tables, session)
    rewards = _rewards(spec, resolved, call, session)
    if call is None:
        return None
    given = {**call.arguments, **_arguments(target)}
    return make_instance(EnvironmentCall(call.node, call.module, given), rewards, session)


def _rewards(
    spec: Spec, resolved: Resolved, environment: EnvironmentCall | None, session: Session
) -> list[RewardCall]:
    target = resolved.reward
    call = None if target.symbol is None else reward_call(target.symbol, spec.tables, session)
    if call is None or environment is None or target.symbol is None:
        return []
    if not applies(call, environment.node, spec):
        place = None if target.span is None else Label(target.span)
        names = (target.symbol.name, environment.node.name.text)
        session.report(not_declared_for(*names, place))
        return []
    given = {**call.arguments, **_arguments(target)}
    return [RewardCall(call.node, call.module, given)]


def _arguments(target: Target) -> dict[str, Argument]:
    return {
        name: Argument(
            item.value,
            item.value.span,
            item.source,
            item.module,
            item.name_span,
            reports_names=True,
        )
        for name, item in target.arguments.items()
    }


def _config(resolved: Resolved, instance: Instance) -> Config:
    settings = {
        **_target_settings("environment", resolved.environment, instance.environment.parameters),
        **_target_settings("reward", resolved.reward, instance.rewards[0].parameters),
        **resolved.settings,
    }
    top = resolved.sections[""]
    return Config(
        experiment=resolved.experiment.name.text,
        settings=settings,
        policy=resolved.sections["policy"],
        objective=top["objective"],
        replay=top.get("replay"),
        train=resolved.sections["train"],
        evaluate=resolved.evaluate,
        track=resolved.sections["track"],
        limits=resolved.sections["compile"],
    )


def _target_settings(
    path: str, target: Target, parameters: Mapping[str, Any]
) -> dict[str, Setting]:
    """The call and its parameters as settings; the name is that which the file writes."""
    name = "" if target.symbol is None else target.symbol.name
    found = {path: Setting(path, name, target.source, target.span)}
    for key, value in parameters.items():
        given = target.arguments.get(key)
        source = "default" if given is None else given.source
        span = None if given is None else given.value.span
        place = f"{path}.{key}"
        found[place] = Setting(place, value, source, span)
    return found
