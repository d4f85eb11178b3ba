"""Exact views against walks over all trajectories, and what training has visited."""

import math
from types import SimpleNamespace

import pytest
import torch

from gflowspec.components.metrics.empirical import EmpiricalTotalVariation
from gflowspec.components.metrics.exact_distances import ExactTotalVariation
from gflowspec.components.metrics.trajectories import EUBO
from gflowspec.components.metrics.visited import UniqueObjects
from gflowspec.components.needs import MetricNeeds
from gflowspec.core.errors import TooManyStates
from gflowspec.executor import exact, views
from gflowspec.executor.evaluate import Evaluator, union
from gflowspec.executor.tables import Tables
from gflowspec.executor.visits import Visits
from tests.executor.experiments import experiment_of
from tests.executor.test_rollout import paths, randomised
from tests.executor.worlds import Grid, Slots


def terminal_law(experiment):
    """Probability of each object, by walking every trajectory."""
    world, found = experiment.environment, {}
    for taken, probability in paths(experiment).items():
        states = world.source(1)
        for action in taken:
            states, _ = world.step(states, torch.tensor([action]))
        key = tuple(states[0].tolist())
        found[key] = found.get(key, 0.0) + probability
    return found


@pytest.mark.parametrize("chunk", [4, 1000])
@pytest.mark.parametrize("world", [Grid(2, 3), Slots(2, 2)], ids=["stop", "forced"])
def test_the_exact_law_is_the_sum_over_all_trajectories(world, chunk, monkeypatch):
    monkeypatch.setattr(views, "CHUNK", chunk)
    experiment = randomised(world)
    tables = Tables.of(world, 1000)
    measured = exact.evaluate(tables.graph, views.exact_view(experiment, tables))
    law = terminal_law(experiment)
    for state, log_p in zip(tables.table.states.tolist(), measured.log_p.tolist(), strict=True):
        assert math.exp(log_p) == pytest.approx(law.get(tuple(state), 0.0), abs=1e-12)
    target = world.log_reward(tables.table.states)[tables.table.terminating].softmax(0)
    learned = measured.log_p.exp()[tables.table.terminating]
    summary = Evaluator.of(experiment).summary()
    assert summary.tv == pytest.approx(float((learned - target).abs().sum() / 2))
    assert summary.kl == pytest.approx(float((target * (target / learned).log()).sum()))


@pytest.mark.parametrize("chunk", [4, 1000])
@pytest.mark.parametrize("rule", ["uniform", "maxent", "naive", "tlm"])
def test_every_backward_policy_is_normalised_at_every_state(rule, chunk, monkeypatch):
    monkeypatch.setattr(views, "CHUNK", chunk)
    experiment = experiment_of(Grid(2, 4), "db", rule)
    if rule in {"naive", "tlm"}:
        torch.nn.init.normal_(experiment.networks.head("backward").weight.data)
    tables = Tables.of(experiment.environment, 1000)
    view = views.exact_view(experiment, tables)
    sums = torch.zeros(16, dtype=torch.float64).index_add(0, tables.table.child, view.log_pb.exp())
    assert torch.allclose(sums[1:], torch.ones(15, dtype=torch.float64))
    assert view.log_flow.shape == (16,)
    assert float(view.log_z) == pytest.approx(float(view.log_flow[0]))


def test_an_environment_that_is_too_large_has_no_exact_summary():
    world = Grid(2, 4)
    world.enumerate = lambda limit: (_ for _ in ()).throw(TooManyStates(17, limit))
    assert Evaluator.of(experiment_of(world, "tb", "tlm")).summary() is None
    with pytest.raises(TooManyStates):
        Evaluator.of(experiment_of(world, "tb", "maxent"))
    with pytest.raises(TooManyStates):
        Evaluator.of(experiment_of(world, "tb", "tlm", metrics=[(1, ExactTotalVariation())]))


def test_needs_are_the_union_over_metrics():
    needs = union([ExactTotalVariation(), UniqueObjects(), EmpiricalTotalVariation(samples=70)])
    assert needs.exact
    assert needs.history
    assert max(needs.fresh, needs.window) == 70


def test_a_sampled_metric_stands_beside_its_floor_and_is_repeatable():
    metric = EmpiricalTotalVariation(samples=200)
    evaluator = Evaluator.of(experiment_of(Grid(2, 3), "tb", "tlm", metrics=[(1, metric)]))
    first = evaluator.compute((metric,), 5, {})
    assert set(first) == {"tv_empirical", "tv_empirical.floor"}
    assert evaluator.compute((metric,), 5, {}) == first
    assert evaluator.compute((metric,), 6, {}) != first


@pytest.mark.parametrize("world", [Grid(2, 3), Slots(2, 2)], ids=["stop", "forced"])
@pytest.mark.parametrize("rule", ["uniform", "naive"])
def test_the_sampled_upper_bound_means_the_exact_one(world, rule):
    """E of log R + log P_B - log P_F under target and P_B, over all states and over rollouts."""
    experiment = experiment_of(world, "tb", rule, precision="float64", metrics=[(1, EUBO())])
    for i, parameter in enumerate(experiment.networks.parameters()):
        torch.nn.init.normal_(parameter.data, std=0.5, generator=torch.Generator().manual_seed(i))
    evaluator = Evaluator.of(experiment)
    measured = exact.evaluate(
        evaluator.tables.graph, views.exact_view(experiment, evaluator.tables)
    )
    assert measured.eubo > measured.log_z + 0.05
    law = evaluator._tests.paths(40_000, seed=3)
    weights = law.log_reward - law.log_p
    assert float(weights.std()) > 0.05
    error = float(weights.std()) / math.sqrt(len(weights))
    assert float(weights.mean()) == pytest.approx(measured.eubo, abs=4 * error)
    first = evaluator.compute((EUBO(samples=50),), 5, {})
    assert first == evaluator.compute((EUBO(samples=50),), 5, {})
    assert first != evaluator.compute((EUBO(samples=50),), 6, {})


def visited(world, needs, batches):
    visits = Visits(environment=world, needs=needs)
    for states in batches:
        found = torch.tensor(states)
        last = torch.arange(len(states))
        log_reward = world.log_reward(found).float()
        visits.add(
            SimpleNamespace(
                trajectories=SimpleNamespace(
                    states=found, last=last, log_reward=log_reward, size=len(states)
                )
            )
        )
    return visits


BATCHES = [[[0, 0], [1, 2], [0, 0]], [[2, 2], [1, 2]], [[0, 1], [2, 2]]]


@pytest.mark.parametrize("pending", [1, 3, 1000])
def test_visits_count_distinct_objects_and_keep_the_last(pending, monkeypatch):
    monkeypatch.setattr("gflowspec.executor.visits.PENDING", pending)
    reward = torch.arange(9, dtype=torch.float64)
    world = Grid(2, 3, reward=reward)
    world.is_mode = lambda states: (states == 2).any(1)
    visits = visited(world, MetricNeeds(history=True, modes=True, best=3, window=4), BATCHES)
    history = visits.history()
    assert history.unique_objects == 4
    assert history.modes_found == 2
    assert history.best_log_reward.tolist() == [8.0, 5.0, 1.0]
    assert history.best_states.tolist() == [[2, 2], [1, 2], [0, 1]]
    window = visits.window(Tables.of(world, 100))
    assert window.log_reward.tolist() == [8.0, 5.0, 1.0, 8.0]
    copied = Visits(environment=world, needs=visits.needs)
    copied.restore(visits.state())
    assert copied.history().unique_objects == 4
    assert copied.history().modes_found == 2
    assert torch.equal(copied.history().best_states, history.best_states)
    assert copied.window(None).log_reward.tolist() == [8.0, 5.0, 1.0, 8.0]


def test_visits_keep_nothing_that_no_metric_asks_for():
    visits = visited(Grid(2, 3), MetricNeeds(exact=True), BATCHES)
    assert not visits.active
    assert visits.history().unique_objects == 0
    assert visits.history().best_states.shape == (0, 2)
    assert visits.window(None).log_reward.shape == (0,)
