"""Configurations and experiments on the small worlds, without a file."""

from __future__ import annotations

from gflowspec.compiler.build import build
from gflowspec.components.backward.maxent import MaximumEntropyBackward
from gflowspec.components.backward.naive import NaiveBackward
from gflowspec.components.backward.pessimistic import PessimisticBackward
from gflowspec.components.backward.tlm import TrajectoryLikelihoodMaximization
from gflowspec.components.backward.uniform import UniformBackward
from gflowspec.components.discover import vocabulary
from gflowspec.components.encoders.mlp import MLP
from gflowspec.components.exploration.epsilon import Epsilon
from gflowspec.components.forward.learned import Learned
from gflowspec.components.needs import Unit
from gflowspec.components.objectives.db import DetailedBalance
from gflowspec.components.objectives.flow_matching import FlowMatching
from gflowspec.components.objectives.forward_looking_db import ForwardLookingDetailedBalance
from gflowspec.components.objectives.modified_db import ModifiedDetailedBalance
from gflowspec.components.objectives.modified_subtb import ModifiedSubTrajectoryBalance
from gflowspec.components.objectives.munchausen_dqn import MunchausenDQN
from gflowspec.components.objectives.soft_dqn import SoftDQN
from gflowspec.components.objectives.subtb import SubTrajectoryBalance
from gflowspec.components.objectives.tb import TrajectoryBalance
from gflowspec.components.objectives.vargrad import VarianceGradient
from gflowspec.components.optimizers.adam import Adam
from gflowspec.components.replay.prioritized import PrioritizedReplay
from gflowspec.components.sections import SECTIONS
from gflowspec.core.schema import call_of, parameters
from gflowspec.ir.config import Config, MetricSchedule

DQN = {"start": 3, "target_tau": 0.5}
OBJECTIVES = {
    "tb": TrajectoryBalance(),
    "db": DetailedBalance(),
    "subtb": SubTrajectoryBalance(),
    "vargrad": VarianceGradient(),
    "flow_matching": FlowMatching(),
    "forward_looking_db": ForwardLookingDetailedBalance(),
    "modified_db": ModifiedDetailedBalance(),
    "modified_subtb": ModifiedSubTrajectoryBalance(),
    "soft_dqn": SoftDQN(**DQN),
    "munchausen_dqn": MunchausenDQN(**DQN),
}
RULES = {
    "uniform": UniformBackward(),
    "maxent": MaximumEntropyBackward(),
    "naive": NaiveBackward(),
    "tlm": TrajectoryLikelihoodMaximization(lr=1e-2),
    "pessimistic": PessimisticBackward(lr=1e-2, buffer=3),
}
#: Rules whose P_B has a loss and an optimiser of its own.
TRAINED = ("tlm", "pessimistic")
REPLAY = PrioritizedReplay(size=60, batch=16)
#: Objectives for environments where every state may stop.
STOPPING = ("forward_looking_db", "modified_db", "modified_subtb")
#: Objectives that read no P_B; every rule but ``uniform`` is refused.
WITHOUT_BACKWARD = ("flow_matching",)
CELLS = [
    (objective, rule)
    for objective in OBJECTIVES
    for rule in RULES
    if rule == "uniform" or objective not in WITHOUT_BACKWARD
]
SMALL = MLP(hidden=(32, 32))


def section(name, values):
    """Values of a section by key, defaults included, components as calls."""
    found = {}
    for item in parameters(SECTIONS[name]):
        value = values.get(item.name, item.default)
        found[item.key] = call_of(value) if hasattr(value, "component_kind") else value
    return found


def config_of(
    objective="tb",
    rule="uniform",
    *,
    encoder=SMALL,
    share="trunk",
    explore=None,
    metrics=(),
    track_every=10,
    replay="offered",
    **train,
):
    """``metrics`` lists (every, metric, ...) tuples; ``train`` holds settings of ``train``."""
    policy = {
        "encoder": encoder,
        "forward": Learned(explore=explore or Epsilon()),
        "backward": RULES[rule] if isinstance(rule, str) else rule,
        "share": share,
    }
    objective = OBJECTIVES[objective] if isinstance(objective, str) else objective
    if replay == "offered":
        replay = REPLAY if objective.unit is Unit.TRANSITION else None
    train = {"optimizer": Adam(lr=1e-2), "batch": 8, "steps": 20, "checkpoint_every": 10**9} | train
    return Config(
        experiment="small",
        settings={},
        policy=section("policy", policy),
        objective=call_of(objective),
        replay=None if replay is None else call_of(replay),
        train=section("train", train),
        evaluate=tuple(
            MetricSchedule(every=every, metrics=tuple(call_of(item) for item in found))
            for every, *found in metrics
        ),
        track=section("track", {"every": track_every}),
        limits={"exact_limit": 100_000, "table_limit": 65_536, "scope_limit": 20_000},
    )


def experiment_of(world, *cell, **settings):
    return build(world, config_of(*cell, **settings), vocabulary())


def snapshot(module):
    """Copies of all parameters by name; empty for None."""
    if module is None:
        return {}
    return {name: item.detach().clone() for name, item in module.named_parameters()}


def optimiser_state(optimizer):
    """Copies of the moments of an optimiser, and its learning rates."""
    if optimizer is None:
        return {}
    found = {
        (id(parameter), key): value.clone()
        for parameter, state in optimizer.state.items()
        for key, value in state.items()
    }
    return found | {("lr", i): group["lr"] for i, group in enumerate(optimizer.param_groups)}


def same(first, second):
    """Whether two snapshots are bitwise equal."""
    if first.keys() != second.keys():
        return False
    return all(bool((first[name] == second[name]) if isinstance(first[name], float)
                    else (first[name] == second[name]).all()) for name in first)  # fmt: skip
