"""All reachable states and edges of an environment, by breadth-first search on tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs
import torch
from torch import Tensor

from gflowspec.compiler.tensor.keys import Keys
from gflowspec.components.contracts import StateTable
from gflowspec.core.errors import InternalError, TooManyStates

if TYPE_CHECKING:
    from gflowspec.compiler.environment import Environment

# Elements of a mask that are looked at together.
MASK_ELEMENTS = 1 << 21
# Key spaces up to this are marked in an array; others are searched in sorted runs.
LARGEST_DENSE = 1 << 26
_ATTEMPTS = 4


@attrs.frozen(eq=False)
class _Found:
    """What the search found, in the order of discovery.

    Attributes:
        states: int64 [S, W]; row 0 is the source.
        depth: int64 [S], fewest steps from the source.
        parent, action: int64 [M].
        child: int64 [M], keys of the children.
    """

    states: Tensor
    depth: Tensor
    parent: Tensor
    action: Tensor
    child: Tensor


def enumerate_states(environment: Environment, limit: int, edge_limit: int) -> StateTable:
    """Visits every reachable state once.

    Args:
        environment: The environment.
        limit: Largest number of states.
        edge_limit: Largest number of edges.

    Returns:
        The states in rank order (longest path from the source), and their edges.

    Raises:
        TooManyStates: If there are more states, or more edges, than allowed.
    """
    for attempt in range(_ATTEMPTS):
        keys = Keys(environment.codec, environment.device, attempt)
        found = _search(environment, keys, limit, edge_limit)
        table = _table(environment, keys, found)
        if keys.count is not None or _agrees(environment, table):
            return table
    message = "states could not be told apart by their hashes"
    raise InternalError(message)


def _search(environment: Environment, keys: Keys, limit: int, edge_limit: int) -> _Found:
    frontier = environment.source(1)
    seen = _seen(keys, frontier)
    seen.add(keys(frontier))
    states, depths, parents, actions, children = [frontier], [0], [], [], []
    count, edges, before = 1, 0, 0
    while frontier.shape[0]:
        fresh = []
        for first, parent, action, child in _expanded(environment, frontier):
            key = keys(child)
            parents.append(parent + first + before)
            actions.append(action)
            children.append(key)
            new = _unseen(child, key, seen)
            fresh.append(new)
            count, edges = count + new.shape[0], edges + key.shape[0]
            if count > limit or edges > edge_limit:
                over_states = count > limit
                raise TooManyStates(
                    count if over_states else edges, limit if over_states else edge_limit
                )
        before += frontier.shape[0]
        frontier = torch.cat(fresh)
        states.append(frontier)
        depths.append(len(depths))
    depth = torch.cat([torch.full((s.shape[0],), d) for s, d in zip(states, depths, strict=True)])
    return _Found(
        states=torch.cat(states),
        depth=depth.to(environment.device),
        parent=torch.cat(parents),
        action=torch.cat(actions),
        child=torch.cat(children),
    )


def _expanded(
    environment: Environment, frontier: Tensor
) -> Iterator[tuple[int, Tensor, Tensor, Tensor]]:
    """Edges out of a layer in pieces: place of the piece, parents, actions, children."""
    piece = max(1, MASK_ELEMENTS // max(1, environment.sizes.forward_actions))
    moves = environment.sizes.forward_actions - int(environment.has_stop)
    for first in range(0, frontier.shape[0], piece):
        part = frontier[first : first + piece]
        parent, action = environment.forward_mask(part)[:, :moves].nonzero(as_tuple=True)
        child, _ = environment.step(part.index_select(0, parent), action)
        yield first, parent, action, child


def _unseen(states: Tensor, keys: Tensor, seen: _Dense | _Runs) -> Tensor:
    """The states that were never seen, each once, in the order of their keys; marks them."""
    ordered, order = keys.sort(stable=True)
    first = torch.ones_like(ordered, dtype=torch.bool)
    first[1:] = ordered[1:] != ordered[:-1]
    ordered, order = ordered[first], order[first]
    new = ~seen.contains(ordered)
    seen.add(ordered[new])
    return states.index_select(0, order[new])


class _Dense:
    """A set of keys as an array of marks."""

    def __init__(self, count: int, device: torch.device) -> None:
        self._marks = torch.zeros(count, dtype=torch.bool, device=device)

    def contains(self, keys: Tensor) -> Tensor:
        return self._marks[keys]

    def add(self, keys: Tensor) -> None:
        self._marks[keys] = True


class _Runs:
    """A set of keys as sorted runs of falling length; equal lengths are merged."""

    def __init__(self) -> None:
        self._runs: list[Tensor] = []

    def contains(self, keys: Tensor) -> Tensor:
        found = torch.zeros_like(keys, dtype=torch.bool)
        for run in self._runs:
            place = torch.searchsorted(run, keys).clamp(max=run.shape[0] - 1)
            found |= run[place] == keys
        return found

    def add(self, keys: Tensor) -> None:
        if not keys.shape[0]:
            return
        self._runs.append(keys.sort().values)
        while len(self._runs) > 1 and self._runs[-2].shape[0] <= 2 * self._runs[-1].shape[0]:
            merged = torch.cat([self._runs.pop(), self._runs.pop()])
            self._runs.append(merged.sort().values)


def _seen(keys: Keys, like: Tensor) -> _Dense | _Runs:
    if keys.count is not None and keys.count <= LARGEST_DENSE:
        return _Dense(keys.count, like.device)
    return _Runs()


def _table(environment: Environment, keys: Keys, found: _Found) -> StateTable:
    ordered, order = keys(found.states).sort()
    child = order[torch.searchsorted(ordered, found.child)]
    rank = _longest_paths(found.depth, found.parent, child)
    place = torch.argsort(rank, stable=True)
    new_index = torch.empty_like(place)
    new_index[place] = torch.arange(place.shape[0], device=place.device)
    parent, child = new_index[found.parent], new_index[child]
    by_parent = torch.argsort(parent, stable=True)
    states, action = found.states[place], found.action[by_parent]
    parent, child = parent[by_parent], child[by_parent]
    forced = environment.is_terminal(states)
    terminating = forced | environment.can_stop(states)
    log_reward = torch.full_like(rank, -torch.inf, dtype=torch.float64)
    log_reward[terminating] = environment.log_reward(states[terminating])
    return StateTable(
        states=states,
        rank=rank[place],
        parent=parent,
        child=child,
        forward_actions=action,
        backward_actions=environment.backward_of(states.index_select(0, parent), action),
        terminating=terminating,
        forced=forced,
        log_reward=log_reward,
    )


def _longest_paths(depth: Tensor, parent: Tensor, child: Tensor) -> Tensor:
    """Length of the longest path from the source to each state; depths are a lower bound."""
    rank = depth
    for _ in range(depth.shape[0] + 1):
        raised = rank.scatter_reduce(0, child, rank[parent] + 1, "amax", include_self=True)
        if torch.equal(raised, rank):
            return rank
        rank = raised
    message = "the state graph has a cycle"
    raise InternalError(message)


def _agrees(environment: Environment, table: StateTable) -> bool:
    """Whether every edge leads to the state that its hash was found under."""
    for first in range(0, table.parent.shape[0], MASK_ELEMENTS):
        edges = slice(first, first + MASK_ELEMENTS)
        parents = table.states[table.parent[edges]]
        reached, _ = environment.step(parents, table.forward_actions[edges])
        if not torch.equal(reached, table.states[table.child[edges]]):
            return False
    return True
