"""Stops of visited states against dynamic programming."""

import pytest
import torch

from gflowspec.components.contracts import MetricInputs
from gflowspec.components.metrics.stops import StopRate, StopResidual
from gflowspec.executor import exact
from gflowspec.executor.stops import stop_visits
from gflowspec.executor.tables import Tables
from gflowspec.executor.views import exact_view
from tests.executor.experiments import experiment_of
from tests.executor.worlds import Grid

#: Rewards by distance from the source, in three levels.
REWARD = torch.tensor([2.0, 2.0, 0.1, 2.0, 0.1, 0.1, 0.1, 0.1, 1.0], dtype=torch.float64).log()


def experiment(world, bias=0.0):
    """A random policy; ``bias`` is added to the logit of ``stop``."""
    made = experiment_of(world, "tb", "uniform", precision="float64")
    for number, item in enumerate(made.networks.parameters()):
        generator = torch.Generator().manual_seed(number)
        item.data.add_(0.3 * torch.randn(item.shape, generator=generator, dtype=item.dtype))
    made.networks.head("forward").bias.data[-1] += bias
    return made


def visits(made, tables, samples=20_000):
    return stop_visits(made, tables, samples, torch.Generator().manual_seed(0))


def test_expected_stops_are_the_target_and_observed_ones_the_policy():
    world = Grid(2, 3, reward=REWARD)
    made = experiment(world)
    tables = Tables.of(world, 100)
    law = exact.evaluate(tables.graph, exact_view(made, tables))
    seen = visits(made, tables)
    found = StopRate().compute(MetricInputs(stops=seen))
    for kind, expected in (("expected", law.log_target), ("observed", law.log_p)):
        total = sum(found[f"stop_rate.{number}.{kind}"] for number in range(1, 11))
        assert total == pytest.approx(1, abs=0.02)
        # Of the lowest level alone, which fills more than three deciles.
        low = (tables.table.log_reward.exp() - 0.1).abs() < 1e-9
        visited = float((seen.log_reward < -2).double().mean())
        assert visited > 0.3
        part = float(expected[low].exp().sum()) / visited / 10
        for number in (1, 2, 3):
            assert found[f"stop_rate.{number}.{kind}"] == pytest.approx(part, rel=0.06)
    ratios = [found[f"stop_rate.{n}.observed"] / found[f"stop_rate.{n}.expected"]
              for n in range(1, 11)]  # fmt: skip
    assert found["stop_rate"] == pytest.approx(min(ratios))


def test_a_policy_that_never_stops_shows():
    world = Grid(2, 3, reward=REWARD)
    made = experiment(world, bias=-12.0)
    tables = Tables.of(world, 100)
    seen = visits(made, tables, 2_000)
    assert StopRate().compute(MetricInputs(stops=seen))["stop_rate"] < 0.01
    residual = StopResidual().compute(MetricInputs(stops=seen))
    assert residual["stop_residual.mean"] < -6
    assert residual["stop_residual"] >= -residual["stop_residual.mean"]


def test_the_exact_solution_has_no_residual_and_every_visit_its_flow():
    world = Grid(2, 3, reward=REWARD)
    made = experiment(world)
    tables = Tables.of(world, 100)
    solution = exact.solve(tables.graph, exact.uniform_log_pb(tables.graph))

    def logits(states, _mask):
        rows = tables.rows(states)
        table = torch.zeros(3, len(tables.table.rank), dtype=torch.float64)
        table[tables.table.forward_actions, tables.table.parent] = solution.log_pf
        table[-1] = solution.log_pf_stop
        return table[:, rows]

    seen = visits(made, tables, 100)
    assert StopResidual().compute(MetricInputs(stops=seen))["stop_residual"] > 0.1
    object.__setattr__(made.networks, "logits", logits)
    seen = visits(made, tables, 100)
    found = StopResidual().compute(MetricInputs(stops=seen))
    assert found["stop_residual"] == pytest.approx(0, abs=1e-9)
    # Balanced: what is expected of a visit is its probability to stop, at any one visit.
    share = (seen.log_reward - seen.log_flow).exp()
    assert torch.allclose(share, seen.log_stop.exp())


def test_without_any_log_z_it_is_estimated_from_the_visits():
    world = Grid(2, 3, reward=REWARD)
    made = experiment(world)
    object.__setattr__(
        made.settings, "objective", experiment_of(world, "vargrad").settings.objective
    )
    one, two = visits(made, Tables.of(world, 100)), visits(made, None)
    assert torch.allclose(one.log_flow, two.log_flow, atol=0.05)
    assert float((two.log_reward - two.log_flow).exp().sum()) == pytest.approx(20_000)
