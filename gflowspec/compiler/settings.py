"""The components of an experiment, built from its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from gflowspec.components.backward.base import BackwardRule
from gflowspec.components.encoders.base import Encoder
from gflowspec.components.exploration.base import Exploration
from gflowspec.components.heads.base import ForwardHead
from gflowspec.components.metrics.base import Metric
from gflowspec.components.objectives.base import Objective
from gflowspec.components.replay.base import Replay
from gflowspec.components.sections import TrackSection, TrainSection
from gflowspec.core.schema import ComponentCall, Vocabulary, parameters
from gflowspec.ir.config import Config


@attrs.frozen(kw_only=True)
class Schedule:
    """Metrics that are computed every ``every`` iterations and at the end; 0 is the end alone."""

    every: int
    metrics: tuple[Metric, ...]


@attrs.frozen(kw_only=True)
class Settings:
    """Everything an experiment says, as objects.

    Attributes:
        encoder: Makes trunks.
        exploration: Behaviour policy.
        head: Makes the head of P_F.
        backward: The backward rule.
        objective: The loss of P_F.
        replay: The replay buffer of P_F's updates; None trains on the batch just sampled.
        share: ``trunk`` or ``none``.
        train: Values of the ``train`` section.
        track: Values of the ``track`` section.
        evaluate: Metric schedules.
        names: Component names of ``objective``, ``backward`` and ``encoder``.
    """

    encoder: Encoder
    exploration: Exploration
    head: ForwardHead
    backward: BackwardRule
    objective: Objective
    replay: Replay | None
    share: str
    train: TrainSection
    track: TrackSection
    evaluate: tuple[Schedule, ...]
    names: Mapping[str, str]

    def name(self, kind: str) -> str:
        """The name a component has in ``.gfs``."""
        return self.names[kind]

    @property
    def steps(self) -> int:
        """Iterations of a whole run."""
        if self.train.steps is not None:
            return self.train.steps
        assert self.train.trajectories is not None
        return -(-self.train.trajectories // self.train.batch)


def settings_of(config: Config, vocabulary: Vocabulary) -> Settings:
    """Build the components that a resolved configuration names."""
    policy = config.policy
    forward = vocabulary.build(policy["forward"])
    return Settings(
        encoder=vocabulary.build(policy["encoder"]),
        exploration=forward.explore,
        head=forward.head,
        backward=vocabulary.build(policy["backward"]),
        objective=vocabulary.build(config.objective),
        replay=None if config.replay is None else vocabulary.build(config.replay),
        share=policy["share"],
        train=_section(TrainSection, config.train, vocabulary),
        track=_section(TrackSection, config.track, vocabulary),
        evaluate=tuple(
            Schedule(
                every=item.every,
                metrics=tuple(vocabulary.build(call) for call in item.metrics),
            )
            for item in config.evaluate
        ),
        names={
            "objective": config.objective.name,
            "backward": policy["backward"].name,
            "encoder": policy["encoder"].name,
        },
    )


def _section(cls: Any, values: Mapping[str, Any], vocabulary: Vocabulary) -> Any:
    """An instance of a section class from values by key."""
    names = {item.key: item.name for item in parameters(cls)}
    built = {
        names[key]: vocabulary.build(value) if isinstance(value, ComponentCall) else value
        for key, value in values.items()
        if key in names
    }
    return cls(**built)
