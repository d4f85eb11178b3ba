"""Exact quantities of an enumerated environment, by dynamic programming in rank order.

Everything is computed in float64 and in log space. mu is the probability that a trajectory visits
a state, p the terminal law, F the flow that a backward policy implies:

    F(s) = 1[s in X] R(s) + sum over s -> s' of F(s') P_B(s | s'),  F(s_0) = Z               (1)
    P_F(s' | s) = F(s') P_B(s | s') / F(s),  P_F(s_f | s) = R(s) / F(s)                       (2)
"""

from __future__ import annotations

import math

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gflowspec.components.contracts import ExactEvaluation, ExactView, StateTable
from gflowspec.components.metrics.distances import kullback_leibler
from gflowspec.core.errors import InternalError

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

#: By how much sums of probabilities and bounds may be off.
TOLERANCE = 1e-9


@attrs.frozen(kw_only=True, eq=False)
class Layer:
    """Edges that meet in the states of one rank, grouped by the state in which they meet.

    Attributes:
        states: int64 [K], the states.
        starts: int64 [K], where the group of each begins in ``edges``.
        edges: int64 [m], positions in the state table.
        others: int64 [m], the state at the other end of each edge.
    """

    states: Indices
    starts: Indices
    edges: Indices
    others: Indices


@attrs.frozen(kw_only=True, eq=False)
class RankedGraph:
    """A state table in the order of its sweeps; made once for each environment.

    Attributes:
        table: What it was made from.
        incoming: Layers of edges grouped by child, by increasing rank of the child.
        outgoing: Layers of edges grouped by parent, by decreasing rank of the parent.
    """

    table: StateTable
    incoming: tuple[Layer, ...]
    outgoing: tuple[Layer, ...]

    @classmethod
    def of(cls, table: StateTable) -> RankedGraph:
        """Sort the edges of a table both ways."""
        parent, child, rank = (_numpy(x) for x in (table.parent, table.child, table.rank))
        outgoing = _layers(parent, child, rank)
        return cls(
            table=table, incoming=_layers(child, parent, rank), outgoing=tuple(reversed(outgoing))
        )

    @property
    def log_reward(self) -> Floats:
        """Float64 [S], -inf where a state does not terminate."""
        return _floats(self.table.log_reward)


@attrs.frozen(kw_only=True, eq=False)
class ExactSolution:
    """The flow and the forward policy that balance a backward policy: equations (1) and (2).

    Attributes:
        log_flow: float64 [S].
        log_pf: float64 [M].
        log_pf_stop: float64 [S]; 0 where the end is forced, -inf where a state does not terminate.
        log_z: log F(s_0).
    """

    log_flow: Tensor
    log_pf: Tensor
    log_pf_stop: Tensor
    log_z: float


def solve(graph: RankedGraph, log_pb: Tensor) -> ExactSolution:
    """The exact solution for log P_B, float64 [M], of every edge."""
    table = graph.table
    log_flow = torch.from_numpy(_sweep(graph.outgoing, _floats(log_pb), graph.log_reward))
    log_pf = log_flow[table.child] + log_pb - log_flow[table.parent]
    return ExactSolution(
        log_flow=log_flow,
        log_pf=log_pf,
        log_pf_stop=table.log_reward - log_flow,
        log_z=float(log_flow[0]),
    )


def path_counts(graph: RankedGraph) -> Tensor:
    """Log number of trajectories from the source to each state, float64 [S]."""
    return visits(graph, torch.zeros(graph.table.parent.shape[0], dtype=torch.float64))


def visits(graph: RankedGraph, log_pf: Tensor) -> Tensor:
    """Log mu, float64 [S], of log P_F, float64 [M]."""
    start = np.full(graph.table.rank.shape[0], -np.inf)
    start[0] = 0.0
    return torch.from_numpy(_sweep(graph.incoming, _floats(log_pf), start))


def uniform_log_pb(graph: RankedGraph) -> Tensor:
    """Log P_B of the uniform choice among incoming edges, float64 [M]."""
    return -choices(graph.table).double().log()


def choices(table: StateTable) -> Tensor:
    """Number of incoming edges of each edge's child, int64 [M]."""
    return table.child.bincount(minlength=table.rank.shape[0])[table.child]


def tlm_optimum(graph: RankedGraph, log_pf: Tensor) -> Tensor:
    """The P_B that TLM converges to at a fixed P_F: mu(s) P_F(s' | s) / mu(s'), log, [M]."""
    log_mu = visits(graph, log_pf)
    return log_mu[graph.table.parent] + log_pf - log_mu[graph.table.child]


def log_partition(log_reward: Tensor) -> float:
    """Log Z = log of the sum of R, compensated; ``log_reward`` float64 [S]."""
    held = log_reward[log_reward > float("-inf")]
    greatest = float(held.max())
    return greatest + math.log(math.fsum((held - greatest).exp().tolist()))


def log_target(table: StateTable) -> Tensor:
    """Log target law log R - log Z, float64 [S]; -inf where a state does not terminate."""
    return table.log_reward - log_partition(table.log_reward)


def evaluate(graph: RankedGraph, view: ExactView) -> ExactEvaluation:
    """Measure a policy.

    Args:
        graph: The enumerated environment.
        view: P_F and P_B on all its edges, each normalised in float64.

    Raises:
        InternalError: The terminal law does not sum to 1, or a bound does not hold: the
            policies were not normalised, or the table is wrong.
    """
    table = graph.table
    log_z = log_partition(table.log_reward)
    log_mu = visits(graph, view.log_pf)
    log_p = log_mu + view.log_pf_stop
    target = table.log_reward - log_z
    flow = torch.from_numpy(_sweep(graph.outgoing, _floats(view.log_pb), graph.log_reward))
    elbo = _bracket(table, view, log_mu[table.parent] + view.log_pf, log_p)
    eubo = _bracket(table, view, flow[table.child] - log_z + view.log_pb, target)
    gap_terminal = kullback_leibler(log_p, target)
    _assert_sound(float(log_p.exp().sum()), elbo, log_z, eubo)
    return ExactEvaluation(
        log_p=log_p,
        log_target=target,
        log_visits=log_mu,
        log_z=log_z,
        elbo=elbo,
        eubo=eubo,
        gap_terminal=gap_terminal,
        gap_path=log_z - elbo - gap_terminal,
        backward_kl=_backward_kl(table, view.log_pb, log_mu),
        estimated_log_z=None if view.log_z is None else float(view.log_z),
    )


def _bracket(table: StateTable, view: ExactView, log_edge: Tensor, log_stop: Tensor) -> float:
    """E of log R + log P_B - log P_F under edge weights [M] and stop weights [S], both logs."""
    edges = _weighted(log_edge, view.log_pb - view.log_pf)
    return edges + _weighted(log_stop, table.log_reward - view.log_pf_stop)


def _backward_kl(table: StateTable, log_pb: Tensor, log_mu: Tensor) -> float:
    """Sum over edges of mu(s') P_B (log P_B - log uniform)."""
    deviation = log_pb + choices(table).double().log()
    return _weighted(log_mu[table.child] + log_pb, deviation)


def _weighted(log_weights: Tensor, values: Tensor) -> float:
    """Sum of exp(log_weights) * values; what has no weight does not count, infinite or not."""
    weights = log_weights.exp()
    return float(torch.where(weights > 0, weights * values, 0.0).sum())


def _assert_sound(total: float, elbo: float, log_z: float, eubo: float) -> None:
    """Raise unless total = 1 and elbo <= log_z <= eubo."""
    if abs(total - 1) > TOLERANCE:
        message = f"the terminal law sums to {total!r}, not to 1"
        raise InternalError(message)
    if not elbo - TOLERANCE <= log_z <= eubo + TOLERANCE:
        message = f"not ELBO {elbo!r} <= log Z {log_z!r} <= EUBO {eubo!r}"
        raise InternalError(message)


def _layers(meeting: Indices, others: Indices, rank: Indices) -> tuple[Layer, ...]:
    """Group edges by ``meeting``; one layer for each rank, by increasing rank."""
    order = np.lexsort((meeting, rank[meeting]))
    sorted_states = meeting[order]
    ranks = rank[sorted_states]
    edges_of_rank = np.split(order, np.flatnonzero(np.diff(ranks)) + 1) if order.size else []
    layers = []
    for edges in edges_of_rank:
        states, starts = np.unique(meeting[edges], return_index=True)
        layers.append(Layer(states=states, starts=starts, edges=edges, others=others[edges]))
    return tuple(layers)


def _sweep(layers: tuple[Layer, ...], log_weights: Floats, start: Floats) -> Floats:
    """values[s] = logaddexp(start[s], logsumexp of values[other] + log_weight), layer by layer."""
    values = start.copy()
    for layer in layers:
        terms = values[layer.others] + log_weights[layer.edges]
        sums = np.logaddexp.reduceat(terms, layer.starts)
        values[layer.states] = np.logaddexp(values[layer.states], sums)
    return values


def _floats(values: Tensor) -> Floats:
    return values.detach().to("cpu", torch.float64).numpy()


def _numpy(values: Tensor) -> Indices:
    return values.detach().cpu().numpy()
