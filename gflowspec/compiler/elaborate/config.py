"""Experiments: settings, environment and reward become an instance and a Config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

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
from gflowspec.lang.settings.entries import COMMAND_LINE, Assignment, EveryBlock
from gflowspec.lang.settings.resolve import Resolved, resolve_settings
from gflowspec.lang.settings.targets import Target
from gflowspec.lang.spec import Spec
from gflowspec.lang.symbols import Kind, Symbol


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
    if symbol is None or symbol.kind is not Kind.EXPERIMENT:
        session.bag.add(_no_experiment(spec, name))
        return None, session.bag.sorted()
    with room_to_recurse():
        draft = Drafter(spec, session).draft(symbol)
    return draft.finished, draft.found


@attrs.frozen(kw_only=True)
class Draft:
    """An experiment as far as it could be elaborated.

    Attributes:
        finished: The instance with its one reward and the configuration; None after an error.
        settings: What is known of its settings, by path.
        found: All findings, in display order.
    """

    finished: tuple[Instance, Config] | None
    settings: Mapping[str, Setting]
    found: tuple[Diagnostic, ...]


@attrs.define
class Drafter:
    """Elaborates experiments of a file; what several of them share is elaborated once."""

    spec: Spec
    session: Session
    _instances: dict[Any, tuple[Instance | None, tuple[Diagnostic, ...]]] = attrs.field(
        factory=dict
    )

    def draft(self, symbol: Symbol, point: tuple[Assignment | EveryBlock, ...] = ()) -> Draft:
        """Elaborate an experiment, with what the point of a sweep sets."""
        assert isinstance(symbol.node, ast.Experiment)
        spec, session = self.spec, self.session
        with session.aside() as bag:
            resolved, found = resolve_settings(
                symbol.node,
                symbol.module,
                of_settings(spec),
                spec.tables,
                spec.vocabulary,
                constants_of(session),
                point,
            )
            bag.extend(found)
        instance, more = self._instance(resolved)
        bag.extend(more)
        settings = _settings(resolved, instance)
        if bag.has_errors or instance is None or not instance.rewards or not resolved.complete:
            return Draft(finished=None, settings=settings, found=bag.sorted())
        finished = (instance, _config(resolved, settings))
        return Draft(finished=finished, settings=settings, found=bag.sorted())

    def _instance(self, resolved: Resolved) -> tuple[Instance | None, tuple[Diagnostic, ...]]:
        key = (_signature(resolved.environment), _signature(resolved.reward))
        if key not in self._instances:
            with self.session.aside() as bag:
                made = _instance(self.spec, resolved, self.session)
            self._instances[key] = (made, bag.sorted())
        return self._instances[key]


def _signature(target: Target) -> Any:
    """What a call says; the places where it says it are left out."""
    arguments = (
        (name, item.value, item.module, item.source == COMMAND_LINE)
        for name, item in target.arguments.items()
    )
    return None if target.symbol is None else id(target.symbol.node), frozenset(arguments)


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


def _settings(resolved: Resolved, instance: Instance | None) -> dict[str, Setting]:
    """All settings that have a value, by path."""
    environment = {} if instance is None else instance.environment.parameters
    rewards = () if instance is None else instance.rewards
    reward = rewards[0].parameters if rewards else {}
    return {
        **_target_settings("environment", resolved.environment, environment),
        **_target_settings("reward", resolved.reward, reward),
        **resolved.settings,
    }


def _config(resolved: Resolved, settings: Mapping[str, Setting]) -> Config:
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
