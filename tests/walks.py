"""Trajectories through a state table, packed, and what a tabular policy says about them."""

from __future__ import annotations

import random

import attrs
import torch

from gflowspec.components.contracts import Estimates, StateTable, Trajectories

#: A trajectory: rows of the table's edges, and whether it ended by ``stop``.
Walk = tuple[list[int], bool]


@attrs.frozen(kw_only=True, eq=False)
class Packed:
    """A packed batch with the table rows of its edges [E] and states [N]."""

    table: StateTable
    trajectories: Trajectories
    edges: torch.Tensor
    states: torch.Tensor

    def estimates(self, tables: Tables, temperature: float = 1.0) -> Estimates:
        """Read a tabular policy; log F of a forced end is nonsense on purpose.

        The lagging copy is ``tables.target``, else the policy itself.
        """
        own = self._own(tables, temperature)
        kl = torch.zeros(len(self.states), dtype=torch.float64)
        if tables.target_kl is not None:
            kl = tables.target_kl[self.states]
        target = self._own(tables.target or tables, temperature)
        parts = ("log_pf", "log_pf_stop", "log_flow", "v", "log_pf_end")
        kept = {name: getattr(target, name) for name in parts}
        constants = {name: x if x is None else x.detach() for name, x in kept.items()}
        return attrs.evolve(own, target=Estimates(**constants), target_kl=kl)

    def _own(self, tables: Tables, temperature: float) -> Estimates:
        ends = self.states[self.trajectories.last]
        stopped = self.trajectories.stopped
        flow = None
        forced = torch.zeros(len(self.states), dtype=torch.bool)
        forced[self.trajectories.last] = ~stopped
        if tables.log_flow is not None:
            flow = torch.where(forced, 1e3, tables.log_flow[self.states])
        return Estimates(
            log_pf=tables.log_pf[self.edges],
            log_pf_stop=torch.where(stopped, tables.log_pf_stop[ends], 0.0),
            log_pb=tables.log_pb[self.edges],
            log_flow=flow,
            log_z=tables.log_z,
            v=None if flow is None else flow / temperature,
            log_pf_end=torch.where(forced, 0.0, tables.log_pf_stop[self.states]),
            log_rewards=self.table.log_reward[self.states],
            log_inflow=None if tables.log_flow is None else self._inflow(tables),
        )

    def _inflow(self, tables: Tables) -> torch.Tensor:
        """Log of the flow into the child of each edge [E], from all edges of the table."""
        flows = tables.log_flow[self.table.parent] + tables.log_pf
        greatest = flows.detach().max() if len(flows) else 0.0
        sums = torch.zeros_like(tables.log_flow)
        sums = sums.index_add(0, self.table.child, (flows - greatest).exp())
        return sums[self.states[self.trajectories.child]].log() + greatest


@attrs.frozen(kw_only=True, eq=False)
class Tables:
    """A tabular policy: [M], [S], [M], [S], []; its lagging copy, and KL of the two, [S]."""

    log_pf: torch.Tensor
    log_pf_stop: torch.Tensor
    log_pb: torch.Tensor
    log_flow: torch.Tensor | None = None
    log_z: torch.Tensor | None = None
    target: Tables | None = None
    target_kl: torch.Tensor | None = None


def random_walks(table: StateTable, count: int, seed: int) -> list[Walk]:
    """Trajectories of the policy that is uniform over legal actions."""
    generator = random.Random(seed)
    out, _ = adjacency(table)
    return [_forward(table, out, 0, generator) for _ in range(count)]


def covering_walks(table: StateTable, seed: int) -> list[Walk]:
    """One trajectory through each edge, one to each terminating state, and a longest one."""
    generator = random.Random(seed)
    out, into = adjacency(table)
    walks = []
    for edge, (parent, child) in enumerate(
        zip(table.parent.tolist(), table.child.tolist(), strict=True)
    ):
        after, stopped = _forward(table, out, child, generator)
        walks.append(([*_backward(table, into, parent, generator), edge, *after], stopped))
    for state in table.terminating.nonzero()[:, 0].tolist():
        stopped = not bool(table.forced[state])
        walks.append((_backward(table, into, state, generator), stopped))
    return [*walks, _longest(table, into)]


def pack(table: StateTable, walks: list[Walk]) -> Packed:
    """Pack trajectories as the engine does."""
    edges, states, owner, state_owner, parents = [], [], [], [], []
    for b, (walk, _) in enumerate(walks):
        states.append(int(table.parent[walk[0]]) if walk else 0)
        state_owner.append(b)
        for edge in walk:
            parents.append(len(states) - 1)
            edges.append(edge)
            owner.append(b)
            states.append(int(table.child[edge]))
            state_owner.append(b)
    lengths = torch.tensor([len(walk) for walk, _ in walks], dtype=torch.int64)
    last = lengths.cumsum(0) + torch.arange(len(walks))
    rows, at = _long(edges), _long(states)
    return Packed(
        table=table,
        trajectories=Trajectories(
            lengths=lengths,
            parent=_long(parents),
            child=_long(parents) + 1,
            edge_trajectory=_long(owner),
            state_trajectory=_long(state_owner),
            first=last - lengths,
            last=last,
            stopped=torch.tensor([stopped for _, stopped in walks], dtype=torch.bool),
            forced=torch.tensor([not stopped for _, stopped in walks], dtype=torch.bool),
            log_reward=table.log_reward[at[last]],
            states=table.states[at],
            forward_actions=table.forward_actions[rows],
            backward_actions=table.backward_actions[rows],
        ),
        edges=rows,
        states=at,
    )


def adjacency(table: StateTable) -> tuple[list[list[int]], list[list[int]]]:
    """Edges out of and into every state."""
    out: list[list[int]] = [[] for _ in range(len(table.rank))]
    into: list[list[int]] = [[] for _ in range(len(table.rank))]
    for edge, (parent, child) in enumerate(
        zip(table.parent.tolist(), table.child.tolist(), strict=True)
    ):
        out[parent].append(edge)
        into[child].append(edge)
    return out, into


def _forward(table: StateTable, out: list[list[int]], state: int, generator: random.Random) -> Walk:
    walk: list[int] = []
    while not table.forced[state]:
        choices: list[int | None] = [*out[state]]
        if table.terminating[state]:
            choices.append(None)
        edge = generator.choice(choices)
        if edge is None:
            return walk, True
        walk.append(edge)
        state = int(table.child[edge])
    return walk, False


def _backward(
    table: StateTable, into: list[list[int]], state: int, generator: random.Random
) -> list[int]:
    walk: list[int] = []
    while into[state]:
        walk.append(generator.choice(into[state]))
        state = int(table.parent[walk[-1]])
    return walk[::-1]


def _longest(table: StateTable, into: list[list[int]]) -> Walk:
    """A trajectory to a terminating state of the highest rank that has one."""
    ranks = table.rank.masked_fill(~table.terminating, -1)
    end = state = int(ranks.argmax())
    walk: list[int] = []
    while into[state]:
        walk.append(max(into[state], key=lambda edge: int(table.rank[table.parent[edge]])))
        state = int(table.parent[walk[-1]])
    return walk[::-1], not bool(table.forced[end])


def _long(values: list[int]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.int64)
