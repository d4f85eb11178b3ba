"""Enumeration against the interpreter, closed forms, and its two ways to know a state."""

import math

import pytest
import torch
from fixtures_ir import bitseq, hypergrid, ordering, permutation, switches

from gflowspec.compiler.environment import Environment
from gflowspec.compiler.tensor import enumeration, keys
from gflowspec.core.errors import TooManyStates
from gflowspec.semantics.explore import explore

WORLDS = {
    "hypergrid": hypergrid(3, 4),
    "bitseq": bitseq(3, 2),
    "permutation": permutation(4),
    "ordering": ordering(4),
    "switches": switches(),
}
each_world = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)


def environment_of(world):
    return Environment.of(world.derived, world.reward)


def named_edges(environment, table):
    states = environment.decode(table.states)
    rows = zip(
        table.parent.tolist(), table.forward_actions.tolist(), table.child.tolist(), strict=True
    )
    return {(states[parent], action, states[child]) for parent, action, child in rows}


def longest_paths(found):
    """Relaxation over the edges of the interpreter, in plain Python."""
    rank = [0] * len(found.states)
    for _ in found.states:
        for edge in found.edges:
            rank[edge.child] = max(rank[edge.child], rank[edge.parent] + 1)
    return {state: rank[i] for i, state in enumerate(found.states)}


@each_world
def test_states_and_edges_are_those_of_the_interpreter(world):
    environment = environment_of(world)
    table = environment.enumerate(10_000)
    found = explore(world.derived, 10_000)
    assert set(environment.decode(table.states)) == set(found.states)
    assert len(table.states) == len(found.states)
    assert len(table.parent) == len(found.edges)
    assert named_edges(environment, table) == {
        (found.states[e.parent], e.flat, found.states[e.child]) for e in found.edges
    }


@each_world
def test_rows_are_in_the_order_of_the_longest_path(world):
    environment = environment_of(world)
    table = environment.enumerate(10_000)
    expected = longest_paths(explore(world.derived, 10_000))
    assert table.rank.tolist() == [expected[state] for state in environment.decode(table.states)]
    assert torch.equal(table.rank, table.rank.sort().values)
    assert torch.equal(table.rank[table.parent], table.rank[table.parent].sort().values)
    assert torch.equal(table.states[:1], environment.source(1))


@pytest.mark.parametrize(("dim", "side"), [(1, 6), (2, 5), (3, 4), (4, 3)])
def test_hypergrid_counts(dim, side):
    table = environment_of(hypergrid(dim, side)).enumerate(10_000)
    assert len(table.states) == side**dim
    assert len(table.parent) == dim * (side - 1) * side ** (dim - 1)
    assert int(table.rank.max()) == dim * (side - 1)
    assert bool(table.terminating.all())
    assert not bool(table.forced.any())


@pytest.mark.parametrize(("words", "k"), [(1, 8), (3, 2), (2, 4)])
def test_bit_sequence_counts(words, k):
    table = environment_of(bitseq(words, k)).enumerate(10_000)
    assert len(table.states) == (2**k + 1) ** words
    assert len(table.parent) == words * 2**k * (2**k + 1) ** (words - 1)
    assert int(table.forced.sum()) == 2 ** (k * words)
    assert torch.equal(table.log_reward.isfinite(), table.terminating)


@pytest.mark.parametrize("n", [1, 3, 5])
def test_permutation_counts(n):
    table = environment_of(permutation(n)).enumerate(10_000)
    sizes = [math.comb(n, k) ** 2 * math.factorial(k) for k in range(n + 1)]
    assert table.rank.bincount().tolist() == sizes
    assert len(table.parent) == sum(k * size for k, size in enumerate(sizes))


def test_too_many_states_are_refused_before_they_are_all_visited():
    environment = environment_of(hypergrid(2, 50))
    with pytest.raises(TooManyStates) as error:
        environment.enumerate(100)
    assert error.value.limit == 100
    assert 100 < error.value.count < 200
    assert len(environment.enumerate(2500).states) == 2500
    with pytest.raises(TooManyStates):
        environment.enumerate(2500, edge_limit=1000)


@each_world
@pytest.mark.parametrize("way", ["runs", "hashes", "pieces"])
def test_every_way_to_search_finds_the_same(world, way, monkeypatch):
    expected = environment_of(world).enumerate(10_000)
    if way == "runs":
        monkeypatch.setattr(enumeration, "LARGEST_DENSE", 0)
    elif way == "hashes":
        monkeypatch.setattr(keys, "LARGEST_KEY", 1)
    else:
        monkeypatch.setattr(enumeration, "MASK_ELEMENTS", 1)
    environment = environment_of(world)
    table = environment.enumerate(10_000)
    assert named_edges(environment, table) == named_edges(environment, expected)
    assert torch.equal(table.rank, expected.rank)


def test_a_hash_collision_is_noticed(monkeypatch):
    """Hashes that agree too often are replaced by others."""
    monkeypatch.setattr(keys, "LARGEST_KEY", 1)
    drawn = keys.Keys.__init__

    def colliding(self, codec, device, attempt=0):
        drawn(self, codec, device, attempt)
        if attempt == 0:
            self._weights = torch.ones_like(self._weights)

    monkeypatch.setattr(keys.Keys, "__init__", colliding)
    table = environment_of(hypergrid(2, 5)).enumerate(1000)
    assert len(table.states) == 25


@pytest.mark.slow
def test_the_large_hypergrid():
    table = environment_of(hypergrid(4, 20)).enumerate(2_000_000)
    assert (len(table.states), len(table.parent)) == (160_000, 608_000)
    assert float(table.log_reward.exp().sum()) == pytest.approx(5672.0, abs=1e-6)
