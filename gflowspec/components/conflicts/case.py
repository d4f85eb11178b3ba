"""What a finding about a configuration is, and what rules look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from gflowspec.components.backward.base import BackwardRule
from gflowspec.components.encoders.base import Encoder
from gflowspec.components.exploration.base import Exploration
from gflowspec.components.metrics.base import Metric
from gflowspec.components.needs import BackwardNeed
from gflowspec.components.objectives.base import Objective
from gflowspec.components.replay.base import Replay
from gflowspec.components.schedules.base import Schedule
from gflowspec.core.diagnostics import Severity
from gflowspec.core.schema import Vocabulary
from gflowspec.ir.config import Config


@attrs.frozen(kw_only=True)
class EnvironmentFacts:
    """What a combination can depend on.

    Attributes:
        has_stop: Whether ``stop`` is an action.
        stops_everywhere: Whether ``stop`` is legal at every state: it has no condition.
        forces_ends: Whether there is a ``terminal when``.
        enumerable: Whether all states fit the limit; None where that is not known yet.
        states: Number of states or an upper bound, where one is known.
        has_modes: Whether the reward says ``mode when``.
        regions: Names of the bool lets of the reward.
        impure: A function that the reward calls and that is not pure; empty without one.
        width: Locations of a state.
        has_collections: Whether the state has an array, a sequence, a set or a digraph.
        memory: Bytes of memory of this machine; None where it does not say.
        unshown: Why the rows of one ``let`` are no objects as another shows them, and whether all
            rows of 0 and 1 have to be; empty if they are.
        factored: Whether an action chooses an address among several, and a word among several.
    """

    has_stop: bool
    enumerable: bool | None
    states: int | None = None
    has_modes: bool = False
    regions: frozenset[str] = frozenset()
    impure: str = ""
    width: int = 1
    has_collections: bool = True
    memory: int | None = None
    unshown: Callable[[str, str, bool], str] = lambda _of, _via, _bits: ""
    stops_everywhere: bool = False
    forces_ends: bool = False
    factored: Callable[[], bool] = lambda: True


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


@attrs.frozen(kw_only=True)
class Case:
    """The components of a configuration, built."""

    config: Config
    environment: EnvironmentFacts
    objective: Objective
    replay: Replay | None
    encoder: Encoder
    exploration: Exploration
    backward: BackwardRule
    optimizer: object
    schedule: Schedule
    metrics: tuple[tuple[str, Metric], ...]

    @classmethod
    def of(cls, config: Config, vocabulary: Vocabulary, environment: EnvironmentFacts) -> Case:
        """Build them."""
        metrics: list[tuple[str, Metric]] = []
        for schedule in config.evaluate:
            every = schedule.every
            path = f"evaluate.every.{every}" if every else "evaluate.final"
            metrics.extend((path, vocabulary.build(call)) for call in schedule.metrics)
        return cls(
            config=config,
            environment=environment,
            objective=vocabulary.build(config.objective),
            replay=None if config.replay is None else vocabulary.build(config.replay),
            encoder=vocabulary.build(config.policy["encoder"]),
            exploration=vocabulary.build(config.policy["forward"]).explore,
            backward=vocabulary.build(config.policy["backward"]),
            optimizer=vocabulary.build(config.train["optimizer"]),
            schedule=vocabulary.build(config.train["schedule"]),
            metrics=tuple(metrics),
        )

    @property
    def steps(self) -> int | None:
        """Iterations of the run; None if nothing says how long it is."""
        train = self.config.train
        if train["steps"] is None and train["trajectories"] is not None:
            return -(-int(train["trajectories"]) // int(train["batch"]))
        steps: int | None = train["steps"]
        return steps

    @property
    def learns_backward(self) -> bool:
        """Whether P_B has a head."""
        return BackwardNeed.HEAD in self.backward.needs

    def written(self, path: str) -> bool:
        """Whether somebody set the value at ``path``."""
        setting = self.config.settings.get(path)
        return setting is not None and setting.source != "default"


Findings = Iterator[Conflict]


def error(code: str, path: str, message: str, *helps: str) -> Conflict:
    """What refuses the experiment."""
    return Conflict(code=code, severity=Severity.ERROR, path=path, message=message, helps=helps)


def note(code: str, path: str, message: str, notes: tuple[str, ...], *helps: str) -> Conflict:
    """A remark."""
    return Conflict(
        code=code, severity=Severity.NOTE, path=path, message=message, notes=notes, helps=helps
    )


def count(environment: EnvironmentFacts) -> str:
    """How many states there are, as the end of a message."""
    if environment.states is None:
        return "its states cannot be enumerated within `compile.exact_limit`"
    return f"it has up to {environment.states:,} states, more than `compile.exact_limit`"
