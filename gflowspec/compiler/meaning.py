"""What a checked specification means, part by part, with the text of each part.

The parts cover what the hashes cover, and the settings that do not enter them. Layout, comments,
names of binders and loop variables, ``let`` and ``const`` do not count; neither do ``assert``,
``assume``, ``measure`` and ``scope``, which say something about the environment without changing
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce

from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.algebra.statements import binder_text, effects_text
from gflowspec.compiler.front import Checked
from gflowspec.core.canonical import canonical_json
from gflowspec.core.source import Span
from gflowspec.core.types import describe
from gflowspec.ir.config import Setting
from gflowspec.ir.diff import Part, setting_parts
from gflowspec.ir.environment import Action, Environment
from gflowspec.ir.expr import Expr, Logic
from gflowspec.ir.hashes import environment_form, reward_form
from gflowspec.ir.reward import Reward


def parts_of(checked: Checked) -> tuple[Part, ...]:
    """The environment, the reward and the settings of an experiment."""
    config = checked.config
    if config is None:
        return instance_parts(checked)
    # Names of calls may be aliases: what they call is compared below.
    named = {"environment", "reward"}
    settings = {path: item for path, item in config.settings.items() if path not in named}
    return (
        *setting_parts(settings),
        *environment_parts(checked.instance.environment),
        *reward_parts(checked.instance.rewards[0]),
    )


def instance_parts(checked: Checked) -> tuple[Part, ...]:
    """The environment alone, with its parameters as settings."""
    environment = checked.instance.environment
    given = {f"environment.{name}": value for name, value in environment.parameters.items()}
    settings = {path: Setting(path, value, "default") for path, value in given.items()}
    return (*setting_parts(settings), *environment_parts(environment))


def environment_parts(environment: Environment) -> Iterator[Part]:
    """The parts of an environment; their paths begin with ``environment``."""
    form = environment_form(environment)
    yield _part("environment", environment.name, environment.name, environment.span)
    yield _order("environment.state", [item.name for item in environment.state])
    for variable, (_, of, initial) in zip(environment.state, form["state"], strict=True):
        path = f"environment.state.{variable.name}"
        yield _part(f"{path}.type", of, describe(variable.view.declared), variable.span)
        shown = variable.view.text(variable.initial)
        yield _part(f"{path}.initial", initial, shown, variable.span)
    yield _order("environment.actions", [item.name for item in environment.actions])
    for action, written in zip(environment.actions, form["actions"], strict=True):
        yield from _action_parts(action, written, environment)
    if environment.stop is not None:
        condition = environment.stop.condition
        shown = "stop" if condition is None else f"stop when {show(condition)}"
        yield _part("environment.stop", form["stop"], shown, environment.stop.span)
    yield from _expression("environment.terminal", form["terminal"], environment.terminal)
    for claim, written in zip(environment.invariants, form["invariants"], strict=True):
        yield from _expression("environment.invariant", written, claim)
    yield from _expression("environment.object", form["object"], environment.object)


def reward_parts(reward: Reward) -> Iterator[Part]:
    """The parts of a reward; their paths begin with ``reward``."""
    form = reward_form(reward)
    yield _part("reward", reward.name, reward.name, reward.span)
    yield from _expression("reward.R", form["R"], reward.value)
    yield from _expression("reward.logR", form["logR"], reward.log_value)
    for key, value in (("beta", reward.beta), ("floor", reward.floor)):
        if value is not None:
            yield _part(f"reward.{key}", form[key], value, reward.span)
    yield from _expression("reward.mode", form["mode"], reward.mode)


def _action_parts(action: Action, form: dict[str, object], of: Environment) -> Iterator[Part]:
    path = f"environment.action.{action.name}"
    binders = ", ".join(binder_text(item) for item in action.binders)
    yield _part(f"{path}.binders", form["carriers"], binders, action.span)
    yield from _expression(f"{path}.guard", form["guard"], action.guard)
    yield _part(f"{path}.effects", form["effects"], effects_text(action, of), action.span)


def _order(path: str, names: Sequence[str]) -> Part:
    """The order of declaration, which is the order of locations and of logits."""
    return _part(path, names, ", ".join(names), None)


def _expression(path: str, form: object, node: Expr | None) -> Iterator[Part]:
    if node is not None:
        yield _part(path, form, show(node), _whole(node))


def _whole(node: Expr) -> Span | None:
    """All of a condition, whichever of its parts it is known by."""
    spans = [item.span for item in (node.operands if isinstance(node, Logic) else (node,))]
    found = [span for span in spans if span is not None]
    if not found or any(span.file is not found[0].file for span in found):
        return node.span
    return reduce(Span.to, found)


def _part(path: str, form: object, value: object, span: Span | None) -> Part:
    return Part(path, canonical_json(form), value, span)
