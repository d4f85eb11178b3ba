"""Training that has no length, no place for its tables, or a buffer that does not fit it."""

from __future__ import annotations

from gflowspec.components.backward.base import TrainedBackward
from gflowspec.components.conflicts.case import Case, Findings, count, error, note
from gflowspec.components.encoders.mlp import MLP
from gflowspec.components.encoders.transformer import Transformer
from gflowspec.components.needs import BackwardNeed, Unit
from gflowspec.components.objectives.munchausen_dqn import MunchausenDQN
from gflowspec.components.optimizers.adam import Adam


def length(case: Case) -> Findings:
    """Training has to end."""
    if case.config.train["steps"] is None and case.config.train["trajectories"] is None:
        yield error(
            "GFS112",
            "train.steps",
            "training has no length: `train.steps` and `train.trajectories` are both none",
            "set `train.steps = 1_000`",
        )


def shapes(case: Case) -> Findings:
    """Lists that are too short or too long for what they are."""
    if isinstance(case.encoder, MLP) and not case.encoder.hidden:
        yield error(
            "GFS121",
            "policy.encoder.hidden",
            "`mlp` needs at least one hidden layer",
            "set `policy.encoder.hidden = [256, 256]`",
        )
    if isinstance(case.optimizer, Adam) and len(case.optimizer.betas) != 2:
        yield error(
            "GFS121",
            "train.optimizer.betas",
            f"`adam` takes two betas, not {len(case.optimizer.betas)}",
            "set `train.optimizer.betas = [0.9, 0.999]`",
        )


def tabular(case: Case) -> Findings:
    """A table has a row for each state."""
    if case.encoder.enumerates and case.environment.enumerable is False:
        yield error(
            "GFS401",
            "policy.encoder",
            "a table of states does not fit this environment: " + count(case.environment),
            "use `policy.encoder = mlp()`",
        )


def collections(case: Case) -> Findings:
    """Attention needs tokens."""
    if case.encoder.reads_collections and not case.environment.has_collections:
        name = case.config.policy["encoder"].name
        yield error(
            "GFS401",
            "policy.encoder",
            f"`{name}` reads arrays, sequences, sets and digraphs; this state has single variables",
            "use `policy.encoder = mlp()`",
        )


def attention_heads(case: Case) -> Findings:
    """Each head of attention gets an equal share of a token."""
    encoder = case.encoder
    if isinstance(encoder, Transformer) and encoder.width % encoder.heads:
        width, heads = encoder.width, encoder.heads
        advised = next(n for n in range(min(heads, width), 0, -1) if width % n == 0)
        yield error(
            "GFS403",
            "policy.encoder.heads",
            f"{heads} heads do not divide a width of {width}",
            f"set `policy.encoder.heads = {advised}`",
        )


def path_counts(case: Case) -> Findings:
    """Counting trajectories takes all states."""
    counted = BackwardNeed.PATH_COUNTS in case.backward.needs
    if counted and case.environment.enumerable is False:
        yield error(
            "GFS403",
            "policy.backward",
            "trajectories cannot be counted in this environment: " + count(case.environment),
            "use `policy.backward = uniform()`, or learn it with `tlm()`",
        )


def least_batch(case: Case) -> Findings:
    """Losses that compare the trajectories of a batch need several."""
    least, batch = case.objective.least_batch, case.config.train["batch"]
    if batch < least:
        name = case.config.objective.name
        yield error(
            "GFS121",
            "train.batch",
            f"`{name}` compares the trajectories of a batch, which needs at least {least}",
            "set `train.batch = 16`",
        )


def replay(case: Case) -> Findings:
    """A buffer has to hold a batch, and priorities are those of transitions."""
    buffer = case.replay
    if buffer is None:
        return
    transitions = case.objective.unit is Unit.TRANSITION
    if buffer.prioritized and not transitions:
        yield error(
            "GFS403",
            "replay",
            "whole trajectories are drawn uniformly: their residuals say little about the next one",
            "use `replay = uniform()`",
            "or an objective of transitions, such as `soft_dqn()`",
        )
        return
    if buffer.of_objects and transitions:
        yield error(
            "GFS403",
            "replay",
            "trajectories that are sampled backward are no transitions to draw from a buffer",
            "use `replay = prioritized()`, or `uniform()`",
            "or an objective of trajectories, such as `tb()`",
        )
        return
    yield from _memory(case, buffer.size, transitions=transitions)
    batch = buffer.batch or (None if transitions else case.config.train["batch"])
    if batch is not None and batch > buffer.size:
        yield error(
            "GFS405",
            "replay.size",
            f"{batch:,} items are drawn for an update from a buffer that holds {buffer.size:,}",
            f"set `replay.size = {batch}` or more",
        )


#: Bytes of one location of a stored state, and of everything else that is stored of an item.
_LOCATION, _ITEM = 8, 32


def _memory(case: Case, size: int, *, transitions: bool) -> Findings:
    """A transition holds two states, a trajectory at least one."""
    memory = case.environment.memory
    item = (2 if transitions else 1) * case.environment.width * _LOCATION + _ITEM
    if memory is not None and size * item > memory:
        yield error(
            "GFS405",
            "replay.size",
            f"a full buffer takes {size * item / 2**30:,.0f} GiB, more than the "
            f"{memory / 2**30:,.0f} GiB of this machine",
            f"set `replay.size = {memory // (4 * item):_}` or less",
        )


def idle_start(case: Case) -> Findings:
    """Iterations that only fill the buffer have to end before the run does."""
    start, steps = case.objective.optimisation.start, case.steps
    if steps is not None and start >= steps:
        yield error(
            "GFS403",
            "objective.start",
            f"nothing would be learned: the first {start} iterations only fill the buffer, and "
            f"there are {steps}",
            "set `objective.start = 0`, or train for longer",
        )


def without_replay(case: Case) -> Findings:
    """What only a buffer gives a meaning to."""
    objective = case.objective
    if objective.unit is Unit.TRANSITION and case.replay is None:
        yield note(
            "GFS403",
            "replay",
            "Q learns from the transitions just sampled, each of them once",
            ("published runs draw from a buffer of 100,000 transitions",),
            "drop `replay = none`",
        )


def coinciding(case: Case) -> Findings:
    """Two names for one thing."""
    objective, backward = case.objective, case.backward
    if isinstance(objective, MunchausenDQN) and objective.alpha == 0:
        yield note(
            "GFS403",
            "objective.alpha",
            "without its log-policy term `munchausen_dqn` is `soft_dqn`",
            ("the two train the same networks, number for number",),
        )
    if isinstance(backward, TrainedBackward) and case.written("policy.backward.buffer"):
        how = backward.optimisation
        if how.batches == 1:
            yield note(
                "GFS403",
                "policy.backward.buffer",
                "with a buffer of one batch `pessimistic` is `tlm` without decay and lag",
                ("P_B is trained on the batch just sampled",),
            )
