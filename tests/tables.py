"""Small environments as state tables, written down independently of the compiler."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Hashable, Iterable

import attrs
import torch

from gflowspec.components.contracts import StateTable

State = tuple[int, ...]
#: An action of a state: forward index, backward index, child.
Move = tuple[int, int, State]


@attrs.frozen(kw_only=True)
class Rules:
    """An environment in Python."""

    source: State
    moves: Callable[[State], Iterable[Move]]
    stops: Callable[[State], bool]
    forced: Callable[[State], bool]
    log_reward: Callable[[State], float]


def table_of(rules: Rules) -> StateTable:
    """Enumerate; longest-path ranks by relaxation in breadth-first order."""
    edges: dict[State, list[Move]] = {}
    frontier = [rules.source]
    while frontier:
        state = frontier.pop()
        if state in edges:
            continue
        edges[state] = [] if rules.forced(state) else list(rules.moves(state))
        frontier.extend(child for _, _, child in edges[state])
    rank = _ranks(rules.source, edges)
    states = sorted(edges, key=lambda state: (rank[state], state))
    index: dict[Hashable, int] = {state: i for i, state in enumerate(states)}
    rows = [
        (index[state], index[child], forward, backward)
        for state in states
        for forward, backward, child in edges[state]
    ]
    ends = [rules.forced(state) or rules.stops(state) for state in states]
    parent, child, forward, backward = torch.tensor(rows, dtype=torch.int64).reshape(-1, 4).T
    return StateTable(
        states=torch.tensor(states),
        rank=torch.tensor([rank[state] for state in states]),
        parent=parent,
        child=child,
        forward_actions=forward,
        backward_actions=backward,
        terminating=torch.tensor(ends),
        forced=torch.tensor([rules.forced(state) for state in states]),
        log_reward=torch.tensor(
            [
                rules.log_reward(state) if end else -math.inf
                for state, end in zip(states, ends, strict=True)
            ],
            dtype=torch.float64,
        ),
    )


def _ranks(source: State, edges: dict[State, list[Move]]) -> dict[State, int]:
    rank = dict.fromkeys(edges, 0)
    changed = True
    while changed:
        changed = False
        for state, moves in edges.items():
            for _, _, child in moves:
                if rank[child] < rank[state] + 1:
                    rank[child] = rank[state] + 1
                    changed = True
    assert all(rank[source] <= value for value in rank.values())
    return rank


def never(state: State) -> bool:
    del state
    return False


def corner_reward(state: State, side: int, heights: tuple[float, float, float]) -> float:
    """R0 + R1 [outer] + R2 [band] with the integer comparisons of the benchmark."""
    away = [abs(2 * x - (side - 1)) for x in state]
    reach = 2 * (side - 1)
    outer = all(4 * a > reach for a in away)
    band = all(3 * reach < 10 * a < 4 * reach for a in away)
    return math.log(heights[0] + heights[1] * outer + heights[2] * band)


def grid(dim: int, side: int, heights: tuple[float, float, float] = (1e-3, 0.5, 2.0)) -> StateTable:
    """Hypergrid: one coordinate up, or stop at any cell."""

    def moves(state: State) -> Iterable[Move]:
        for i, x in enumerate(state):
            if x < side - 1:
                yield i, i, (*state[:i], x + 1, *state[i + 1 :])

    return table_of(
        Rules(
            source=(0,) * dim,
            moves=moves,
            stops=lambda state: True,
            forced=never,
            log_reward=lambda state: corner_reward(state, side, heights),
        )
    )


def slots(count: int, values: int) -> StateTable:
    """Fill any empty slot with a value; full is terminal. Code 0 is empty."""

    def moves(state: State) -> Iterable[Move]:
        for i, x in enumerate(state):
            if x == 0:
                for v in range(values):
                    yield i * values + v, i, (*state[:i], v + 1, *state[i + 1 :])

    return table_of(
        Rules(
            source=(0,) * count,
            moves=moves,
            stops=never,
            forced=lambda state: 0 not in state,
            log_reward=lambda state: math.sin(1.0 + sum((i + 2) * x for i, x in enumerate(state))),
        )
    )


def ladder(height: int) -> StateTable:
    """One counter; actions 0 and 1 both add one (parallel edges), action 2 adds two; then stop."""

    def moves(state: State) -> Iterable[Move]:
        (x,) = state
        for action, step in enumerate((1, 1, 2)):
            if x + step <= height:
                yield action, action, (x + step,)

    return table_of(
        Rules(
            source=(0,),
            moves=moves,
            stops=lambda state: state[0] % 2 == 0,
            forced=never,
            log_reward=lambda state: 0.3 * state[0] - 1.0,
        )
    )


def mixed(side: int) -> StateTable:
    """A grid that may stop below the diagonal x + y = side - 1 and has to end on it."""

    def moves(state: State) -> Iterable[Move]:
        x, y = state
        yield 0, 0, (x + 1, y)
        yield 1, 1, (x, y + 1)

    return table_of(
        Rules(
            source=(0, 0),
            moves=moves,
            stops=lambda state: state[0] != 1,
            forced=lambda state: sum(state) == side - 1,
            log_reward=lambda state: math.cos(state[0] + 3.0 * state[1]),
        )
    )


def random_dag(size: int, seed: int) -> StateTable:
    """A random graph whose edges skip ranks, with every kind of end; the last state is forced."""
    generator = random.Random(seed)
    children: dict[int, set[int]] = {i: {i + 1} for i in range(size - 1)}
    for i in range(size - 2):
        children[i] |= set(generator.sample(range(i + 1, size), k=min(3, size - i - 1)))
    stops = {i for i in range(size - 1) if generator.random() < 0.5}
    rewards = [generator.gauss(0, 2) for _ in range(size)]

    def moves(state: State) -> Iterable[Move]:
        for child in sorted(children[state[0]]):
            yield child, state[0], (child,)

    return table_of(
        Rules(
            source=(0,),
            moves=moves,
            stops=lambda state: state[0] in stops,
            forced=lambda state: state[0] == size - 1,
            log_reward=lambda state: rewards[state[0]],
        )
    )


#: Small tables that between them have every kind of ending, and parallel edges.
TABLES: dict[str, Callable[[], StateTable]] = {
    "grid 3x3": lambda: grid(2, 3),
    "grid 5x5": lambda: grid(2, 5),
    "slots 3 of 2": lambda: slots(3, 2),
    "ladder": lambda: ladder(4),
    "mixed": lambda: mixed(5),
    "random": lambda: random_dag(9, seed=3),
}
