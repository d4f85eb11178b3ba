"""C1, C3 and the theory checks on every environment of the standard library, at its scope."""

from __future__ import annotations

import json
import math
import os
from functools import cache
from pathlib import Path

import pytest
import torch

from conformance.balance import (
    OBJECTIVES,
    all_walks,
    backward_laws,
    estimates_of,
    exact_tables,
    fits,
)
from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import elaborate_library, instantiate
from gflowspec.compiler.environment import Environment
from gflowspec.components.contracts import ExactView
from gflowspec.components.discover import vocabulary
from gflowspec.core.resources import std_directory
from gflowspec.executor.exact import (
    RankedGraph,
    choices,
    evaluate,
    log_partition,
    path_counts,
    solve,
    uniform_log_pb,
)
from gflowspec.ir.environment import EffectKind
from gflowspec.lang.spec import load

LIMIT = 20_000
FILES = sorted(path.name for path in std_directory().glob("*.gfs"))


@cache
def loaded(file):
    spec, _ = load(str(std_directory() / file), (), vocabulary())
    assert spec is not None
    return spec


@cache
def library(file):
    """Environments of a file at their scopes, each with every reward; built once."""
    instances, _ = elaborate_library(loaded(file))
    found = []
    for instance in instances:
        small = instance.scope or instance
        derived, _ = derive(small.environment)
        found.extend(Environment.of(derived, reward) for reward in small.rewards)
    return tuple(found)


@cache
def enumerated(file):
    """Name, environment and table of each of them."""
    return tuple(
        (f"{e.derived.environment.name} for {e.reward.name}", e, e.enumerate(LIMIT))
        for e in library(file)
    )


each_file = pytest.mark.parametrize("file", FILES)


def test_the_library_is_not_empty():
    assert {"hypergrid.gfs", "permutations.gfs"} <= set(FILES)
    assert all(library(file) for file in FILES)


@each_file
def test_c1_residuals_vanish_at_the_exact_solution(file):
    for name, _, table in enumerated(file):
        packed = all_walks(table)
        for log_pb in backward_laws(table):
            tables = exact_tables(table, log_pb)
            for objective in (item for item in OBJECTIVES.values() if fits(item, table)):
                estimates = estimates_of(packed, tables, objective)
                residuals, weights = objective.residuals(packed.trajectories, estimates)
                assert float(residuals[weights > 0].abs().max()) <= 1e-10, (name, objective)


@each_file
def test_c3_the_exact_solution_samples_the_target(file):
    for _, _, table in enumerated(file):
        graph = RankedGraph.of(table)
        for log_pb in backward_laws(table):
            found = solve(graph, log_pb)
            view = ExactView(
                table=table, log_pf=found.log_pf, log_pf_stop=found.log_pf_stop, log_pb=log_pb
            )
            exact = evaluate(graph, view)
            p, target = exact.log_p.exp(), exact.log_target.exp()
            torch.testing.assert_close(p, target, rtol=0, atol=1e-12)
            assert exact.elbo == pytest.approx(exact.log_z, abs=1e-9)
            assert exact.eubo == pytest.approx(exact.log_z, abs=1e-9)


@each_file
def test_masks_count_the_edges_of_the_table(file):
    for name, environment, table in enumerated(file):
        size = len(table.rank)
        backward = environment.backward_mask(table.states).sum(1)
        assert torch.equal(backward, table.child.bincount(minlength=size)), name
        assert torch.equal(backward[table.child], choices(table)), name
        forward = environment.forward_mask(table.states).sum(1)
        stops = (table.terminating & ~table.forced).long()
        assert torch.equal(forward, table.parent.bincount(minlength=size) + stops), name
        assert torch.equal(environment.is_terminal(table.states), table.forced), name


# ---- closed forms -------------------------------------------------------------------------------


def hypergrid(dim, side, reward, **parameters):
    spec = loaded("hypergrid.gfs")
    instance, found = instantiate(spec, "Hypergrid", {"dim": dim, "side": side}, reward, parameters)
    assert instance is not None, found
    derived, _ = derive(instance.environment)
    return Environment.of(derived, instance.rewards[0])


def cells(dim, side):
    axis = torch.arange(side)
    return torch.cartesian_prod(*[axis] * dim)


def axis_counts(side):
    """Coordinates of the outer part and of the band, by integer comparisons."""
    away = [abs(2 * x - (side - 1)) for x in range(side)]
    reach = 2 * (side - 1)
    outer = sum(4 * a > reach for a in away)
    return outer, sum(3 * reach < 10 * a < 4 * reach for a in away)


@pytest.mark.parametrize(("dim", "side"), [(2, 8), (4, 8), (2, 11), (2, 16), (2, 20), (2, 21)])
@pytest.mark.parametrize("heights", [(1e-3, 0.5, 2.0), (1e-4, 1.0, 3.0), (0.1, 0.5, 2.0)])
def test_a1_level_counts_and_log_z(dim, side, heights):
    low, middle, high = heights
    environment = hypergrid(dim, side, "Corners", R0=low, R1=middle, R2=high)
    log_reward = environment.log_reward(cells(dim, side))
    outer, band = (count**dim for count in axis_counts(side))
    z = low * side**dim + middle * outer + high * band
    assert log_partition(log_reward) == pytest.approx(math.log(z), abs=1e-12)
    levels = [low, low + middle, low + middle + high]
    found = [int((log_reward - math.log(level)).abs().lt(1e-12).sum()) for level in levels]
    assert found == [side**dim - outer, outer - band, band]
    assert int(environment.is_mode(cells(dim, side)).sum()) == band


def golden_cases():
    folder = os.environ.get("GFLOWSPEC_DATA")
    candidates = [Path(folder, *sub) for sub in ((), ("..", "golden"))] if folder else []
    for candidate in candidates:
        path = candidate / "hypergrid_golden.json"
        if path.is_file():
            return json.loads(path.read_text())["cases"]
    return []


@pytest.mark.parametrize(
    "case", golden_cases(), ids=lambda case: f"{case['height']}^{case['ndim']} {case['name']}"
)
def test_a1_golden_rewards(case):
    dim, side = case["ndim"], case["height"]
    heights = {name: case[name] for name in ("R0", "R1", "R2")}
    environment = hypergrid(dim, side, "Corners", **heights)
    log_reward = environment.log_reward(cells(dim, side))
    assert log_partition(log_reward) == pytest.approx(case["logZ_exact"], abs=1e-12)
    assert int(environment.is_mode(cells(dim, side)).sum()) == case["n_modes_states"]
    states = torch.tensor([point["state"] for point in case["points"]])
    rewards = environment.log_reward(states).exp().tolist()
    assert rewards == pytest.approx([point["reward"] for point in case["points"]], rel=1e-12)


def test_a2_path_counts_of_the_hypergrid_are_multinomials():
    table = hypergrid(3, 4, "Corners").enumerate(LIMIT)
    x = table.states.double()
    expected = torch.lgamma(x.sum(1) + 1) - torch.lgamma(x + 1).sum(1)
    torch.testing.assert_close(path_counts(RankedGraph.of(table)), expected, rtol=0, atol=1e-12)


def fills_slots(environment):
    """Whether every action fills one empty slot, and does nothing else."""
    return all(
        [effect.kind for effect in action.effects] == [EffectKind.FILL]
        for action in environment.derived.environment.actions
    )


def test_a2_filling_any_slot_makes_maxent_uniform():
    found = [item for file in FILES for item in enumerated(file) if fills_slots(item[1])]
    assert any(name.startswith("Permutation") for name, _, _ in found)
    for name, _, table in found:
        graph = RankedGraph.of(table)
        counts = path_counts(graph)
        factorials = torch.lgamma(table.rank.double() + 1)
        torch.testing.assert_close(counts, factorials, rtol=0, atol=1e-12, msg=name)
        maxent = counts[table.parent] - counts[table.child]
        uniform = uniform_log_pb(graph)
        torch.testing.assert_close(maxent, uniform, rtol=0, atol=1e-12, msg=name)


def partial_forests(n):
    """Forests of rooted binary trees with n labelled leaves: the sum over set partitions of the
    products of (2 k - 3)!! over their blocks.
    """
    shapes = [1, 1] + [math.prod(range(1, 2 * k - 2, 2)) for k in range(2, n + 1)]
    found = [1]
    for m in range(1, n + 1):
        # The block of the first leaf has k leaves.
        ways = (math.comb(m - 1, k - 1) * shapes[k] * found[m - k] for k in range(1, m + 1))
        found.append(sum(ways))
    return found[n]


@pytest.mark.parametrize(("n", "forests", "trees"), [(3, 7, 3), (4, 37, 15), (5, 266, 105)])
def test_phylogeny_counts_forests_and_trees(n, forests, trees):
    instance, _ = instantiate(loaded("phylogeny.gfs"), "Phylogeny", {"n": n}, "Neighbours")
    derived, _ = derive(instance.environment)
    table = Environment.of(derived, instance.rewards[0]).enumerate(LIMIT)
    assert (len(table.rank), int(table.forced.sum())) == (forests, trees)
    assert partial_forests(n) == forests
