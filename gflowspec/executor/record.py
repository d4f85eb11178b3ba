"""What a rollout saw."""

from __future__ import annotations

import attrs
from torch import Tensor


@attrs.frozen(kw_only=True, eq=False)
class Record:
    """What a rollout of B trajectories saw, step by step.

    M rows acted, in the order of the steps; D trajectories were forced to end.

    Attributes:
        size: B.
        counts: Rows of each step; their sum is M.
        states: int64 [M, W], where the rows acted.
        trajectory: int64 [M].
        actions: int64 [M], flat forward index.
        masks: bool [M, A_f].
        kept: What the trunk kept at the M states and then at the D states; empty if not asked for.
        forced_states: int64 [D, W], terminal states that were entered.
        forced_trajectory: int64 [D].
    """

    size: int
    counts: tuple[int, ...]
    states: Tensor
    trajectory: Tensor
    actions: Tensor
    masks: Tensor
    kept: tuple[Tensor, ...]
    forced_states: Tensor
    forced_trajectory: Tensor
