"""The sections of an experiment: which settings exist besides the arguments of components.

Every setting listed here has an effect. ``environment`` and ``reward`` are calls of declarations
of the file and are not listed.
"""

from __future__ import annotations

from typing import ClassVar, TypeVar, dataclass_transform

import attrs

from gflowspec.components.backward.base import BackwardRule
from gflowspec.components.backward.uniform import UniformBackward
from gflowspec.components.devices.auto import Auto
from gflowspec.components.devices.base import Device
from gflowspec.components.encoders.base import Encoder
from gflowspec.components.encoders.mlp import MLP
from gflowspec.components.forward.learned import Learned
from gflowspec.components.metrics.base import Metric
from gflowspec.components.objectives.base import Objective
from gflowspec.components.optimizers.adam import Adam
from gflowspec.components.optimizers.base import Optimizer
from gflowspec.components.replay.base import Replay
from gflowspec.components.schedules.base import Schedule
from gflowspec.components.schedules.constant import Constant
from gflowspec.components.trackers.mlflow import MlflowBackend
from gflowspec.components.trackers.none import NoBackend
from gflowspec.core.schema import Range, param

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(param,))
def section(cls: type[T]) -> type[T]:
    """Make a class the schema of a section."""
    return attrs.frozen(kw_only=True, eq=False, repr=False)(cls)


@section
class ExperimentSection:
    """The experiment's own level."""

    objective: Objective = param(kind="objective", doc="loss of the forward policy")
    replay: Replay | None = param(
        default=None,
        kind="replay",
        optional=True,
        offered_by="objective",
        doc="replay buffer of P_F's updates; `none` trains on the batch just sampled",
    )


@section
class PolicySection:
    """``policy``."""

    encoder: Encoder = param(
        default=MLP(), kind="encoder", doc="from a state to what the heads read"
    )
    forward: Learned = param(default=Learned(), kind="forward", doc="the forward policy P_F")
    backward: BackwardRule = param(
        default=UniformBackward(), kind="backward", doc="the backward policy P_B"
    )
    share: str = param(
        default="trunk",
        choices=("trunk", "none"),
        doc="one encoder for P_F, P_B and flow, or one for each",
    )


@section
class TrainSection:
    """``train``.

    ``exclusive`` lists settings of which only one is given; setting one of them in a layer
    replaces what a lower layer said about the other.
    """

    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (("steps", "trajectories"),)

    steps: int | None = param(
        default=None,
        range=Range(1),
        type=int,
        optional=True,
        doc="iterations; instead of `trajectories`",
    )
    trajectories: int | None = param(
        default=1_000_000,
        range=Range(1),
        optional=True,
        doc="trajectories to train on; iterations are ceil(trajectories / batch)",
    )
    batch: int = param(default=16, range=Range(1), doc="trajectories of each iteration")
    optimizer: Optimizer = param(default=Adam(), kind="optimizer", doc="optimiser of the networks")
    schedule: Schedule = param(
        default=Constant(), kind="schedule", doc="factor on the learning rate of P_F and the flow"
    )
    seed: int = param(
        default=0,
        range=Range(0, 2**63 - 1),
        doc="one seed for everything; streams are split by name",
    )
    device: Device = param(
        default=Auto(), kind="device", doc="where tensors live; not in the run hash"
    )
    precision: str = param(
        default="float32", choices=("float32", "float64"), doc="numbers of the networks"
    )
    budget: float | None = param(
        default=None,
        range=Range(0, low_open=True),
        type="time",
        optional=True,
        doc="stop cleanly after this wall time; not in the run hash",
    )
    checkpoint_every: float = param(
        default=300.0,
        range=Range(0, low_open=True),
        type="interval",
        doc="iterations, or wall time, between checkpoints; not in the run hash",
    )
    ema: float = param(
        default=0.0,
        range=Range(0, 1, high_open=True),
        doc="weight of the past in averaged weights for evaluation and sampling; 0 is off",
    )
    lowering: str = param(
        default="auto",
        choices=("auto", "eager", "native"),
        doc="how rollouts are executed: `native` compiles them as C++ where that is possible, and "
        "`auto` does so if the run is long enough to gain by it; not in the run hash",
    )
    deterministic: bool = param(default=False, doc="deterministic kernels on a GPU")


@section
class EvaluateSection:
    """``evaluate``, besides its ``every N`` blocks."""

    final: tuple[Metric, ...] = param(
        default=(), kind="metric", item="component", doc="metrics computed once, at the end"
    )


@section
class EverySection:
    """An ``every N`` block: N iterations, and also at the last one."""

    metrics: tuple[Metric, ...] = param(
        default=(), kind="metric", item="component", doc="metrics computed every N iterations"
    )


@section
class TrackSection:
    """``track``."""

    backend: MlflowBackend | NoBackend = param(
        default=MlflowBackend(), kind="tracker", doc="where runs are recorded"
    )
    tags: dict[str, str] | None = param(
        default=None, type="map", optional=True, doc="tags of the run"
    )
    every: int = param(
        default=10, range=Range(1), doc="iterations between two hand-overs of training metrics"
    )


@section
class CompileSection:
    """``compile``."""

    table_limit: int = param(
        default=65_536, range=Range(1), doc="greatest number of entries of a compile-time table"
    )
    exact_limit: int = param(
        default=2_000_000,
        range=Range(1),
        doc="greatest number of states that exact evaluation enumerates",
    )
    scope_limit: int = param(
        default=20_000, range=Range(1), doc="greatest number of states that proofs enumerate"
    )


#: Classes by the path of their section; ``evaluate.every`` is the body of ``every N``.
SECTIONS: dict[str, type] = {
    "": ExperimentSection,
    "policy": PolicySection,
    "train": TrainSection,
    "evaluate": EvaluateSection,
    "evaluate.every": EverySection,
    "track": TrackSection,
    "compile": CompileSection,
}
