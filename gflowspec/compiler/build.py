"""From the program graph to modules and optimisers; the only place that creates either."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, cast

import attrs
import torch
from torch import Generator, Tensor

from gflowspec.compiler.native.lowering import Lowering, lowering
from gflowspec.compiler.passes.own_parameters import BACKWARD, FORWARD
from gflowspec.compiler.plan import plan
from gflowspec.compiler.program import Node, NodeKind, Program
from gflowspec.compiler.settings import Settings, settings_of
from gflowspec.components.backward.base import TrainedBackward
from gflowspec.components.needs import BackwardOptimisation, Estimate
from gflowspec.components.nets.networks import Networks
from gflowspec.components.nets.trunk import Trunk
from gflowspec.core.schema import Vocabulary
from gflowspec.ir.config import Config
from gflowspec.ir.derived import Derived

if TYPE_CHECKING:
    from gflowspec.compiler.environment import Environment

#: Precision names of ``train.precision``.
DTYPES = {"float32": torch.float32, "float64": torch.float64}


@attrs.frozen(kw_only=True)
class Ownership:
    """One row of the owners table.

    Attributes:
        tensor: Name of the parameter.
        shape: Its shape.
        owners: The optimisers that step it.
    """

    tensor: str
    shape: tuple[int, ...]
    owners: tuple[str, ...]


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Experiment:
    """A built, untrained experiment. The objects it holds change when it is trained.

    Attributes:
        environment: The compiled environment.
        config: The resolved configuration.
        settings: Its components, as objects.
        program: The program graph it was built from.
        networks: Live trunks, heads and log Z.
        backward_target: Lagging copy of the P_B head and of its own trunk copy; None unless needed.
        forward_target: Lagging copy of the heads of P_F and of the flow, likewise.
        average: Averaged weights for evaluation; None unless ``train.ema`` asks for them.
        forward_optimizer: Steps what P_F's loss trains; its last group is log Z, if there is one.
        backward_optimizer: Steps what P_B's own loss trains, if it has one.
        generators: Streams of noise by name.
        device: Where tensors live.
    """

    environment: Environment
    config: Config
    settings: Settings
    program: Program
    networks: Networks
    backward_target: Networks | None
    forward_target: Networks | None
    average: Networks | None
    forward_optimizer: torch.optim.Optimizer
    backward_optimizer: torch.optim.Optimizer | None
    generators: Mapping[str, Generator]
    device: torch.device

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the networks."""
        return DTYPES[self.settings.train.precision]

    @property
    def policy(self) -> Networks:
        """The networks that evaluation and samples use."""
        return self.networks if self.average is None else self.average

    @property
    def backward_optimisation(self) -> BackwardOptimisation | None:
        """How the optimiser of P_B runs; None without one."""
        rule = self.settings.backward
        return rule.optimisation if isinstance(rule, TrainedBackward) else None

    @cached_property
    def lowering(self) -> Lowering:
        """How rollouts are executed; the first call may compile them."""
        return lowering(self)

    @cached_property
    def owners(self) -> tuple[Ownership, ...]:
        """Every trained tensor with its optimisers."""
        return tuple(
            Ownership(tensor=f"{node.name}.{name}" if name else node.name,
                      shape=tuple(parameter.shape), owners=node.owners)
            for node in trained_nodes(self.program)
            for name, parameter in parameters_of(self.networks, node)
        )  # fmt: skip

    def owners_table(self) -> str:
        """The owners as lines of text, one tensor each."""
        width = max(len(row.tensor) for row in self.owners)
        return "\n".join(
            f"{row.tensor:<{width}}  {' x '.join(map(str, row.shape)) or '1':>10}"
            f"  {' + '.join(row.owners)}"
            for row in self.owners
        )


def build(environment: Environment, config: Config, vocabulary: Vocabulary) -> Experiment:
    """Create networks, copies, optimisers and noise streams for an experiment.

    Raises:
        UsageError: The device does not exist.
    """
    settings = settings_of(config, vocabulary)
    program = plan(settings, environment.sizes)
    device = torch.device(settings.train.device.resolve())
    dtype = DTYPES[settings.train.precision]
    networks = (
        _networks(program, settings, environment.derived).to(device=device, dtype=dtype).eval()
    )
    return Experiment(
        environment=environment,
        config=config,
        settings=settings,
        program=program,
        networks=networks,
        backward_target=_target(networks, program, "target.backward"),
        forward_target=_target(networks, program, "target.forward"),
        average=frozen_copy(networks) if settings.train.ema > 0 else None,
        forward_optimizer=_forward_optimizer(program, networks, settings),
        backward_optimizer=_backward_optimizer(program, networks, settings),
        generators={name: _stream(seed, device) for name, seed in program.seeds.items()},
        device=device,
    )


def trained_nodes(program: Program) -> tuple[Node, ...]:
    """Nodes that hold parameters."""
    return program.of_kind(NodeKind.TRUNK, NodeKind.HEAD, NodeKind.PARAMETER)


def parameters_of(networks: Networks, node: Node) -> Iterator[tuple[str, Tensor]]:
    """Names and parameters of a node; the name of log Z itself is empty."""
    if node.kind is NodeKind.PARAMETER:
        if networks.log_z is not None:
            yield "", networks.log_z
    else:
        yield from networks.part(node.name).named_parameters()


def frozen_copy(networks: Networks) -> Networks:
    """A deep copy that no optimiser may own and no graph may enter."""
    return copy.deepcopy(networks).eval().requires_grad_(False)


def _key(node: Node) -> str:
    """Name of a trunk or head among its kind."""
    return node.name.partition(".")[2]


def _networks(program: Program, settings: Settings, derived: Derived) -> Networks:
    """New networks, each part with weights from its own seed."""
    trunks: dict[str, Trunk] = {}
    for node in program.of_kind(NodeKind.TRUNK):
        with _seeded(node):
            trunk = settings.encoder.module(derived.codec)
        assert isinstance(trunk, Trunk)
        trunks[_key(node)] = trunk
    heads, trunk_of = {}, {}
    for node in program.of_kind(NodeKind.HEAD):
        key = trunk_of[_key(node)] = _key(program.node(program.trunk_of(node.name)))
        with _seeded(node):
            if node.gives is Estimate.LOG_PF:
                heads[_key(node)] = settings.head.module(trunks[key], derived)
            else:
                heads[_key(node)] = trunks[key].head(node.width, zero=node.zero)
    log_z = None
    if program.giving(Estimate.LOG_Z):
        log_z = torch.tensor(_log_z_settings(settings).init_log_z)
    return Networks(trunks, heads, trunk_of, log_z)


@contextmanager
def _seeded(node: Node) -> Iterator[None]:
    """Let torch's own generator start from the seed of a node, and restore it afterwards."""
    assert node.seed is not None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(node.seed)
        yield


class _LearnsLogZ(Protocol):
    """What an objective that requires ``LOG_Z`` declares besides."""

    lr_z: float
    init_log_z: float


def _log_z_settings(settings: Settings) -> _LearnsLogZ:
    return cast("_LearnsLogZ", settings.objective)


def _target(networks: Networks, program: Program, name: str) -> Networks | None:
    """A frozen copy of the heads that a target node reads, of their trunks, and of nothing else."""
    if name not in {node.name for node in program.nodes}:
        return None
    kinds = {item: program.node(item).kind for item in program.node(name).reads}
    heads = [item.partition(".")[2] for item, kind in kinds.items() if kind is NodeKind.HEAD]
    trunk_of = {head: networks.trunk_of[head] for head in heads}
    live = Networks(
        {trunk_of[head]: networks.trunk(head) for head in heads},
        {head: networks.head(head) for head in heads},
        trunk_of,
        None,
    )
    return frozen_copy(live)


def _owned(program: Program, networks: Networks, owner: str) -> list[Tensor]:
    """Parameters of trunks and heads that an optimiser steps."""
    return [
        parameter
        for node in program.of_kind(NodeKind.TRUNK, NodeKind.HEAD)
        if owner in node.owners
        for _, parameter in parameters_of(networks, node)
    ]


def _forward_optimizer(
    program: Program, networks: Networks, settings: Settings
) -> torch.optim.Optimizer:
    optimizer = settings.train.optimizer
    groups = [{"params": _owned(program, networks, FORWARD), "lr": optimizer.lr}]
    if networks.log_z is not None:
        lr = _log_z_settings(settings).lr_z
        groups.append({"params": [networks.log_z], "lr": lr, "weight_decay": 0.0})
    made = optimizer.make(groups)
    for group in made.param_groups:
        group["initial_lr"] = group["lr"]
    return made


def _backward_optimizer(
    program: Program, networks: Networks, settings: Settings
) -> torch.optim.Optimizer | None:
    rule = settings.backward
    if not isinstance(rule, TrainedBackward):
        return None
    owned = _owned(program, networks, BACKWARD)
    return settings.train.optimizer.make([{"params": owned, "lr": rule.optimisation.lr}])


def _stream(seed: int, device: torch.device) -> Generator:
    return Generator(device).manual_seed(seed)
