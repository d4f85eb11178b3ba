"""Estimates, differences and curves with known answers."""

import math

import numpy as np
import pytest

from gflowspec.statistics.curves import log_area, reached
from gflowspec.statistics.differences import Difference, holm, paired, signed_rank
from gflowspec.statistics.estimates import estimate, interquartile_mean, interval


def test_an_estimate_of_known_numbers():
    found = estimate([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (found.mean, found.iqm, found.n) == (3.0, 3.0, 5)
    assert found.std == pytest.approx(math.sqrt(2.5))
    assert found.low < 3 < found.high
    assert found.low + found.high == pytest.approx(6, abs=0.2)


def test_one_value_has_no_interval():
    found = estimate([0.25])
    assert (found.mean, found.std, found.low, found.high, found.n) == (0.25, None, None, None, 1)


def test_equal_values_have_an_interval_of_no_width():
    assert interval([0.5] * 4) == (0.5, 0.5)


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf]])
def test_what_is_not_finite_is_refused(values):
    with pytest.raises(ValueError, match="finite"):
        estimate(values)


@pytest.mark.parametrize("n", [5, 8, 20])
def test_intervals_cover_the_mean_about_as_often_as_they_say(n):
    """Of a normal law; small bootstraps cover less, which is known."""
    generator = np.random.default_rng(1)
    covered = 0
    for _ in range(60):
        low, high = interval(generator.normal(size=n))
        covered += low <= 0 <= high
    assert covered >= 60 * {5: 0.65, 8: 0.75, 20: 0.82}[n]


def test_intervals_are_the_same_for_the_same_values():
    values = [0.1, 0.3, 0.2, 0.7, 0.4]
    assert interval(values) == interval(values)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, 4], 2.5),
        ([0, 0, 10, 10], 5.0),
        ([1, 2, 3, 4, 5, 6, 7, 100], 4.5),
        ([5.0], 5.0),
        # A quarter of five values: 1.25 are cut at each end, so 2 and 4 count three quarters.
        ([1, 2, 3, 4, 50], (0.75 * 2 + 3 + 0.75 * 4) / 2.5),
    ],
)
def test_the_interquartile_mean(values, expected):
    assert interquartile_mean(values) == pytest.approx(expected)


def test_differences_are_paired_by_seed():
    first = {0: 1.0, 1: 5.0, 2: 9.0, 7: 100.0}
    second = {0: 2.0, 1: 6.0, 2: 10.0, 9: 0.0}
    found = paired(first, second)
    assert (found.difference.mean, found.difference.n) == (-1.0, 3)
    # 1 is below all three, 5 below two of them, 9 below one.
    assert found.improvement == pytest.approx(6 / 9)
    assert paired({0: 1.0}, {1: 1.0}) is None


def test_ties_improve_half_the_time():
    assert paired({0: 1.0, 1: 1.0}, {0: 1.0, 1: 1.0}).improvement == 0.5


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([-1, -2, -3, -4, -5], 2 / 32),  # the most extreme of 32 equally likely sign patterns
        ([-1, -2, -3, -4, -5, -6], 2 / 64),
        ([1, -2, 3, -4, 5], 26 / 32),
    ],
)
def test_signed_ranks_are_exact(differences, p):
    assert signed_rank(differences) == pytest.approx(p)


def test_nothing_is_tested_where_nothing_differs():
    assert signed_rank([0.0, 0.0, 0.0]) is None
    assert signed_rank([1.0]) is None


def with_p(p):
    return Difference(difference=estimate([-1.0, -2.0]), improvement=1.0, p=p)


def test_holm_by_hand():
    found = holm([with_p(0.01), with_p(0.04), with_p(None), with_p(0.03), with_p(0.005)])
    # Ordered: .005 x 4 = .02, .01 x 3 = .03, .03 x 2 = .06, .04 x 1 = .04, raised to .06.
    assert [item.p_holm for item in found] == pytest.approx([0.03, 0.06, None, 0.06, 0.02])
    assert [item.verdict for item in found] == [
        "lower",
        "no difference found",
        "no difference found",
        "no difference found",
        "lower",
    ]


def test_five_pairs_can_never_be_a_difference():
    """The least p of five pairs is 1 / 16: more seeds are needed, and that is what is said."""
    one, two = dict(enumerate(range(5))), dict(enumerate(range(10, 15)))
    (found,) = holm([paired(one, two)])
    assert found.p == pytest.approx(1 / 16)
    assert found.verdict == "no difference found"


def test_areas_over_the_logarithm():
    assert log_area([1, 10, 100], [3.0, 3.0, 3.0]) == pytest.approx(3.0)
    assert log_area([1, 10, 100], [0.0, 1.0, 2.0]) == pytest.approx(1.0)
    # Linear in log: an early drop saves as much area as a late one of the same ratio.
    assert log_area([1, 10, 100], [1.0, 0.0, 0.0]) == pytest.approx(0.25)
    assert log_area([5], [1.0]) is None


def test_a_threshold_is_reached_for_good():
    at = [10, 20, 30, 40, 50]
    assert reached(at, [0.9, 0.5, 0.04, 0.03, 0.02], 0.05) == 30
    assert reached(at, [0.9, 0.04, 0.06, 0.03, 0.02], 0.05) == 40
    assert reached(at, [0.9, 0.04, 0.03, 0.02, 0.06], 0.05) is None
    assert reached(at, [0.05] * 5, 0.05) == 10
