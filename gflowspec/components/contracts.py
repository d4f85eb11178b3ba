"""What components are given: packed trajectories, estimates, and the exact view.

Shapes: B trajectories, N visited states, E construction edges (steps other than the final one),
A_f forward and A_b backward actions. Packed means: no padding, rows of one trajectory stand
together, in order. A trajectory with n construction steps has n + 1 states s_0 .. s_n = x and n
edges; its final step x -> s_f is either the policy's ``stop`` or forced by ``terminal when``.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from torch import Tensor


class Estimate(Enum):
    """What an objective or a backward rule can ask the engine for."""

    LOG_PF = "log_pf"
    LOG_PB = "log_pb"
    LOG_FLOW = "log_flow"
    LOG_Z = "log_z"


@attrs.frozen(kw_only=True, eq=False)
class Trajectories:
    """A packed batch of complete trajectories.

    Attributes:
        lengths: int64 [B], construction steps n_b (0 is legal: stop at the source).
        parent: int64 [E], packed index of the state an edge leaves.
        child: int64 [E], packed index of the state it enters; always ``parent + 1``.
        edge_trajectory: int64 [E], trajectory of each edge.
        state_trajectory: int64 [N], trajectory of each state.
        first: int64 [B], packed index of s_0.
        last: int64 [B], packed index of x.
        stopped: bool [B], True where the final step is the action ``stop``; False where
            ``terminal when`` forced it.
        log_reward: float [B], log target of x (beta and floor applied).
        states: int64 [N, W], encoded states (``ir.derived.Codec``).
        forward_actions: int64 [E], flat forward index of each edge.
        backward_actions: int64 [E], flat backward index that undoes each edge.
    """

    lengths: Tensor
    parent: Tensor
    child: Tensor
    edge_trajectory: Tensor
    state_trajectory: Tensor
    first: Tensor
    last: Tensor
    stopped: Tensor
    log_reward: Tensor
    states: Tensor
    forward_actions: Tensor
    backward_actions: Tensor

    @property
    def size(self) -> int:
        """B."""
        return int(self.lengths.shape[0])


@attrs.frozen(kw_only=True, eq=False)
class Estimates:
    """What the networks say about a packed batch; None for what nobody asked for.

    The engine applies stop-gradients before a component sees a tensor.

    Attributes:
        log_pf: float [E], log P_F of each construction edge; always of the policy, never of the
            behaviour policy.
        log_pf_stop: float [B], log P_F(s_f | x); exactly 0 where the end was forced.
        log_pb: float [E], log P_B of the edge's parent given its child.
        log_flow: float [N], log F; where the end is forced, log F(x) is log R(x).
        log_z: float [], learned log Z.
    """

    log_pf: Tensor
    log_pf_stop: Tensor
    log_pb: Tensor | None = None
    log_flow: Tensor | None = None
    log_z: Tensor | None = None


@attrs.frozen(kw_only=True, eq=False)
class StateTable:
    """An enumerated environment: all S reachable states in rank order and all M edges.

    Attributes:
        states: int64 [S, W], encoded; row 0 is the source.
        rank: int64 [S], length of the longest path from the source (edges raise it strictly).
        parent: int64 [M], state index; edges are sorted by the rank of their parent.
        child: int64 [M].
        forward_actions: int64 [M], flat forward index.
        backward_actions: int64 [M], flat backward index.
        terminating: bool [S], states with an edge to s_f.
        forced: bool [S], states whose end is forced (``terminal when``).
        log_reward: float64 [S], log target; -inf where not terminating.
    """

    states: Tensor
    rank: Tensor
    parent: Tensor
    child: Tensor
    forward_actions: Tensor
    backward_actions: Tensor
    terminating: Tensor
    forced: Tensor
    log_reward: Tensor


@attrs.frozen(kw_only=True, eq=False)
class ExactView:
    """Log-probabilities of a policy on every edge of a state table, in float64.

    Attributes:
        table: The enumerated environment.
        log_pf: [M], log P_F of each construction edge.
        log_pf_stop: [S], log P_F(s_f | s); 0 where forced, -inf where s does not terminate.
        log_pb: [M], log P_B.
        log_flow: [S] or None.
        log_z: [] learned or implied log Z, or None.
    """

    table: StateTable
    log_pf: Tensor
    log_pf_stop: Tensor
    log_pb: Tensor
    log_flow: Tensor | None = None
    log_z: Tensor | None = None
