"""What the networks say about a packed batch, once for each batch and loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gflowspec.executor.sampling import ILLEGAL

if TYPE_CHECKING:
    from gflowspec.components.nets.networks import Networks
    from gflowspec.executor.packing import Batch

Hidden = dict[str, Tensor]


def log_probabilities(values: Tensor, mask: Tensor) -> Tensor:
    """Log of the softmax over the legal actions.

    Args:
        values: float [A, N], logits.
        mask: bool [A, N].

    Returns:
        float [A, N]. Illegal entries are finite, far below any other, and pass no gradient to
        their logits; a column without a legal action is finite too and passes none at all.
    """
    illegal = values.new_full((), ILLEGAL)
    return torch.where(mask, values, illegal).log_softmax(0)


def hidden_states(networks: Networks, heads: Sequence[str], batch: Batch, *, reuse: bool) -> Hidden:
    """Output of the trunks that the heads read, at all N states, by the name of the trunk.

    Args:
        networks: The live networks.
        heads: Names of the heads.
        batch: The packed batch.
        reuse: Whether the trunk of ``forward`` may enter with what it kept at the rollout.
    """
    found: Hidden = {}
    for head in heads:
        name = networks.trunk_of[head]
        if name not in found:
            kept = batch.kept if reuse and name == networks.trunk_of["forward"] else ()
            found[name] = networks.trunk(head)(batch.trajectories.states, kept)
    return found


def forward_log_probabilities(
    networks: Networks, hidden: Hidden, batch: Batch
) -> tuple[Tensor, Tensor]:
    """Log P_F of the edges [E], and of the final step [B] (0 where it was forced)."""
    values = networks.head("forward")(hidden[networks.trunk_of["forward"]])
    chosen = _gathered(log_probabilities(values, batch.forward_mask), batch.choices)
    trajectories = batch.trajectories
    ends = chosen.index_select(0, trajectories.last)
    stops = torch.where(trajectories.stopped, ends, ends.new_zeros(()))
    return chosen.index_select(0, trajectories.parent), stops


def backward_log_probabilities(networks: Networks, hidden: Hidden, batch: Batch) -> Tensor:
    """Live log P_B of the edges [E], a function of the child alone."""
    values = networks.head("backward")(hidden[networks.trunk_of["backward"]])
    # Selecting after the head moves A_b numbers a state instead of the trunk's whole output.
    values = values.index_select(1, batch.trajectories.child)
    return _gathered(
        log_probabilities(values, batch.backward_mask), batch.trajectories.backward_actions
    )


@torch.no_grad()
def target_log_probabilities(target: Networks, batch: Batch) -> Tensor:
    """Log P_B of the edges [E] by the target copy; a constant."""
    values = target.values("backward", batch.children)
    return _gathered(
        log_probabilities(values, batch.backward_mask), batch.trajectories.backward_actions
    )


def log_flows(networks: Networks, hidden: Hidden) -> Tensor:
    """Log F of the N states."""
    flows: Tensor = networks.head("flow")(hidden[networks.trunk_of["flow"]])
    return flows.squeeze(0)


def _gathered(table: Tensor, actions: Tensor) -> Tensor:
    """Entries [N] of a table [A, N] at one action for each column."""
    return table.gather(0, actions.unsqueeze(0)).squeeze(0)
