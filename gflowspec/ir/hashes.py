"""Hashes of what is trained: ``env:``, ``task:`` and ``run:``.

They cover meaning, not text: layout, comments, documentation, names of loop variables and
binders, lets and asserts do not count. The version of the IR stands beside each hash, so that a
later version of GFlowSpec can tell another meaning from another notation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import attrs

from gflowspec.core.canonical import canonical_json, digest_of_text, plain
from gflowspec.ir.config import Config
from gflowspec.ir.environment import Action, Environment
from gflowspec.ir.expr import Aggregate, Bound, Expr, Unknown
from gflowspec.ir.extern import externs_of
from gflowspec.ir.reward import Reward

IR_VERSION = 1

#: Settings of ``train`` that change neither what is computed nor for how long.
NOT_IN_RUN = frozenset({"device", "lowering", "budget", "checkpoint_every"})


class Task(Protocol):
    """An environment with the reward that is trained on."""

    @property
    def environment(self) -> Environment:
        """The environment."""

    @property
    def rewards(self) -> tuple[Reward, ...]:
        """Exactly one reward."""


def hashes(task: Task, config: Config) -> dict[str, str]:
    """The hashes of an experiment, under the keys ``env``, ``task`` and ``run``."""
    return RunHashes().of(task, config)


@attrs.define
class RunHashes:
    """Hashes of experiments; what several of them share is put into its form once.

    ``run:`` covers the task and every setting that the result depends on; ``compile.table_limit``
    is among them, because it can move a comparison to floating point.
    """

    _tasks: dict[int, tuple[Task, dict[str, str], list[str]]] = attrs.field(factory=dict)

    def of(self, task: Task, config: Config) -> dict[str, str]:
        """The hashes of an experiment, under the keys ``env``, ``task`` and ``run``.

        Where files of the reward are missing, what depends on it is ``task:1/unknown``.
        """
        if _is_unknown(task.rewards[0]):
            env = environment_hash(task.environment)
            unknown = {kind: f"{kind}:{IR_VERSION}/unknown" for kind in ("task", "run")}
            return {"env": env, **unknown}
        known = self._tasks.get(id(task))
        if known is None:
            forms = [environment_form(task.environment), reward_form(task.rewards[0])]
            texts = [canonical_json(form) for form in forms]
            found = {"env": _named("env", texts[0]), "task": _named("task", _listed(texts))}
            known = self._tasks[id(task)] = (task, found, texts)
        _, found, texts = known
        run = _listed([*texts, canonical_json(config_form(config))])
        return {**found, "run": _named("run", run)}


def _is_unknown(reward: Reward) -> bool:
    """Whether files that the reward depends on are not here."""
    called = externs_of((reward.value, reward.log_value, reward.mode))
    return isinstance(reward.value, Unknown) or any(item.code is None for item in called)


def environment_hash(environment: Environment) -> str:
    """``env:1/...``: states, actions, ends, invariants and the object."""
    return _named("env", canonical_json(environment_form(environment)))


def short(text: str) -> str:
    """``run:1/3f9c2a`` for ``run:1/3f9c2a...``: enough to recognise it."""
    kind, _, value = text.partition("/")
    return f"{kind}/{value[:6]}"


def _listed(texts: Sequence[str]) -> str:
    """The canonical JSON of a list, from that of its items."""
    return f"[{','.join(texts)}]"


def _named(kind: str, text: str) -> str:
    return f"{kind}:{IR_VERSION}/{digest_of_text(text)}"


def environment_form(environment: Environment) -> dict[str, Any]:
    """What ``env:`` covers."""
    return {
        "name": environment.name,
        "state": [[v.name, plain(v.view.declared), plain(v.initial)] for v in environment.state],
        "actions": [_action(action) for action in environment.actions],
        "stop": None if environment.stop is None else [_form(environment.stop.condition)],
        "terminal": _form(environment.terminal),
        "invariants": [_form(item) for item in environment.invariants],
        "object": _form(environment.object),
    }


def reward_form(reward: Reward) -> dict[str, Any]:
    """What ``task:`` adds to the environment."""
    return {
        "name": reward.name,
        "R": _form(reward.value),
        "logR": _form(reward.log_value),
        "beta": plain(reward.beta),
        "floor": plain(reward.floor),
        "mode": _form(reward.mode),
    }


def config_form(config: Config) -> dict[str, Any]:
    """What ``run:`` adds to the task."""
    train = {key: value for key, value in config.train.items() if key not in NOT_IN_RUN}
    return {
        "policy": plain(config.policy),
        "objective": plain(config.objective),
        "replay": plain(config.replay),
        "train": plain(train),
        "table_limit": config.limits.get("table_limit"),
    }


def _action(action: Action) -> dict[str, Any]:
    names = {binder.name: f"binder {place}" for place, binder in enumerate(action.binders)}
    return {
        "name": action.name,
        "carriers": [plain(binder.carrier) for binder in action.binders],
        "guard": _form(action.guard, names),
        "effects": [
            [
                effect.kind.value,
                effect.variable,
                [_form(index, names) for index in effect.indices],
                _form(effect.value, names),
            ]
            for effect in action.effects
        ],
    }


def _form(expr: Expr | None, names: Mapping[str, str] | None = None) -> Any:
    """An expression with bound names replaced by where they are bound, without types."""
    if expr is None:
        return None
    known = names or {}
    if isinstance(expr, Bound):
        return ["Bound", known.get(expr.name, expr.name)]
    if isinstance(expr, Aggregate):
        return _aggregate(expr, known)
    fields = [f.name for f in attrs.fields(type(expr)) if f.eq and f.name != "type"]
    return [type(expr).__name__, *(_part(getattr(expr, name), known) for name in fields)]


def _part(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Expr):
        return _form(value, names)
    if isinstance(value, tuple) and any(isinstance(item, Expr) for item in value):
        return [_form(item, names) for item in value]
    return plain(value)


def _aggregate(expr: Aggregate, names: Mapping[str, str]) -> Any:
    generators = []
    for generator in expr.generators:
        domain = _form(generator.domain, names)
        names = {**names, generator.variable: f"variable {len(names)}"}
        generators.append([domain, _form(generator.condition, names)])
    return ["Aggregate", expr.kind, _form(expr.body, names), generators]
