"""Remarks on how P_F explores and how P_B is learned, and settings without effect."""

from __future__ import annotations

import math

from gflowspec.components.backward.base import TrainedBackward
from gflowspec.components.backward.uniform import UniformBackward
from gflowspec.components.conflicts.case import Case, Findings, error, note
from gflowspec.components.exploration.epsilon import Epsilon
from gflowspec.components.needs import BackwardNeed, Estimate, Owner
from gflowspec.components.objectives.sub_trajectories import SubTrajectories
from gflowspec.core.schema import parameters


def explored(case: Case) -> Findings:
    """Exploration of an action that does not exist."""
    exploration = case.exploration
    if exploration.is_policy or not isinstance(exploration, Epsilon):
        return
    if exploration.actions == "stop" and not case.environment.has_stop:
        yield error(
            "GFS402",
            "policy.forward.explore.actions",
            "the environment has no `stop` to explore",
            "use `actions = any`, or drop `explore`",
        )


def exploring_tlm(case: Case) -> Findings:
    """The likelihood of explored trajectories is not that of the policy."""
    explored = case.exploration
    stop_alone = isinstance(explored, Epsilon) and explored.actions == "stop"
    if case.backward.owner is Owner.BACKWARD and not explored.is_policy and not stop_alone:
        yield note(
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


def restless_tlm(case: Case) -> Findings:
    """P_B that moves a shared trunk when P_F has stopped."""
    backward, steps = case.backward, case.steps
    if not isinstance(backward, TrainedBackward) or case.config.policy["share"] != "trunk":
        return
    if not steps or case.schedule.factor(steps, steps) > _P_F_RESTS:
        return
    left = backward.optimisation.lr_decay**steps
    if left <= _P_B_RESTS:
        return
    decays = any(item.key == "lr_decay" for item in parameters(type(backward)))
    # Rounded down, with digits enough to tell it from 1: the advice ends the remark.
    scale = 10 ** (len(str(steps)) + 2)
    advised = math.floor(_P_B_RESTS ** (1 / steps) * scale) / scale
    yield note(
        "GFS403",
        "policy.backward.lr_decay" if decays else "policy.backward",
        "P_B goes on moving the shared trunk when P_F can no longer follow",
        (
            f"`train.schedule` ends near 0, the learning rate of P_B at {left:.2g} of its start; "
            "an exact distance can rise at the end of training",
        ),
        *([f"set `policy.backward.lr_decay = {advised}`"] if decays else []),
        f"{'or' if decays else 'set'} `policy.share = none`",
    )


def lost_stop(case: Case) -> Findings:
    """On-policy losses of single steps forget what they never see."""
    local = Estimate.LOG_FLOW in case.objective.requires
    moving = case.learns_backward or BackwardNeed.PATH_COUNTS in case.backward.needs
    if local and moving and case.environment.has_stop and case.exploration.is_policy:
        yield note(
            "GFS403",
            "policy.forward.explore",
            "on-policy training can lose `stop` at objects of low reward",
            ("once `stop` is never sampled at a state, nothing raises its probability again",),
            "set `policy.forward.explore = epsilon(0.002, actions = stop)`",
        )


def ablations(case: Case) -> Findings:
    """Settings that published runs do not use."""
    if getattr(case.backward, "init", "uniform") != "uniform":
        yield note(
            "GFS403",
            "policy.backward.init",
            "P_B starts at random",
            ("the P_B that training reaches depends on its start; published runs start uniform",),
        )
    if getattr(case.backward, "update", "before") != "before":
        yield note(
            "GFS403",
            "policy.backward.update",
            "P_B is updated after P_F",
            ("the published order is P_B first",),
        )


def implied(case: Case) -> Findings:
    """P_B of an objective that reads none follows from P_F."""
    if Estimate.LOG_PB in case.objective.requires or isinstance(case.backward, UniformBackward):
        return
    name = case.config.objective.name
    yield error(
        "GFS402",
        "policy.backward",
        f"`{name}` reads no P_B, so that a rule for it has no effect",
        "set `policy.backward = uniform()`, which metrics such as `elbo` then read, or choose an "
        "objective that reads P_B, such as `db()`",
    )


def residual_gradient(case: Case) -> Findings:
    """The reward of the value that DQN estimates is then part of what is minimised."""
    if case.backward.owner is Owner.OBJECTIVE and case.objective.optimisation.lag is not None:
        yield note(
            "GFS403",
            "policy.backward",
            "P_B is trained through the targets of Q",
            (
                "log P_B is the reward of a step: moving it towards Q is no learning of P_F, "
                "although both vanish together",
            ),
            "learn P_B by its likelihood: `policy.backward = tlm()`",
        )


def without_effect(case: Case) -> Findings:
    """Settings that nothing reads."""
    objective, head = case.objective, case.config.policy["forward"].arguments["head"]
    if head.name != "joint" and not case.environment.factored():
        yield error(
            "GFS402",
            "policy.forward.head",
            f"`{head.name}` has nothing to tell apart: no action chooses both a place among "
            "several and what to put there",
            "drop it, or use `head = joint`",
        )
    uniform = isinstance(objective, SubTrajectories) and objective.weighting == "uniform"
    if uniform and case.written("objective.lambda"):
        yield error(
            "GFS402",
            "objective.lambda",
            "`lambda` has no effect where all sub-trajectories weigh the same",
            "drop it, or use `weighting = geometric_within`",
        )
    heads = 1 + case.learns_backward + (Estimate.LOG_FLOW in objective.requires)
    if heads == 1 and case.written("policy.share") and case.config.policy["share"] == "none":
        yield error(
            "GFS402",
            "policy.share",
            "there is only the forward policy, with nothing to share",
            "drop it",
        )
