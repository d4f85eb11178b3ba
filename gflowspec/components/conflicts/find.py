"""Combinations of settings that are refused, or deserve a remark, before anything is built."""

from __future__ import annotations

from collections.abc import Callable

from gflowspec.components.conflicts import policies, rewards, training
from gflowspec.components.conflicts.case import Case, Conflict, EnvironmentFacts, Findings
from gflowspec.components.conflicts.metrics import metrics
from gflowspec.core.schema import Vocabulary
from gflowspec.ir.config import Config

_RULES: tuple[Callable[[Case], Findings], ...] = (
    training.length,
    training.shapes,
    training.least_batch,
    training.tabular,
    training.collections,
    training.attention_heads,
    training.path_counts,
    metrics,
    rewards.ends,
    rewards.rewards,
    training.replay,
    training.idle_start,
    training.without_replay,
    training.coinciding,
    policies.explored,
    policies.exploring_tlm,
    policies.restless_tlm,
    policies.lost_stop,
    policies.implied,
    policies.residual_gradient,
    policies.ablations,
    policies.without_effect,
)


def conflicts(
    config: Config, vocabulary: Vocabulary, environment: EnvironmentFacts
) -> tuple[Conflict, ...]:
    """Everything that is to be said about a configuration whose settings are each in order."""
    case = Case.of(config, vocabulary, environment)
    return tuple(found for rule in _RULES for found in rule(case))
