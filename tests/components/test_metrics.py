"""Metrics against brute force, noise floors against simulation (A11)."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import pearsonr, spearmanr

from gflowspec.components.contracts import (
    ExactEvaluation,
    History,
    MetricInputs,
    StopVisits,
    TestLaw,
    TrajectorySummary,
    Visited,
)
from gflowspec.components.discover import vocabulary
from gflowspec.components.metrics import distances
from gflowspec.components.metrics.correlation import linear_correlation, mean_ranks
from gflowspec.components.metrics.diversity import mean_distance
from gflowspec.components.metrics.noise import l1_floor, log_frequencies, simulated_floor
from gflowspec.components.metrics.stops import tied_parts
from gflowspec.components.test_sets.samples import SampledObjects

TARGET = [0.5, 0.3, 0.2]
MODEL = [0.25, 0.25, 0.5]
#: Four states, of which the second does not terminate.
LOG_TARGET = torch.tensor([0.5, 0.0, 0.3, 0.2], dtype=torch.float64).log()
LOG_MODEL = torch.tensor([0.25, 0.0, 0.25, 0.5], dtype=torch.float64).log()


def metric(name, **arguments):
    return vocabulary().find("metric", name)(**arguments)


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def exact_inputs(**changes):
    values = {
        "log_p": LOG_MODEL,
        "log_target": LOG_TARGET,
        "log_visits": LOG_MODEL,
        "log_z": 1.0,
        "elbo": 0.25,
        "eubo": 1.5,
        "gap_terminal": 0.5,
        "gap_path": 0.25,
        "backward_kl": 0.125,
        "estimated_log_z": 0.75,
    }
    regions = {"big": torch.tensor([True, False, False, True])}
    return MetricInputs(exact=ExactEvaluation(**(values | changes)), regions=regions)


def kl(p, q):
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))


MIDDLE = [(a + b) / 2 for a, b in zip(TARGET, MODEL, strict=True)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tv_exact", 0.3),
        ("l1_exact", 0.6),
        ("kl_exact", kl(TARGET, MODEL)),
        ("js_exact", (kl(TARGET, MIDDLE) + kl(MODEL, MIDDLE)) / 2),
        ("logz_error", -0.25),
        ("elbo_exact", 0.25),
        ("eubo_exact", 1.5),
        ("gap_terminal", 0.5),
        ("gap_path", 0.25),
        ("regret", 0.75),
        ("pb_kl_exact", 0.125),
    ],
)
def test_exact_metrics(name, value):
    found = metric(name)
    assert found.needs.exact
    assert found.compute(exact_inputs()) == {name: pytest.approx(value, abs=1e-12)}


def test_mass_stands_beside_its_target():
    mass = metric("mass", of="big")
    assert mass.needs.regions == ("big",)
    assert mass.compute(exact_inputs()) == {
        "mass.big": pytest.approx(0.75),
        "mass.big.target": pytest.approx(0.7),
    }


def test_a_model_that_misses_an_object_is_infinitely_far_in_kl_and_not_in_js():
    missing = tensor(0.5, 0.5, 0.0).log()
    full = tensor(0.5, 0.3, 0.2).log()
    assert distances.kullback_leibler(full, missing) == math.inf
    assert distances.kullback_leibler(missing, full) == pytest.approx(0.5 * math.log(0.5 / 0.3))
    assert distances.jensen_shannon(full, missing) < math.log(2)
    disjoint = distances.jensen_shannon(tensor(1.0, 0.0).log(), tensor(0.0, 1.0).log())
    assert disjoint == pytest.approx(math.log(2))


# ---- sampled ------------------------------------------------------------------------------------


def summary(objects):
    n = len(objects)
    return TrajectorySummary(
        lengths=torch.arange(1, n + 1),
        log_reward=torch.zeros(n).double(),
        log_pf=torch.arange(n).double(),
        log_pb=torch.full((n,), 2.0).double(),
        forward_entropy=torch.full((n,), 3.0).double(),
        backward_entropy=torch.full((n,), 5.0).double(),
        backward_deviation=torch.full((n,), 7.0).double(),
        decisions=torch.arange(2, n + 2),
        objects=torch.tensor(objects),
    )


def sampled_inputs(objects):
    window = Visited(log_reward=torch.arange(len(objects)).double(), objects=torch.tensor(objects))
    return MetricInputs(log_target=LOG_TARGET, fresh=summary(objects), window=window)


FREQUENCIES = {"fresh": [0.75, 0.25, 0.0], "window": [0.25, 0.25, 0.5]}


@pytest.mark.parametrize("source", ["fresh", "window"])
def test_empirical_metrics_read_their_samples_and_bring_a_floor(source):
    inputs = sampled_inputs([0, 0, 0, 2, 3, 3])
    l1 = sum(abs(p - q) for p, q in zip(FREQUENCIES[source], TARGET, strict=True))
    for name, value in (("tv_empirical", l1 / 2), ("l1_empirical", l1), ("l1_mean", l1 / 3)):
        found = metric(name, samples=4, source=source)
        assert found.needs.target
        assert (found.needs.fresh, found.needs.window) == ((4, 0) if source == "fresh" else (0, 4))
        values = found.compute(inputs)
        assert values[name] == pytest.approx(value)
        floor = l1_floor(LOG_TARGET, 4) * value / l1
        assert values[f"{name}.floor"] == pytest.approx(floor)


def test_kl_and_js_of_samples():
    inputs = sampled_inputs([0, 0, 2, 3])
    values = metric("kl_empirical", samples=4).compute(inputs)
    assert values["kl_empirical"] == pytest.approx(kl(TARGET, [0.5, 0.25, 0.25]), abs=1e-7)
    assert values["kl_empirical.floor"] > 0
    values = metric("js_empirical", samples=4).compute(inputs)
    law = [0.5, 0.25, 0.25]
    middle = [(a + b) / 2 for a, b in zip(TARGET, law, strict=True)]
    assert values["js_empirical"] == pytest.approx((kl(TARGET, middle) + kl(law, middle)) / 2)
    assert values["js_empirical.floor"] > 0


def test_nothing_is_said_about_an_empty_window():
    inputs = sampled_inputs([])
    for name in ("tv_empirical", "l1_mean", "js_empirical"):
        assert metric(name, source="window").compute(inputs) == {}
    assert metric("mean_reward").compute(inputs) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("elbo", 2 - 1.0),
        ("length", 2.0),
        ("forward_entropy", 9 / (2 + 3 + 4)),
        ("backward_entropy", 15 / (1 + 2 + 3)),
        ("pb_deviation", 21 / (1 + 2 + 3)),
    ],
)
def test_means_over_fresh_trajectories(name, value):
    found = metric(name, samples=3)
    assert found.needs.fresh == 3
    values = found.compute(MetricInputs(fresh=summary([0, 0, 0, 0, 0])))
    assert values == {name: pytest.approx(value)}


def test_the_upper_bound_is_a_mean_over_backward_rollouts():
    law = TestLaw(log_reward=tensor(1.0, 2.0, 9.0), log_p=tensor(-1.0, -4.0, 0.0))
    found = metric("eubo", samples=2)
    assert (found.needs.target, found.needs.backward) == (True, 2)
    assert found.compute(MetricInputs(backward=law)) == {"eubo": pytest.approx((2 + 6) / 2)}


def test_effective_sample_size():
    weights = [math.exp(2), math.exp(1), math.exp(0)]
    expected = sum(weights) ** 2 / (3 * sum(w * w for w in weights))
    values = metric("effective_sample_size", samples=3).compute(
        MetricInputs(fresh=summary([0, 0, 0]))
    )
    assert values["effective_sample_size"] == pytest.approx(expected)


def test_metrics_of_training():
    history = History(
        modes_found=3,
        unique_objects=9,
        best_log_reward=tensor(4.0, 2.0, 1.0).log(),
        best_states=torch.tensor([[0, 1, 2], [0, 1, 3], [1, 0, 0]]),
    )
    inputs = MetricInputs(
        history=history,
        window=Visited(log_reward=tensor(1.0, 2.0, 6.0).log()),
        training={"loss": 0.5, "gradient_norm": 2.0},
    )
    expected = {
        "modes_found": ({}, 3.0),
        "unique_objects": ({}, 9.0),
        "top_k": ({"k": 2}, 3.0),
        "diversity": ({"k": 3}, (1 + 3 + 3) / 3),
        "mean_reward": ({"samples": 2}, 4.0),
        "loss": ({}, 0.5),
        "gradient_norm": ({}, 2.0),
    }
    for name, (arguments, value) in expected.items():
        values = metric(name, **arguments).compute(inputs)
        assert values == {name: pytest.approx(value)}
    assert metric("diversity", k=1).compute(inputs) == {}
    assert metric("top_k", k=7).needs.best == metric("diversity", k=7).needs.best == 7
    assert metric("modes_found").needs.modes
    assert metric("loss").compute(MetricInputs()) == {}


LAW = TestLaw(log_reward=tensor(0.0, 1.0, 1.0, 3.0), log_p=tensor(-9.0, -5.0, -7.0, -2.0))


def correlation(name, log_reward, log_p):
    law = TestLaw(log_reward=tensor(*log_reward), log_p=tensor(*log_p))
    return metric(name).compute(MetricInputs(tests={(SampledObjects(), 10): law}))


def test_correlations_equal_those_of_scipy():
    generator = torch.Generator().manual_seed(0)
    one = torch.randint(6, (40,), generator=generator).double()
    two = one + 3 * torch.randn(40, generator=generator, dtype=torch.float64)
    for name, reference in (("spearman", spearmanr), ("pearson", pearsonr)):
        expected = reference(one.numpy(), two.numpy()).statistic
        assert correlation(name, one, two) == {name: pytest.approx(expected, abs=1e-12)}


def test_what_differs_by_rounding_alone_is_a_tie():
    assert mean_ranks(tensor(2.0, 1.0, 1.0 + 1e-13, 5.0)).tolist() == [3.0, 1.5, 1.5, 4.0]
    noisy = [-3.0, -3.0 + 1e-14, -1.0, -1.0 - 1e-14]
    assert correlation("spearman", [0, 0, 1, 1], noisy) == {"spearman": pytest.approx(1.0)}
    assert linear_correlation(tensor(1.0, 2.0), tensor(5.0, 1.0)) == pytest.approx(-1.0)


def test_nothing_is_said_of_a_correlation_with_a_constant():
    assert correlation("spearman", [1, 1, 1], [-1, -2, -3]) == {}
    assert correlation("pearson", [1, 2, 3], [-1, -1, -1]) == {}
    assert correlation("pearson", [1], [-1]) == {}


STOPS = StopVisits(
    trajectories=10,
    log_reward=tensor(*[-1.0] * 9, *[2.0] * 11),
    log_flow=tensor(*[-1.0] * 9, *[3.0] * 11),
    log_stop=tensor(*[-1.0] * 20),
    taken=torch.tensor([True] * 3 + [False] * 11 + [True] * 6),
)


def test_stops_by_decile():
    found = metric("stop_rate", deciles=2).compute(MetricInputs(stops=STOPS))
    # 9 visits of low reward and 11 of high: the lower half has one of the latter.
    low, high = math.exp(-1), math.exp(-1)
    assert found == {
        "stop_rate": pytest.approx((9 * low + 1 * low) / (9 + high)),
        "stop_rate.1.observed": pytest.approx(10 * low / 10),
        "stop_rate.1.expected": pytest.approx((9 + high) / 10),
        "stop_rate.2.observed": pytest.approx(10 * low / 10),
        "stop_rate.2.expected": pytest.approx(10 * high / 10),
    }
    residuals = [-1.0] * 6 + [0.0] * 5
    assert metric("stop_residual").compute(MetricInputs(stops=STOPS)) == {
        "stop_residual": pytest.approx(6 / 11),
        "stop_residual.mean": pytest.approx(sum(residuals) / 11),
    }


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 10])
def test_parts_equal_those_of_values_repeated(parts):
    """Each value stands ``parts`` times with that part of its weight: all parts are then whole."""
    keys = tensor(1, 1, 2, 3, 3, 3, 7)
    values = tensor(1, 3, 5, 0, 2, 7, 1)
    even = torch.tensor([2, 2, 5, 3, 3, 3, 1]).double().repeat_interleave(parts) / parts
    assert torch.allclose(tied_parts(keys, values, parts), even.reshape(parts, -1).sum(1))


def everything():
    """Inputs that serve every metric."""
    return MetricInputs(
        exact=exact_inputs().exact,
        log_target=LOG_TARGET,
        fresh=summary([0, 2, 3]),
        window=Visited(log_reward=tensor(0.0, 1.0), objects=torch.tensor([0, 2])),
        history=History(
            modes_found=1,
            unique_objects=2,
            best_log_reward=tensor(1.0, 0.0),
            best_states=torch.tensor([[0, 1], [1, 1]]),
        ),
        training={"loss": 1.0, "gradient_norm": 1.0},
        regions=exact_inputs().regions,
        tests={(SampledObjects(), 10): LAW},
        stops=STOPS,
        backward=TestLaw(log_reward=tensor(1.0, 2.0), log_p=tensor(-1.0, -4.0)),
    )


@pytest.mark.parametrize("name", vocabulary().names("metric"))
def test_every_metric_names_its_values_after_itself(name):
    found = metric(name, of="big") if name == "mass" else metric(name)
    values = found.compute(everything())
    assert found.label in values
    assert all(key == found.label or key.startswith(f"{found.label}.") for key in values)
    assert all(isinstance(value, float) and math.isfinite(value) for value in values.values())
    distance = name.endswith("_empirical") or name == "l1_mean"
    assert (f"{name}.floor" in values) == distance


# ---- A11: floors --------------------------------------------------------------------------------


def corners(dim, side, heights):
    """The log target law of a hypergrid, from its integer definition."""
    axis = torch.arange(side)
    away = (2 * axis - (side - 1)).abs()
    reach = 2 * (side - 1)
    cells = torch.cartesian_prod(*[axis] * dim)
    outer = (4 * away > reach)[cells].all(1)
    band = ((3 * reach < 10 * away) & (10 * away < 4 * reach))[cells].all(1)
    reward = (heights[0] + heights[1] * outer + heights[2] * band).double()
    return (reward / reward.sum()).log()


STANDARD, HARD = (1e-3, 0.5, 2.0), (1e-4, 1.0, 3.0)


@pytest.mark.parametrize(
    ("dim", "side", "heights", "samples", "floor"),
    [
        (2, 8, STANDARD, 10_000, 0.0157),
        (2, 8, HARD, 200_000, 0.0033),
        (4, 8, STANDARD, 10_000, 0.0827),
        (4, 8, HARD, 1_000_000, 0.0071),
        (2, 20, STANDARD, 200_000, 0.0092),
        (4, 20, STANDARD, 200_000, 0.112),
        (4, 20, HARD, 10_000, 0.379),
    ],
)
def test_a11_floors_of_total_variation(dim, side, heights, samples, floor):
    log_target = corners(dim, side, heights)
    assert l1_floor(log_target, samples) / 2 == pytest.approx(floor, abs=6e-4)


@pytest.mark.parametrize(("dim", "side"), [(2, 8), (4, 8)])
def test_a11_floor_equals_simulation(dim, side):
    log_target = corners(dim, side, STANDARD)
    generator = torch.Generator().manual_seed(0)
    samples, trials = 2_000, 60
    values = []
    for _ in range(trials):
        drawn = torch.multinomial(log_target.exp(), samples, replacement=True, generator=generator)
        values.append(distances.l1(log_frequencies(drawn, len(log_target)), log_target))
    found = torch.tensor(values, dtype=torch.float64)
    error = float(found.std()) / math.sqrt(trials)
    assert abs(float(found.mean()) - l1_floor(log_target, samples)) <= 4 * error


@pytest.mark.parametrize("samples", [1, 2, 7, 30])
def test_a11_floor_equals_the_binomial_sum(samples):
    expected = 0.0
    for p in TARGET:
        for k in range(samples + 1):
            weight = math.comb(samples, k) * p**k * (1 - p) ** (samples - k)
            expected += weight * abs(k / samples - p)
    assert l1_floor(LOG_TARGET, samples) == pytest.approx(expected, rel=1e-10)


def test_a11_floor_of_a_certain_object_is_zero():
    assert l1_floor(tensor(1.0, 0.0).log(), 10) == 0.0


def test_simulated_floors_are_reproducible_and_shrink():
    few = simulated_floor(distances.jensen_shannon, LOG_TARGET, 50, seed=1)
    assert few == simulated_floor(distances.jensen_shannon, LOG_TARGET, 50, seed=1)
    assert simulated_floor(distances.jensen_shannon, LOG_TARGET, 50_000, seed=1) < few / 10


def test_diversity_equals_the_mean_over_all_pairs():
    states = torch.randint(4, (30, 6), generator=torch.Generator().manual_seed(0))
    pairs = [float((a != b).sum()) for i, a in enumerate(states) for b in states[:i]]
    assert mean_distance(states) == pytest.approx(sum(pairs) / len(pairs), rel=1e-12)
