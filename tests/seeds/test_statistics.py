"""Statistics over seeds against answers known in closed form or by enumeration."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gflowspec.statistics.curves import (
    Crossing,
    Curve,
    area,
    first_crossing,
    median_crossing,
)
from gflowspec.statistics.intervals import Estimate, band, deviation, interquartile_mean, mean
from gflowspec.statistics.paired import Difference, Verdict, difference, holm, verdict

# ---- curves -------------------------------------------------------------------------------------


def test_the_area_under_a_line_in_log_trajectories_is_the_mean_of_its_ends():
    at = [10, 20, 50, 300, 1000]
    line = Curve.of(at, [2 - 0.5 * math.log10(x) for x in at])
    assert area(line, 10, 1000) == pytest.approx((1.5 + 0.5) / 2)
    assert area(line, 100, 1000) == pytest.approx((1.0 + 0.5) / 2)  # begins between two points
    constant = Curve.of([1, 7, 100], [0.25, 0.25, 0.25])
    assert area(constant, 2, 90) == pytest.approx(0.25)


def test_two_levels_weigh_by_the_logarithm_of_their_lengths():
    step = Curve.of([1, 10, 10.0000001, 1000], [1.0, 1.0, 0.0, 0.0])
    assert area(step, 1, 1000) == pytest.approx(1 / 3, abs=1e-6)  # one decade of three


def test_nothing_is_extrapolated():
    curve = Curve.of([10, 100], [1, 0])
    for start, end in ((1, 100), (10, 200), (100, 10), (10, 10)):
        with pytest.raises(ValueError, match="does not go"):
            area(curve, start, end)


def test_values_that_are_not_finite_are_no_points():
    curve = Curve.of([1, 10, 100], [1.0, math.nan, 0.0])
    assert curve.at.tolist() == [1, 100]
    assert area(curve, 1, 100) == pytest.approx(0.5)


@pytest.mark.parametrize("at", [[0, 1], [2, 1], [1, 1]])
def test_places_are_positive_and_increase(at):
    with pytest.raises(ValueError, match="positive"):
        Curve.of(at, [0, 0])


def test_the_first_crossing_counts_and_none_is_censored():
    curve = Curve.of([10, 20, 30, 40], [0.9, 0.2, 0.6, 0.1])
    assert first_crossing(curve, 0.2) == Crossing(20, censored=False)
    assert first_crossing(curve, 0.05) == Crossing(40, censored=True)
    assert first_crossing(curve, 0.95, falling=False) == Crossing(40, censored=True)
    assert first_crossing(curve, 0.9, falling=False) == Crossing(10, censored=False)
    clock = Curve.of([10, 20, 30], [1.5, 2.5, 4.0])
    assert first_crossing(curve, 0.2, seconds=clock) == Crossing(20, censored=False, seconds=2.5)
    assert first_crossing(curve, 0.1, seconds=clock) == Crossing(40, censored=False)


def test_the_median_of_crossings():
    def seen(*times):
        return [Crossing(time, censored=False) for time in times]

    lost = Crossing(100, censored=True)
    assert median_crossing(seen(1, 2, 3)) == Crossing(2, censored=False)
    assert median_crossing([*seen(1, 2), lost]) == Crossing(2, censored=False)
    assert median_crossing([*seen(1), lost, lost]) == Crossing(100, censored=True)
    # Kaplan and Meier: 1, then 4/5, at 3 (three left) 4/5 * 2/3, at 4 half of that
    mixed = [*seen(1), Crossing(2, censored=True), *seen(3, 4), lost]
    assert median_crossing(mixed) == Crossing(4, censored=False)


# ---- intervals ----------------------------------------------------------------------------------


def test_one_seed_has_no_interval_and_equal_seeds_one_without_width():
    assert mean([0.5]) == Estimate(0.5, None, None, 1)
    assert not mean([0.5]).excludes(0)
    assert mean([2.0, 2.0, 2.0]) == Estimate(2.0, 2.0, 2.0, 3)
    assert deviation([1.0]) is None
    assert deviation([1.0, 3.0]) == pytest.approx(math.sqrt(2))


def test_the_percentile_interval_is_that_of_all_resamples():
    """Three values have 27 resamples: the quantiles of their means are known."""
    values = [0.0, 1.0, 5.0]
    means = [np.mean(draw) for draw in itertools.product(values, repeat=3)]
    low, high = np.quantile(means, [0.025, 0.975], method="inverted_cdf")
    found = mean(values)
    # 1/27 of all resamples is more than 2.5 %: the ends are the extreme values
    assert (low, high) == (0.0, 5.0)
    assert (found.low, found.high) == (0.0, 5.0)


def test_the_interval_of_many_seeds_is_that_of_the_normal_law():
    values = np.random.default_rng(1).normal(3.0, 2.0, size=400)
    found = mean(values.tolist())
    half = 1.96 * values.std(ddof=1) / 20
    assert found.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.1 * half)
    assert mean(values.tolist()) == found  # resampling starts from the same place


def test_the_interquartile_mean_forgets_the_extremes():
    assert interquartile_mean([-1e6, 1.0, 2.0, 1e9]).value == pytest.approx(1.5)


def test_a_band_holds_its_mean_and_one_seed_is_its_own():
    rows = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]])
    middle, low, high = band(rows)
    assert middle.tolist() == [2.0, 1.0]
    assert (low[0], high[0]) == (0.0, 4.0)  # 1/27 of the resamples are one curve thrice
    assert (low[1], high[1]) == pytest.approx((1.0, 1.0))
    assert [part.tolist() for part in band(rows[:1])] == [[0.0, 1.0]] * 3


# ---- differences --------------------------------------------------------------------------------


def test_a_difference_is_taken_seed_by_seed():
    arm = {1: 1.0, 2: 2.0, 3: 3.0, 9: 0.0}
    base = {1: 1.5, 2: 2.5, 3: 3.5, 4: 7.0}
    found = difference(arm, base, larger_is_better=False)
    assert found.estimate == Estimate(-0.5, -0.5, -0.5, 3)
    assert found.improved == 1.0
    assert found.unpaired == (4, 9)
    assert found.p == pytest.approx(0.25)  # 2 / 2^3
    assert found.least_p == 0.25
    assert difference({1: 1.0}, {2: 1.0}, larger_is_better=True) is None


def test_the_signed_rank_test_counts_all_signs():
    deltas = [0.1, -0.2, 0.3, 0.4, 0.5, 0.6]
    base = dict.fromkeys(range(6), 0.0)
    found = difference(dict(enumerate(deltas)), base, larger_is_better=True)
    ranks = np.argsort(np.argsort(np.abs(deltas))) + 1
    observed = min(ranks[np.array(deltas) > 0].sum(), ranks[np.array(deltas) < 0].sum())
    sums = [sum(r for r, s in zip(ranks, signs, strict=True) if s > 0)
            for signs in itertools.product((-1, 1), repeat=6)]  # fmt: skip
    assert found.p == pytest.approx(2 * sum(total <= observed for total in sums) / 64)
    assert found.improved == pytest.approx(5 / 6)


def test_holm_of_a_known_family():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]) == ()
    assert holm([0.9, 0.8]) == (1.0, 1.0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_the_raw_p_and_bonferroni(values):
    for raw, adjusted in zip(values, holm(values), strict=True):
        assert raw <= adjusted <= min(1.0, raw * len(values)) + 1e-12


def made(low, high, p, n=10):
    estimate = Estimate((low + high) / 2, low, high, n)
    return Difference(estimate=estimate, improved=1.0, p=p, least_p=0.0, unpaired=())


@pytest.mark.parametrize(
    ("found", "p", "expected"),
    [
        (made(-2, -1, 0.01), 0.01, Verdict.BETTER),
        (made(1, 2, 0.01), 0.01, Verdict.WORSE),
        (made(-1, 1, 0.9), 0.9, Verdict.NO_DIFFERENCE),
        (made(-2, -1, 0.0625, n=5), 0.0625, Verdict.UNDECIDED),  # five pairs cannot do better
        (made(-2, -1, 0.01), 0.2, Verdict.UNDECIDED),  # after the correction
        (Difference(estimate=Estimate(-1, None, None, 1), improved=1.0, p=None, least_p=1.0,
                    unpaired=()), None, Verdict.UNDECIDED),
    ],
)  # fmt: skip
def test_a_side_needs_interval_and_corrected_test(found, p, expected):
    assert verdict(found, p, larger_is_better=False) is expected


def test_nothing_is_ever_called_equal():
    assert not any("equal" in item.value for item in Verdict)
