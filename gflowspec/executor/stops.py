"""What a policy does with ``stop`` at the states that its trajectories visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

from gflowspec.components.contracts import StopVisits
from gflowspec.executor.estimates import estimated_log_z, log_probabilities
from gflowspec.executor.exact import log_partition
from gflowspec.executor.packing import Batch
from gflowspec.executor.summaries import CHUNK, backward_log_table, fresh_batch

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.executor.tables import Tables


@torch.no_grad()
def stop_visits(
    experiment: Experiment, tables: Tables | None, samples: int, generator: Generator
) -> StopVisits:
    """Sample ``samples`` trajectories, at least 1, and look at every state that may stop.

    Reads the reward at each of them.
    """
    parts = []
    for start in range(0, samples, CHUNK):
        batch = fresh_batch(experiment, min(CHUNK, samples - start), generator)
        parts.append(_visits(experiment, tables, batch))
    log_reward, log_flow, log_stop, taken = (torch.cat(part) for part in zip(*parts, strict=True))
    log_z = _log_z(experiment, tables)
    if log_z is None:  # E of the sum of R P_B / P_F over the visited states is Z
        log_z = (log_reward - log_flow).logsumexp(0) - torch.tensor(float(samples)).log()
    return StopVisits(
        trajectories=samples,
        log_reward=log_reward,
        log_flow=log_flow + log_z,
        log_stop=log_stop,
        taken=taken,
    )


def _log_z(experiment: Experiment, tables: Tables | None) -> float | Tensor | None:
    """Exact where states are enumerated, else what was learned; None if nothing was."""
    if tables is not None:
        return log_partition(tables.table.log_reward)
    return estimated_log_z(experiment)


def _visits(
    experiment: Experiment, tables: Tables | None, batch: Batch
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Log R, log F but for log Z, log P_F(s_f | s) and whether it was taken, [m] each."""
    trajectories = batch.trajectories
    forward = log_probabilities(
        experiment.policy.logits(trajectories.states, batch.forward_mask).double(),
        batch.forward_mask,
    )
    backward = backward_log_table(
        experiment, experiment.policy, tables, batch.children, batch.backward_mask
    )
    log_pb = backward.gather(0, trajectories.backward_actions.unsqueeze(0)).squeeze(0)
    log_pf = forward[trajectories.forward_actions, trajectories.parent]
    steps = log_pf.new_zeros(trajectories.states.shape[0])
    sums = steps.index_copy(0, trajectories.child, log_pf - log_pb).cumsum(0)
    log_flow = sums - sums[trajectories.first][trajectories.state_trajectory]
    taken = torch.zeros_like(batch.choices, dtype=torch.bool)
    taken[trajectories.last[trajectories.stopped]] = True
    may = batch.forward_mask[-1]
    states = trajectories.states[may]
    log_reward = experiment.environment.log_reward(states).double()
    return log_reward, log_flow[may], forward[-1][may], taken[may]
