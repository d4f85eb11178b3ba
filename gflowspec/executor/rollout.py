"""Forward rollouts: complete trajectories of a behaviour policy.

Rows whose trajectory has ended are dropped, so the network never sees a dead state. The terminal
state is taken where the trajectory stopped. The record can keep what the trunk computed, for
losses that are evaluated at the same parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import torch
from torch import Generator, Tensor

from gflowspec.executor.native import native_rollout
from gflowspec.executor.record import Record
from gflowspec.executor.sampling import AnySampler, sampler_of

if TYPE_CHECKING:
    from gflowspec.compiler.environment import Environment
    from gflowspec.compiler.native.library import Library
    from gflowspec.components.exploration.base import Exploration
    from gflowspec.components.nets.networks import Networks
    from gflowspec.components.nets.trunk import Acting


@attrs.define(eq=False)
class _Log:
    """Lists of what a rollout sees; joined once at the end."""

    states: list[Tensor] = attrs.field(factory=list)
    trajectory: list[Tensor] = attrs.field(factory=list)
    actions: list[Tensor] = attrs.field(factory=list)
    masks: list[Tensor] = attrs.field(factory=list)
    kept: list[tuple[Tensor, ...]] = attrs.field(factory=list)
    forced_states: list[Tensor] = attrs.field(factory=list)
    forced_trajectory: list[Tensor] = attrs.field(factory=list)


@torch.no_grad()
def rollout(
    environment: Environment,
    networks: Networks,
    size: int,
    *,
    generator: Generator,
    exploration: Exploration | None = None,
    keep: bool = False,
    library: Library | None = None,
) -> Record:
    """Sample ``size`` complete trajectories.

    Args:
        environment: Where.
        networks: Its ``forward`` head is the policy.
        size: B, at least 1.
        generator: Source of all noise.
        exploration: Behaviour policy; None samples the policy itself.
        keep: Whether to keep what the trunk computed.
        library: Takes the steps, if the behaviour policy lets noise be drawn ahead.
    """
    sampler = sampler_of(
        networks.head("forward"),
        rows=size,
        horizon=environment.sizes.horizon,
        generator=generator,
        exploration=exploration,
        has_stop=environment.has_stop,
    )
    if library is not None and sampler.draws_ahead:
        return native_rollout(library, environment, networks, size, sampler=sampler, keep=keep)
    log = _Log()
    # Inference mode spends less on each of the many small operations; what is joined below
    # outside of it are ordinary tensors, which a graph may save.
    with torch.inference_mode():
        evaluate = networks.trunk("forward").acting(size)
        _walk(environment, evaluate if keep else _forgetting(evaluate), sampler, log, size)
        forced = torch.cat(log.forced_states)
        if keep and forced.shape[0]:
            log.kept.append(networks.trunk("forward").acting(forced.shape[0])(forced)[1])
    return _join(log, size, keep=keep)


def _forgetting(evaluate: Acting) -> Acting:
    """The same without what a later loss could use, which would fill memory."""
    return lambda states: (evaluate(states)[0], ())


def _walk(
    environment: Environment,
    evaluate: Acting,
    sampler: AnySampler,
    log: _Log,
    size: int,
) -> None:
    """Step until every trajectory has ended."""
    stop = environment.sizes.forward_actions - 1 if environment.has_stop else -1
    states = environment.source(size)
    rows = torch.arange(size, device=states.device)
    step = 0
    while rows.shape[0]:
        masks = environment.forward_mask(states)
        hidden, kept = evaluate(states)
        actions = sampler.choose(step, hidden, masks)
        after, done = environment.step(states, actions)
        log.states.append(states)
        log.trajectory.append(rows)
        log.actions.append(actions)
        log.masks.append(masks)
        log.kept.append(kept)
        if done.any():
            forced = done & (actions != stop)
            log.forced_states.append(after[forced])
            log.forced_trajectory.append(rows[forced])
            alive = done.logical_not().nonzero().squeeze(1)
            after, rows = after.index_select(0, alive), rows.index_select(0, alive)
        states = after
        step += 1


def _join(log: _Log, size: int, *, keep: bool) -> Record:
    kept = zip(*log.kept, strict=True) if keep else ()
    return Record(
        size=size,
        counts=tuple(part.shape[0] for part in log.trajectory),
        states=torch.cat(log.states),
        trajectory=torch.cat(log.trajectory),
        actions=torch.cat(log.actions),
        masks=torch.cat(log.masks),
        kept=tuple(torch.cat(parts) for parts in kept),
        forced_states=torch.cat(log.forced_states),
        forced_trajectory=torch.cat(log.forced_trajectory),
    )
