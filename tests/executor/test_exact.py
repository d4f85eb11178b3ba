"""Dynamic programming against closed forms and against the enumeration of all trajectories."""

from __future__ import annotations

import math

import pytest
import torch
from policies import backward_law, random_backward, random_forward, random_logits
from tables import TABLES, grid, slots
from walks import adjacency

from gflowspec.components.contracts import ExactView
from gflowspec.core.errors import InternalError
from gflowspec.executor.exact import (
    RankedGraph,
    choices,
    evaluate,
    log_partition,
    log_target,
    path_counts,
    solve,
    tlm_optimum,
    uniform_log_pb,
    visits,
)

each_table = pytest.mark.parametrize("name", TABLES)
STANDARD, HARD = (1e-3, 0.5, 2.0), (1e-4, 1.0, 3.0)


def view_of(table, log_pf, log_pf_stop, log_pb):
    return ExactView(table=table, log_pf=log_pf, log_pf_stop=log_pf_stop, log_pb=log_pb)


def all_paths(table):
    """Every trajectory, as the rows of its edges and its last state."""
    out, _ = adjacency(table)
    paths, stack = [], [((), 0)]
    while stack:
        path, state = stack.pop()
        if table.terminating[state]:
            paths.append((list(path), state))
        stack.extend(((*path, edge), int(table.child[edge])) for edge in out[state])
    return paths


# ---- A1, A2: closed forms -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dim", "side", "heights", "log_z"),
    [
        (2, 8, STANDARD, 2.7766),
        (2, 8, HARD, 3.3324),
        (4, 8, STANDARD, 5.1005),
        (4, 8, HARD, 5.7184),
        (2, 20, STANDARD, 4.4116),
        (2, 20, HARD, 4.9975),
        (2, 16, (0.1, 0.5, 2.0), math.log(65.6)),
    ],
)
def test_a1_log_z_of_the_grids(dim, side, heights, log_z):
    table = grid(dim, side, heights)
    graph = RankedGraph.of(table)
    by_flow = solve(graph, uniform_log_pb(graph)).log_z
    assert log_partition(table.log_reward) == pytest.approx(log_z, abs=5e-5)
    assert by_flow == pytest.approx(log_partition(table.log_reward), abs=1e-12)


def test_a1_log_z_is_compensated():
    levels = [(150_000, 1e-3), (9_744, 0.501), (256, 2.501)]
    rewards = torch.cat([torch.full((n,), math.log(r), dtype=torch.float64) for n, r in levels])
    assert log_partition(rewards) == pytest.approx(math.log(5672), abs=1e-12)


def test_a2_path_counts_of_a_grid_are_multinomials():
    table = grid(2, 5)
    expected = [math.comb(int(x + y), int(x)) for x, y in table.states]
    counts = path_counts(RankedGraph.of(table))
    torch.testing.assert_close(counts, torch.tensor(expected).double().log(), rtol=0, atol=1e-12)


def test_a2_path_counts_of_slots_are_factorials_and_maxent_is_uniform():
    table = slots(3, 2)
    graph = RankedGraph.of(table)
    counts = path_counts(graph)
    filled = (table.states > 0).sum(1).double()
    torch.testing.assert_close(counts, torch.lgamma(filled + 1), rtol=0, atol=1e-12)
    maxent = counts[table.parent] - counts[table.child]
    torch.testing.assert_close(maxent, uniform_log_pb(graph), rtol=0, atol=1e-12)


@each_table
def test_a2_path_counts_equal_enumeration(name):
    table = TABLES[name]()
    counts = [0] * len(table.rank)
    for _, end in all_paths(table):
        counts[end] += 1
    ends = table.terminating
    expected = torch.tensor(counts).double().log()[ends]
    torch.testing.assert_close(path_counts(RankedGraph.of(table))[ends], expected)


@each_table
def test_a2_fixed_rules_are_normalised(name):
    table = TABLES[name]()
    graph = RankedGraph.of(table)
    counts = path_counts(graph)
    _, into = adjacency(table)
    for log_pb in (uniform_log_pb(graph), counts[table.parent] - counts[table.child]):
        sums = torch.zeros(len(table.rank)).double().index_add(0, table.child, log_pb.exp())
        torch.testing.assert_close(sums[1:], torch.ones(len(sums) - 1).double())
    assert choices(table).tolist() == [len(into[child]) for child in table.child.tolist()]


# ---- A3, C3: bounds and gaps --------------------------------------------------------------------


@each_table
def test_c3_the_exact_solution_samples_the_target(name):
    table = TABLES[name]()
    graph = RankedGraph.of(table)
    for log_pb in (random_backward(table, seed=1), uniform_log_pb(graph)):
        solution = solve(graph, log_pb)
        log_z = log_partition(table.log_reward)
        assert solution.log_z == pytest.approx(log_z, abs=1e-12)
        exact = evaluate(graph, view_of(table, solution.log_pf, solution.log_pf_stop, log_pb))
        torch.testing.assert_close(exact.log_p.exp(), exact.log_target.exp(), rtol=0, atol=1e-12)
        assert exact.elbo == pytest.approx(log_z, abs=1e-12)
        assert exact.eubo == pytest.approx(log_z, abs=1e-12)


@each_table
@pytest.mark.parametrize("seed", [1, 2])
def test_a3_everything_equals_the_sum_over_trajectories(name, seed):
    table = TABLES[name]()
    graph = RankedGraph.of(table)
    log_pb = random_backward(table, seed)
    log_pf, log_pf_stop = random_forward(table, seed + 10)
    exact = evaluate(graph, view_of(table, log_pf, log_pf_stop, log_pb))
    log_z = log_partition(table.log_reward)
    law = dict.fromkeys(range(len(table.rank)), 0.0)
    elbo = eubo = 0.0
    for edges, end in all_paths(table):
        forward = float(log_pf[edges].sum() + log_pf_stop[end])
        backward = float(log_pb[edges].sum())
        bracket = float(table.log_reward[end]) + backward - forward
        law[end] += math.exp(forward)
        elbo += math.exp(forward) * bracket
        eubo += math.exp(float(table.log_reward[end]) - log_z + backward) * bracket
    torch.testing.assert_close(exact.log_p.exp(), torch.tensor(list(law.values())).double())
    assert exact.elbo == pytest.approx(elbo, abs=1e-9)
    assert exact.eubo == pytest.approx(eubo, abs=1e-9)
    assert exact.elbo < log_z < exact.eubo
    assert exact.gap_terminal + exact.gap_path == pytest.approx(log_z - elbo, abs=1e-9)
    assert exact.gap_terminal > 0
    assert exact.gap_path >= -1e-9


@each_table
def test_a3_the_path_gap_is_the_expected_kl_of_paths(name):
    table = TABLES[name]()
    graph = RankedGraph.of(table)
    log_pb = random_backward(table, seed=3)
    log_pf, log_pf_stop = random_forward(table, seed=4)
    exact = evaluate(graph, view_of(table, log_pf, log_pf_stop, log_pb))
    gap = 0.0
    for edges, end in all_paths(table):
        forward = float(log_pf[edges].sum() + log_pf_stop[end])
        given_end = forward - float(exact.log_p[end])
        gap += math.exp(forward) * (given_end - float(log_pb[edges].sum()))
    assert exact.gap_path == pytest.approx(gap, abs=1e-9)


@each_table
def test_backward_kl_is_a_sum_over_visited_states(name):
    table = TABLES[name]()
    graph = RankedGraph.of(table)
    log_pb = random_backward(table, seed=3)
    log_pf, log_pf_stop = random_forward(table, seed=4)
    exact = evaluate(graph, view_of(table, log_pf, log_pf_stop, log_pb))
    _, into = adjacency(table)
    expected = 0.0
    for state, edges in enumerate(into):
        if edges:
            law = log_pb[edges]
            kl = float((law.exp() * (law + math.log(len(edges)))).sum())
            expected += math.exp(float(exact.log_visits[state])) * kl
    assert exact.backward_kl == pytest.approx(expected, abs=1e-12)
    uniform = view_of(table, log_pf, log_pf_stop, uniform_log_pb(graph))
    assert evaluate(graph, uniform).backward_kl == pytest.approx(0, abs=1e-12)


def test_unnormalised_policies_are_a_bug():
    table = TABLES["grid 3x3"]()
    graph = RankedGraph.of(table)
    log_pf, log_pf_stop = random_forward(table, seed=4)
    with pytest.raises(InternalError, match="sums to"):
        evaluate(graph, view_of(table, log_pf + 1e-6, log_pf_stop, uniform_log_pb(graph)))
    with pytest.raises(InternalError, match="ELBO"):
        evaluate(graph, view_of(table, log_pf, log_pf_stop, uniform_log_pb(graph) + 2))


# ---- A4, A5: TLM --------------------------------------------------------------------------------


def expected_tlm_loss(table, log_mu, log_pf, log_pb):
    """E over P_F of the TLM loss of a trajectory."""
    return -((log_mu[table.parent] + log_pf).exp() * log_pb).sum()


@each_table
def test_a4_gradient_descent_on_tlm_reaches_its_optimum(name):
    table = TABLES[name]()
    graph = RankedGraph.of(table)
    log_pf, log_pf_stop = random_forward(table, seed=5)
    log_mu = visits(graph, log_pf)
    logits = torch.zeros(len(table.parent), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [logits], max_iter=200, tolerance_grad=1e-10, tolerance_change=1e-20
    )

    def closure():
        optimiser.zero_grad()
        loss = expected_tlm_loss(table, log_mu, log_pf, backward_law(table, logits))
        loss.backward()
        return loss

    optimiser.step(closure)
    reached = backward_law(table, logits.detach())
    optimum = tlm_optimum(graph, log_pf)
    torch.testing.assert_close(reached.exp(), optimum.exp(), rtol=0, atol=1e-5)
    before = evaluate(graph, view_of(table, log_pf, log_pf_stop, uniform_log_pb(graph)))
    after = evaluate(graph, view_of(table, log_pf, log_pf_stop, optimum))
    assert after.gap_path == pytest.approx(0, abs=1e-9)
    assert after.gap_terminal == before.gap_terminal


@each_table
def test_a5_a_balanced_pair_is_a_fixed_point_of_tlm(name):
    table = TABLES[name]()
    graph = RankedGraph.of(table)
    logits = random_logits(len(table.parent), seed=6).requires_grad_()
    log_pb = backward_law(table, logits)
    solution = solve(graph, log_pb.detach())
    log_mu = visits(graph, solution.log_pf)
    expected_tlm_loss(table, log_mu, solution.log_pf, log_pb).backward()
    assert float(logits.grad.abs().max()) <= 1e-8
    torch.testing.assert_close(tlm_optimum(graph, solution.log_pf), log_pb.detach())


def test_log_target_is_a_law():
    assert float(log_target(grid(2, 5)).exp().sum()) == pytest.approx(1, abs=1e-12)
