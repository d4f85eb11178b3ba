"""Sets and bags of the standard library: counts against closed forms and brute force."""

import math
from functools import cache
from itertools import combinations, product

import pytest
import torch

from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import instantiate
from gflowspec.compiler.environment import Environment
from gflowspec.compiler.obligations.counts import closed_counts
from gflowspec.compiler.obligations.subject import Subject
from gflowspec.components.discover import vocabulary
from gflowspec.core.resources import std_directory
from gflowspec.executor.exact import RankedGraph, log_partition, path_counts
from gflowspec.lang.spec import load

LIMIT = 20_000


@cache
def loaded():
    spec, found = load(str(std_directory() / "subsets.gfs"), (), vocabulary())
    assert spec is not None, found
    return spec


def made(name, reward, parameters, **given):
    instance, found = instantiate(loaded(), name, parameters, reward, given)
    assert instance is not None, found
    derived, found = derive(instance.environment)
    assert derived is not None, found
    return Environment.of(derived, instance.rewards[0])


def sizes(environment):
    """States, edges and states in which a trajectory ends, by enumeration."""
    table = environment.enumerate(LIMIT)
    return len(table.rank), len(table.parent), int(table.terminating.sum())


@pytest.mark.parametrize(("n", "k"), [(6, 3), (9, 4), (5, 5), (7, 1)])
def test_k_of_n_is_counted_by_binomials(n, k):
    environment = made("Choose", "Ladder", {"N": n, "k": k})
    states = sum(math.comb(n, j) for j in range(k + 1))
    edges = sum(j * math.comb(n, j) for j in range(k + 1))
    assert sizes(environment) == (states, edges, math.comb(n, k))
    counts = closed_counts(Subject(environment.derived))
    assert (counts.states, counts.edges, counts.terminal_states) == sizes(environment)
    assert (counts.parallel_edges, counts.horizon) == (0, k)


@pytest.mark.parametrize(("n", "k", "slope"), [(6, 3, 0.25), (8, 2, -0.5), (5, 4, 0)])
def test_the_ladder_sums_to_a_gaussian_binomial(n, k, slope):
    environment = made("Choose", "Ladder", {"N": n, "k": k}, slope=slope)
    table = environment.enumerate(LIMIT)
    ends = table.states[table.terminating]
    # Sum over k-subsets of 0..n-1 of q^(their sum).
    q = math.exp(slope)
    series = [1.0] + [0.0] * k
    for item in range(n):
        for j in range(k, 0, -1):
            series[j] += q**item * series[j - 1]
    assert float(log_partition(environment.log_reward(ends))) == pytest.approx(
        math.log(series[k]), abs=1e-12
    )
    last = [
        sum(1 for v in range(n - k, n) if row["S"].count(v)) for row in environment.objects(ends)
    ]
    assert environment.is_mode(ends).tolist() == [count == k for count in last]


def test_a_set_is_reached_in_every_order():
    table = made("Choose", "Spread", {"N": 7, "k": 4}).enumerate(LIMIT)
    counts = path_counts(RankedGraph.of(table))
    expected = torch.lgamma(table.rank.double() + 1)
    torch.testing.assert_close(counts, expected, rtol=0, atol=1e-12)


def test_spread_repels_neighbours():
    environment = made("Choose", "Spread", {"N": 6, "k": 3}, strength=2)
    table = environment.enumerate(LIMIT)
    ends = table.states[table.terminating]
    for row, found in zip(environment.objects(ends), environment.log_reward(ends), strict=True):
        energy = sum(1 / (v - u) for u, v in combinations(row["S"], 2))
        assert float(found) == pytest.approx(-2 * energy, abs=1e-12)


@pytest.mark.parametrize(
    "parameters",
    [
        {"N": 6, "k": 3, "budget": 90, "exclusions": 40},
        {"N": 8, "k": 8, "budget": 130, "exclusions": 15, "seed": 3},
        {"N": 9, "k": 4, "budget": 1_000, "exclusions": 0},
        {"N": 5, "k": 2, "budget": 0},
    ],
)
def test_budgets_and_exclusions_select_what_brute_force_selects(parameters):
    environment = made("Subset", "Utility", parameters, temperature=0.5)
    ir = environment.derived.environment
    n, k, budget = (ir.parameters[name] for name in ("N", "k", "budget"))
    weight, drawn = (ir.lets[name].value for name in ("weight", "drawn"))

    def allowed(chosen):
        apart = all(
            drawn[u * n + v] >= ir.parameters["exclusions"] for u, v in combinations(chosen, 2)
        )
        return apart and sum(weight[v] for v in chosen) <= budget

    sets = [c for j in range(k + 1) for c in combinations(range(n), j) if allowed(c)]
    table = environment.enumerate(LIMIT)
    assert sorted(tuple(row["S"]) for row in environment.objects(table.states)) == sorted(sets)
    assert sizes(environment) == (len(sets), sum(map(len, sets)), len(sets))
    assert all(10 <= w <= 50 for w in weight)


def bags(kinds, size, cap):
    """Numbers of bags of each size: coefficients of (1 + x + ... + x^cap)^kinds."""
    series = [1]
    for _ in range(kinds):
        series = [
            sum(series[m] for m in range(max(0, n - cap), min(n, len(series) - 1) + 1))
            for n in range(len(series) + cap)
        ]
    return series[: size + 1]


@pytest.mark.parametrize(("kinds", "size", "cap"), [(3, 3, 2), (4, 5, 3), (7, 6, 4), (2, 2, 1)])
def test_bags_are_counted_by_their_generating_function(kinds, size, cap):
    environment = made("Bag", "Hoard", {"kinds": kinds, "size": size, "cap": cap})
    by_size = bags(kinds, size, cap)
    rows = [c for c in product(range(cap + 1), repeat=kinds) if sum(c) <= size]
    edges = sum(sum(1 for n in c if n) for c in rows)
    assert sizes(environment) == (sum(by_size), edges, by_size[-1])
    assert len(rows) == sum(by_size)
