"""What components ask of the engine; nothing here holds a tensor.

What they are given in return stands in ``contracts.py``.
"""

from __future__ import annotations

from enum import Enum

import attrs

from gflowspec.components.test_sets.base import TestSet


class Estimate(Enum):
    """What an objective or a backward rule can ask the engine for."""

    LOG_PF = "log_pf"
    LOG_PB = "log_pb"
    LOG_FLOW = "log_flow"
    LOG_Z = "log_z"
    V = "v"
    LOG_PF_END = "log_pf_end"
    LOG_REWARDS = "log_rewards"
    TARGET_KL = "target_kl"
    LOG_INFLOW = "log_inflow"


#: Estimates that need no head of their own: the head of the other one gives them too.
READ_OFF = {
    Estimate.V: Estimate.LOG_PF,
    Estimate.LOG_PF_END: Estimate.LOG_PF,
    Estimate.TARGET_KL: Estimate.LOG_PF,
    Estimate.LOG_INFLOW: Estimate.LOG_PF,
}


class Unit(Enum):
    """What replay stores of a batch, and what a loss is a mean over."""

    TRAJECTORY = "trajectory"
    TRANSITION = "transition"


class Owner(Enum):
    """Whose optimiser trains the P_B head."""

    NOBODY = "nobody"
    OBJECTIVE = "objective"
    BACKWARD = "backward"


class BackwardNeed(Enum):
    """What the engine has to provide for a backward rule.

    ``HEAD``: a P_B head, normalised over the legal backward actions of the child.
    ``TARGET``: a lagging copy of the head and of its own trunk, read by the loss of P_F.
    ``PATH_COUNTS``: log n of every state, from the enumerated environment.
    """

    HEAD = "head"
    TARGET = "target"
    PATH_COUNTS = "path_counts"


@attrs.frozen(kw_only=True)
class Lag:
    """How a copy follows its network: every ``every`` updates, by ``tau`` of the difference."""

    tau: float
    every: int = 1


@attrs.frozen(kw_only=True)
class ForwardOptimisation:
    """How the updates of P_F run.

    Attributes:
        start: Iterations at the beginning that sample, fill the replay buffer, and learn nothing.
        updates: Updates of P_F in an iteration, each on a batch drawn anew where there is replay.
        lag: Of the copy of P_F and of the flow that an objective reads as ``Estimates.target``;
            None for objectives without one. The copy of P_B, if there is one, then moves with it.
    """

    start: int = 0
    updates: int = 1
    lag: Lag | None = None


@attrs.frozen(kw_only=True)
class BackwardOptimisation:
    """How the optimiser of P_B runs, for rules with ``Owner.BACKWARD``.

    Attributes:
        lr: Learning rate at the start.
        lr_decay: Factor on it after each P_B update.
        target_tau: Weight of the online network in the target copy each time that it moves: right
            after a P_B update, or with the copy of P_F where the objective has one.
        before: Whether the P_B updates of an iteration precede its P_F updates.
        batches: How many of the last batches a P_B update may see: one of them, drawn uniformly;
            1 is the batch just sampled.
        updates: P_B updates in an iteration.
    """

    lr: float
    lr_decay: float = 1.0
    target_tau: float = 1.0
    before: bool = True
    batches: int = 1
    updates: int = 1


@attrs.frozen(kw_only=True)
class MetricNeeds:
    """What a metric reads; the engine computes the union over all metrics of an evaluation.

    Attributes:
        exact: An ExactEvaluation; the environment has to be enumerable.
        target: The exact target law; likewise.
        fresh: Number of trajectories to be sampled from the policy; 0 for none.
        stops: Number of trajectories whose visits to states that may stop are looked at; 0 for
            none. Reads the reward at each of them.
        window: Number of objects last visited in training; 0 for none.
        history: A History.
        best: How many best objects the History has to keep.
        training: The measurements of the last training iteration.
        modes: The reward has to declare ``mode when``.
        regions: Bool lets of the reward, as masks over the states of the table.
        tests: Test sets whose log-probabilities are read, each with the number of backward
            rollouts from an object.
        backward: Number of objects to be drawn from the target law, each with one backward rollout;
            0 for none. The environment has to be enumerable.
    """

    exact: bool = False
    target: bool = False
    fresh: int = 0
    stops: int = 0
    window: int = 0
    history: bool = False
    best: int = 0
    training: bool = False
    modes: bool = False
    regions: tuple[str, ...] = ()
    tests: tuple[tuple[TestSet, int], ...] = ()
    backward: int = 0
