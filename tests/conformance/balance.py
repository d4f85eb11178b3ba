"""What balance tests share: objectives in all their variants, exact solutions, trajectories."""

from __future__ import annotations

import attrs
import torch
from policies import random_backward
from walks import Tables, covering_walks, pack, random_walks

from gflowspec.components.contracts import BackwardFacts
from gflowspec.components.discover import vocabulary
from gflowspec.components.needs import BackwardNeed, Estimate
from gflowspec.components.objectives.db import DetailedBalance
from gflowspec.components.objectives.modified_subtb import ModifiedSubTrajectoryBalance
from gflowspec.components.objectives.munchausen_dqn import MunchausenDQN
from gflowspec.components.objectives.soft_dqn import SoftDQN
from gflowspec.components.objectives.subtb import SubTrajectoryBalance
from gflowspec.components.objectives.tb import TrajectoryBalance
from gflowspec.components.residuals.huber import Huber
from gflowspec.components.residuals.squared import Squared
from gflowspec.executor.exact import RankedGraph, choices, path_counts, solve

OBJECTIVES = {
    **{name: vocabulary().find("objective", name)() for name in vocabulary().names("objective")},
    "soft_dqn squared": SoftDQN(residual=Squared(), leaf_weight=2.0),
    "soft_dqn double": SoftDQN(double=True),
    "soft_dqn dueling": SoftDQN(dueling=True, double=True),
    "munchausen 0": MunchausenDQN(alpha=0.0),
    "munchausen 0.5": MunchausenDQN(alpha=0.5, double=True),
    "munchausen dueling": MunchausenDQN(alpha=0.5, dueling=True),
    "tb huber": TrajectoryBalance(residual=Huber()),
    "db leaf": DetailedBalance(leaf_weight=3.0, residual=Huber(delta=0.5)),
    "subtb 1": SubTrajectoryBalance(subtb_lambda=1.0),
    "subtb 2": SubTrajectoryBalance(subtb_lambda=2.0),
    "subtb geometric": SubTrajectoryBalance(weighting="geometric"),
    "modified_subtb uniform": ModifiedSubTrajectoryBalance(weighting="uniform"),
    "subtb uniform": SubTrajectoryBalance(weighting="uniform"),
}


def fits(objective, table):
    """Whether an objective is allowed there; the combinations below are refused."""
    if Estimate.LOG_PF_END in objective.requires and bool(table.forced.any()):
        return False
    return Estimate.LOG_REWARDS not in objective.requires or bool(table.terminating.all())


def estimates_of(packed, tables, objective):
    """What an objective reads of a tabular policy, whose table holds log F itself."""
    found = packed.estimates(tables, objective.temperature)
    if {Estimate.LOG_FLOW, Estimate.LOG_REWARDS} <= objective.requires:
        return attrs.evolve(found, log_flow=found.log_flow - found.log_rewards)
    return found


def exact_tables(table, log_pb):
    solution = solve(RankedGraph.of(table), log_pb)
    return Tables(
        log_pf=solution.log_pf,
        log_pf_stop=solution.log_pf_stop,
        log_pb=log_pb,
        log_flow=solution.log_flow,
        log_z=torch.tensor(solution.log_z, dtype=torch.float64),
    )


def backward_laws(table):
    """Log P_B of every fixed rule, and random ones for the learned rules."""
    counts = path_counts(RankedGraph.of(table))
    facts = BackwardFacts(
        choices=choices(table),
        log_paths_parent=counts[table.parent],
        log_paths_child=counts[table.child],
    )
    for name in vocabulary().names("backward"):
        rule = vocabulary().find("backward", name)
        if BackwardNeed.HEAD in rule.needs:
            yield random_backward(table, seed=len(name))
        else:
            yield rule().log_pb(facts)


def all_walks(table):
    return pack(table, random_walks(table, 300, seed=1) + covering_walks(table, seed=2))
