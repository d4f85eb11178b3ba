"""Bayesian networks and spins of the standard library: counts and partition functions."""

import math
from functools import cache
from itertools import product

import pytest
from digraphs import is_acyclic, matrices, without_loops

from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import instantiate
from gflowspec.compiler.environment import Environment
from gflowspec.compiler.obligations.counts import closed_counts
from gflowspec.compiler.obligations.subject import Subject
from gflowspec.components.discover import vocabulary
from gflowspec.core.resources import std_directory
from gflowspec.executor.exact import log_partition
from gflowspec.lang.spec import load
from gflowspec.semantics.explore import explore


@cache
def loaded(file):
    spec, found = load(str(std_directory() / file), (), vocabulary())
    assert spec is not None, found
    return spec


def made(file, environment, parameters, reward):
    instance, found = instantiate(loaded(file), environment, parameters, reward)
    assert instance is not None, found
    return derive(instance.environment)[0], instance.rewards[0]


@cache
def acyclic(nodes):
    """Acyclic graphs as tuples of the parents of each node."""
    return [
        tuple({u for u in range(nodes) if m[u * nodes + v]} for v in range(nodes))
        for m in matrices(nodes)
        if without_loops(m, nodes) and is_acyclic(m, nodes)
    ]


@pytest.mark.parametrize(("d", "most"), [(2, 1), (3, 1), (3, 2), (3, 4), (4, 2)])
def test_structures_are_the_acyclic_graphs_with_few_parents(d, most):
    derived, _ = made("bayesnet.gfs", "Structure", {"d": d, "max_parents": most}, "Sparse")
    found = explore(derived, 20_000)
    allowed = [g for g in acyclic(d) if all(len(parents) <= most for parents in g)]
    assert len(found.states) == len(allowed)
    # Taking any edge away leads to a parent.
    assert len(found.edges) == sum(len(parents) for g in allowed for parents in g)


@pytest.mark.parametrize(("d", "count"), [(2, 3), (3, 25), (4, 543), (5, 29_281), (6, 3_781_503)])
def test_structures_without_a_limit_are_counted_in_closed_form(d, count):
    parameters = {"d": d, "max_parents": d - 1}
    derived, _ = made("bayesnet.gfs", "Structure", parameters, "Sparse")
    assert closed_counts(Subject(derived)).states == count


def test_a_limit_that_binds_has_no_closed_form():
    derived, _ = made("bayesnet.gfs", "Structure", {"d": 4, "max_parents": 2}, "Sparse")
    assert closed_counts(Subject(derived)).states is None


@pytest.mark.parametrize("d", [3, 4])
def test_rewards_of_structures(d):
    parameters = {"d": d, "max_parents": d - 1}
    derived, sparse = made("bayesnet.gfs", "Structure", parameters, "Sparse")
    _, chain = made("bayesnet.gfs", "Structure", parameters, "Chain")
    edges = [sum(map(len, graph)) for graph in acyclic(d)]
    right = [sum(v - 1 in parents for v, parents in enumerate(graph)) for graph in acyclic(d)]
    for reward, values in (
        (sparse, [math.exp(-e) for e in edges]),
        (chain, [math.exp(2 * r - e) for e, r in zip(edges, right, strict=True)]),
    ):
        environment = Environment.of(derived, reward)
        table = environment.enumerate(1_000)
        assert log_partition(table.log_reward) == pytest.approx(math.log(sum(values)), abs=1e-12)
        assert int(environment.is_mode(table.states).sum()) == 1


@pytest.mark.parametrize("side", [2, 3])
def test_spins_are_counted_and_summed(side):
    derived, reward = made("ising.gfs", "Spins", {"side": side}, "Ising")
    counts = closed_counts(Subject(derived))
    places = side * side
    assert counts.states == 3**places
    assert counts.terminal_states == 2**places
    assert counts.edges == places * 2 * 3 ** (places - 1)
    environment = Environment.of(derived, reward)
    table = environment.enumerate(20_000)
    assert len(table.states) == counts.states
    assert len(table.parent) == counts.edges
    total = sum(
        math.exp(0.2 * bonds(dict(zip(product(range(side), repeat=2), spins, strict=True)), side))
        for spins in product((-1, 1), repeat=places)
    )
    ends = environment.is_terminal(table.states)
    found = log_partition(environment.log_reward(table.states[ends]))
    assert found == pytest.approx(math.log(total), abs=1e-12)


def bonds(spins, side):
    """Each place with its neighbour to the right and the one below, on a torus."""
    return sum(
        spin * (spins[i, (j + 1) % side] + spins[(i + 1) % side, j])
        for (i, j), spin in spins.items()
    )
