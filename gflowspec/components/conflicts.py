"""Combinations of settings that are refused, or deserve a remark, before anything is built."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import attrs

from gflowspec.components.backward.base import BackwardRule, TrainedBackward
from gflowspec.components.encoders.base import Encoder
from gflowspec.components.encoders.mlp import MLP
from gflowspec.components.exploration.base import Exploration
from gflowspec.components.exploration.epsilon import Epsilon
from gflowspec.components.metrics.base import Metric
from gflowspec.components.needs import BackwardNeed, Estimate, Owner
from gflowspec.components.objectives.base import Objective
from gflowspec.components.objectives.subtb import SubTrajectoryBalance
from gflowspec.components.optimizers.adam import Adam
from gflowspec.components.schedules.base import Schedule
from gflowspec.core.diagnostics import Severity
from gflowspec.core.schema import Vocabulary
from gflowspec.ir.config import Config


@attrs.frozen(kw_only=True)
class EnvironmentFacts:
    """What a combination can depend on.

    Attributes:
        has_stop: Whether ``stop`` is an action.
        enumerable: Whether all states fit the limit; None where that is not known yet.
        states: Number of states or an upper bound, where one is known.
        has_modes: Whether the reward says ``mode when``.
        regions: Names of the bool lets of the reward.
        impure: A function that the reward calls and that is not pure; empty without one.
    """

    has_stop: bool
    enumerable: bool | None
    states: int | None = None
    has_modes: bool = False
    regions: frozenset[str] = frozenset()
    impure: str = ""


@attrs.frozen(kw_only=True)
class Conflict:
    """A finding about a configuration.

    Attributes:
        code: ``GFSnnn``.
        severity: Errors refuse the experiment.
        path: The setting it is about. Metrics stand at ``evaluate.every.N`` or
            ``evaluate.final``.
        message: The headline.
        word: What to point at within the value of the setting, such as the name of a metric.
        notes: Why.
        helps: What to do.
    """

    code: str
    severity: Severity
    path: str
    message: str
    word: str = ""
    notes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()


def conflicts(
    config: Config, vocabulary: Vocabulary, environment: EnvironmentFacts
) -> tuple[Conflict, ...]:
    """Everything that is to be said about a configuration whose settings are each in order."""
    case = _Case.of(config, vocabulary, environment)
    return tuple(found for rule in _RULES for found in rule(case))


@attrs.frozen(kw_only=True)
class _Case:
    """The components of a configuration, built."""

    config: Config
    environment: EnvironmentFacts
    objective: Objective
    encoder: Encoder
    exploration: Exploration
    backward: BackwardRule
    optimizer: object
    schedule: Schedule
    metrics: tuple[tuple[str, Metric], ...]

    @classmethod
    def of(cls, config: Config, vocabulary: Vocabulary, environment: EnvironmentFacts) -> _Case:
        metrics: list[tuple[str, Metric]] = []
        for schedule in config.evaluate:
            every = schedule.every
            path = f"evaluate.every.{every}" if every else "evaluate.final"
            metrics.extend((path, vocabulary.build(call)) for call in schedule.metrics)
        return cls(
            config=config,
            environment=environment,
            objective=vocabulary.build(config.objective),
            encoder=vocabulary.build(config.policy["encoder"]),
            exploration=vocabulary.build(config.policy["forward"]).explore,
            backward=vocabulary.build(config.policy["backward"]),
            optimizer=vocabulary.build(config.train["optimizer"]),
            schedule=vocabulary.build(config.train["schedule"]),
            metrics=tuple(metrics),
        )

    @property
    def learns_backward(self) -> bool:
        """Whether P_B has a head."""
        return BackwardNeed.HEAD in self.backward.needs

    def written(self, path: str) -> bool:
        """Whether somebody set the value at ``path``."""
        setting = self.config.settings.get(path)
        return setting is not None and setting.source != "default"


Findings = Iterator[Conflict]


def _error(code: str, path: str, message: str, *helps: str) -> Conflict:
    return Conflict(code=code, severity=Severity.ERROR, path=path, message=message, helps=helps)


def _note(code: str, path: str, message: str, notes: tuple[str, ...], *helps: str) -> Conflict:
    return Conflict(
        code=code, severity=Severity.NOTE, path=path, message=message, notes=notes, helps=helps
    )


def _count(environment: EnvironmentFacts) -> str:
    if environment.states is None:
        return "its states cannot be enumerated within `compile.exact_limit`"
    return f"it has up to {environment.states:,} states, more than `compile.exact_limit`"


def _length(case: _Case) -> Findings:
    if case.config.train["steps"] is None and case.config.train["trajectories"] is None:
        yield _error(
            "GFS112",
            "train.steps",
            "training has no length: `train.steps` and `train.trajectories` are both none",
            "set `train.steps = 1_000`",
        )


def _shapes(case: _Case) -> Findings:
    if isinstance(case.encoder, MLP) and not case.encoder.hidden:
        yield _error(
            "GFS121",
            "policy.encoder.hidden",
            "`mlp` needs at least one hidden layer",
            "set `policy.encoder.hidden = [256, 256]`",
        )
    if isinstance(case.optimizer, Adam) and len(case.optimizer.betas) != 2:
        yield _error(
            "GFS121",
            "train.optimizer.betas",
            f"`adam` takes two betas, not {len(case.optimizer.betas)}",
            "set `train.optimizer.betas = [0.9, 0.999]`",
        )


def _tabular(case: _Case) -> Findings:
    if case.encoder.enumerates and case.environment.enumerable is False:
        yield _error(
            "GFS401",
            "policy.encoder",
            "a table of states does not fit this environment: " + _count(case.environment),
            "use `policy.encoder = mlp()`",
        )


def _path_counts(case: _Case) -> Findings:
    counted = BackwardNeed.PATH_COUNTS in case.backward.needs
    if counted and case.environment.enumerable is False:
        yield _error(
            "GFS403",
            "policy.backward",
            "trajectories cannot be counted in this environment: " + _count(case.environment),
            "use `policy.backward = uniform()`, or learn it with `tlm()`",
        )


def _metrics(case: _Case) -> Findings:
    seen: dict[str, Metric] = {}
    for path, metric in case.metrics:
        word = metric.label.partition(".")[0]
        for rule in (_enumeration, _modes, _regions):
            for found in rule(case.environment, path, metric):
                yield attrs.evolve(found, word=word)
        if seen.setdefault(metric.label, metric) != metric:
            found = _error(
                "GFS403",
                path,
                f"`{metric.label}` is asked for with different arguments; both would be recorded "
                "under one name",
                "keep one of them",
            )
            yield attrs.evolve(found, word=word)


def _enumeration(environment: EnvironmentFacts, path: str, metric: Metric) -> Findings:
    if not (metric.needs.exact or metric.needs.target):
        return
    needs = f"`{metric.label}` needs all states of the environment"
    if environment.impure:
        yield _error(
            "GFS216",
            path,
            f"{needs} and their rewards, but `{environment.impure}` may give another one each time",
            "declare it `pure = true` if equal arguments give equal results",
        )
    elif environment.enumerable is False:
        yield _error(
            "GFS404",
            path,
            f"{needs}: {_count(environment)}",
            "use a metric of samples alone, such as `elbo()` or `effective_sample_size()`",
            "or raise `compile.exact_limit`",
        )
    elif environment.enumerable is None:
        yield _note(
            "GFS404",
            path,
            f"{needs}, which are not counted yet",
            ("they are counted when the experiment is compiled, which may refuse it",),
        )


def _modes(environment: EnvironmentFacts, path: str, metric: Metric) -> Findings:
    if metric.needs.modes and not environment.has_modes:
        yield _error(
            "GFS403",
            path,
            f"`{metric.label}` counts modes, but the reward does not say what a mode is",
            "add `mode when ...` to the reward",
        )


def _regions(environment: EnvironmentFacts, path: str, metric: Metric) -> Findings:
    known = ", ".join(f"`{name}`" for name in sorted(environment.regions)) or "none"
    for region in metric.needs.regions:
        if region not in environment.regions:
            message = f"the reward has no bool `let` called `{region}`"
            yield _error("GFS101", path, message, f"it has {known}")


def _explored(case: _Case) -> Findings:
    exploration = case.exploration
    if exploration.is_policy or not isinstance(exploration, Epsilon):
        return
    if exploration.actions == "stop" and not case.environment.has_stop:
        yield _error(
            "GFS402",
            "policy.forward.explore.actions",
            "the environment has no `stop` to explore",
            "use `actions = any`, or drop `explore`",
        )


def _exploring_tlm(case: _Case) -> Findings:
    explored = case.exploration
    stop_alone = isinstance(explored, Epsilon) and explored.actions == "stop"
    if case.backward.owner is Owner.BACKWARD and not explored.is_policy and not stop_alone:
        yield _note(
            "GFS403",
            "policy.forward.explore",
            "P_B learns from explored trajectories",
            ("they pull P_B towards the exploring policy, away from P_F",),
            "explore `stop` alone: `explore = epsilon(0.002, actions = stop)`",
        )


#: A learning rate has ended at this fraction of its start: P_F no longer follows its losses.
_P_F_RESTS = 0.01

#: P_B has come to rest, as far as P_F can tell, at this fraction of its learning rate.
_P_B_RESTS = 0.05


def _restless_tlm(case: _Case) -> Findings:
    backward, train = case.backward, case.config.train
    if not isinstance(backward, TrainedBackward) or case.config.policy["share"] != "trunk":
        return
    steps = train["steps"]
    if steps is None and train["trajectories"] is not None:
        steps = train["trajectories"] // train["batch"]
    if not steps or case.schedule.factor(steps, steps) > _P_F_RESTS:
        return
    left = backward.optimisation.lr_decay**steps
    if left <= _P_B_RESTS:
        return
    # Rounded down, with digits enough to tell it from 1: the advice ends the remark.
    scale = 10 ** (len(str(steps)) + 2)
    advised = math.floor(_P_B_RESTS ** (1 / steps) * scale) / scale
    yield _note(
        "GFS403",
        "policy.backward.lr_decay",
        "P_B goes on moving the shared trunk when P_F can no longer follow",
        (
            f"`train.schedule` ends near 0, the learning rate of P_B at {left:.2g} of its start; "
            "an exact distance can rise at the end of training",
        ),
        f"set `policy.backward.lr_decay = {advised}`",
        "or `policy.share = none`",
    )


def _lost_stop(case: _Case) -> Findings:
    local = Estimate.LOG_FLOW in case.objective.requires
    moving = case.learns_backward or BackwardNeed.PATH_COUNTS in case.backward.needs
    if local and moving and case.environment.has_stop and case.exploration.is_policy:
        yield _note(
            "GFS403",
            "policy.forward.explore",
            "on-policy training can lose `stop` at objects of low reward",
            ("once `stop` is never sampled at a state, nothing raises its probability again",),
            "set `policy.forward.explore = epsilon(0.002, actions = stop)`",
        )


def _ablations(case: _Case) -> Findings:
    if getattr(case.backward, "init", "uniform") != "uniform":
        yield _note(
            "GFS403",
            "policy.backward.init",
            "P_B starts at random",
            ("the P_B that training reaches depends on its start; published runs start uniform",),
        )
    if getattr(case.backward, "update", "before") != "before":
        yield _note(
            "GFS403",
            "policy.backward.update",
            "P_B is updated after P_F",
            ("the published order is P_B first",),
        )


def _without_effect(case: _Case) -> Findings:
    objective = case.objective
    uniform = isinstance(objective, SubTrajectoryBalance) and objective.weighting == "uniform"
    if uniform and case.written("objective.lambda"):
        yield _error(
            "GFS402",
            "objective.lambda",
            "`lambda` has no effect where all sub-trajectories weigh the same",
            "drop it, or use `weighting = geometric_within`",
        )
    heads = 1 + case.learns_backward + (Estimate.LOG_FLOW in objective.requires)
    if heads == 1 and case.written("policy.share") and case.config.policy["share"] == "none":
        yield _error(
            "GFS402",
            "policy.share",
            "there is only the forward policy, with nothing to share",
            "drop it",
        )


_RULES: tuple[Callable[[_Case], Findings], ...] = (
    _length,
    _shapes,
    _tabular,
    _path_counts,
    _metrics,
    _explored,
    _exploring_tlm,
    _restless_tlm,
    _lost_stop,
    _ablations,
    _without_effect,
)
