"""Two small environments by hand, behind the interface of the compiled one.

They let the engine be tested without the compiler, and have parts the shipped environments lack.
"""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import torch

from gflowspec.components.contracts import StateTable
from gflowspec.core.types import IntType
from gflowspec.ir.derived import Codec, Field, Place, Sizes


def codec_of(sizes):
    return Codec(
        fields=tuple(
            Field(variable="x", offset=i, type=IntType(0, size - 1), size=size, place=Place.ENTRY)
            for i, size in enumerate(sizes)
        )
    )


class World:
    """Common parts: enumeration by brute force over all rows of codes that are reachable."""

    #: A reward that calls no function in Python.
    reward = SimpleNamespace(value=None, log_value=None, mode=None)

    def enumerate(self, limit=None):
        del limit
        states = sorted(self.reachable(), key=lambda s: (self.rank(s), s))
        index = {state: i for i, state in enumerate(states)}
        table = torch.tensor(states)
        mask = self.forward_mask(table)
        moves = self.sizes.forward_actions - self.has_stop
        parent, child, forward = [], [], []
        for i, action in itertools.product(range(len(states)), range(moves)):
            if mask[i, action] and not self.ended(states[i]):
                after, _ = self.step(table[i : i + 1], torch.tensor([action]))
                parent.append(i)
                child.append(index[tuple(after[0].tolist())])
                forward.append(action)
        parent, forward = torch.tensor(parent), torch.tensor(forward)
        ended = torch.tensor([self.ended(state) for state in states])
        ends = mask[:, -1] | ended if self.has_stop else ended
        log_reward = self.log_reward(table).masked_fill(~ends, float("-inf"))
        return StateTable(
            states=table,
            rank=torch.tensor([self.rank(state) for state in states]),
            parent=parent,
            child=torch.tensor(child),
            forward_actions=forward,
            backward_actions=self.backward_of(table[parent], forward),
            terminating=ends,
            forced=ended,
            log_reward=log_reward,
        )

    def state_index(self, states):
        strides, stride = [], 1
        for field in reversed(self.codec.fields):
            strides.append(stride)
            stride *= field.size
        return (states * torch.tensor(strides[::-1])).sum(1)

    def is_terminal(self, states):
        return torch.tensor([self.ended(tuple(s)) for s in states.tolist()])

    def objects(self, states):
        return [tuple(row) for row in states.tolist()]

    def action_name(self, index):
        return f"action({index})"

    def backward_name(self, index):
        return f"undo({index})"


class Grid(World):
    """Hypergrid: +1 on a coordinate, or stop."""

    def __init__(self, dim=2, side=3, reward=None):
        self.dim, self.side = dim, side
        self.codec = codec_of([side] * dim)
        self.has_stop = True
        self.sizes = Sizes(
            states_upper=side**dim,
            forward_actions=dim + 1,
            backward_actions=dim,
            horizon=dim * (side - 1),
        )
        self.derived = SimpleNamespace(codec=self.codec, sizes=self.sizes)
        self._eye = torch.cat([torch.eye(dim, dtype=torch.int64), torch.zeros(1, dim).long()])
        self._reward = reward

    def source(self, n):
        return torch.zeros(n, self.dim, dtype=torch.int64)

    def forward_mask(self, s):
        return torch.nn.functional.pad(s < self.side - 1, (0, 1), value=True)

    def step(self, s, a):
        return s + self._eye.index_select(0, a), a == self.dim

    def backward_mask(self, s):
        return s > 0

    def backward_step(self, s, b):
        return s - self._eye.index_select(0, b)

    def backward_of(self, s, a):
        del s
        return a

    def forward_of(self, s, b):
        del s
        return b

    def log_reward(self, s):
        if self._reward is not None:
            return self._reward[self.state_index(s)]
        far = (2 * s - (self.side - 1)).abs()
        edge = 2 * (self.side - 1)
        outer = (4 * far > edge).all(1)
        ring = ((3 * edge < 10 * far) & (4 * edge > 0) & (10 * far < 4 * edge)).all(1)
        return (1e-3 + 0.5 * outer.double() + 2.0 * ring.double()).log()

    def reachable(self):
        return list(itertools.product(range(self.side), repeat=self.dim))

    def rank(self, state):
        return sum(state)

    def ended(self, state):
        del state
        return False


class Slots(World):
    """Fill n slots with words in any order; ends when full. Code 0 is an empty slot."""

    def __init__(self, n=3, words=2, reward=None):
        self.n, self.words = n, words
        self.codec = codec_of([words + 1] * n)
        self.has_stop = False
        self.sizes = Sizes(
            states_upper=(words + 1) ** n, forward_actions=n * words, backward_actions=n, horizon=n
        )
        self.derived = SimpleNamespace(codec=self.codec, sizes=self.sizes)
        self._reward = reward

    def source(self, n):
        return torch.zeros(n, self.n, dtype=torch.int64)

    def forward_mask(self, s):
        return (s == 0).repeat_interleave(self.words, 1)

    def step(self, s, a):
        slot, word = a // self.words, a % self.words
        after = s.scatter(1, slot.unsqueeze(1), word.unsqueeze(1) + 1)
        return after, (after > 0).all(1)

    def backward_mask(self, s):
        return s > 0

    def backward_step(self, s, b):
        return s.scatter(1, b.unsqueeze(1), 0)

    def backward_of(self, s, a):
        del s
        return a // self.words

    def forward_of(self, s, b):
        return b * self.words + s.gather(1, b.unsqueeze(1)).squeeze(1) - 1

    def log_reward(self, s):
        if self._reward is not None:
            return self._reward[self.state_index(s)]
        return (s.double() * torch.arange(1, self.n + 1)).sum(1) / 3

    def reachable(self):
        return list(itertools.product(range(self.words + 1), repeat=self.n))

    def rank(self, state):
        return sum(code > 0 for code in state)

    def ended(self, state):
        return all(state)
