"""Environments that would take hours or all memory are refused, or counted, or sampled."""

import pytest

from compiler.proofs import worlds
from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.report import Strength


def env(body):
    return f"gfs 1.0\nenvironment E() {{\n{body}\n}}\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "state { x: int[0..1] = 0 }\n"
            "action a(i in 0..999, j in 0..999, k in 0..999, l in 0..999) { x += 1 } stop",
            "has 1000000000000 actions, more than 1000000",
        ),
        (
            "state { x: array[100001] of int[0..1] = 0 } action a() { x[0] += 1 } stop",
            "has 100001 locations in its state, more than 100000",
        ),
    ],
)
def test_what_cannot_be_listed_is_refused(body, said):
    made, (item,) = derive(worlds.instance(env(body)).environment)
    assert made is None
    assert (item.code, item.is_error) == ("GFS131", True)
    assert said in item.message


def test_edges_of_a_long_array_are_counted_in_closed_form():
    body = "state { x: array[1000] of int[0..3] = 0 } action s(i in index(x)) { x[i] += 1 } stop"
    report, _ = worlds.proved(env(body))
    assert report.counts.states == 4**1000
    assert report.counts.edges == 1000 * 3 * 4**999


def test_values_of_a_huge_range_are_not_listed():
    body = "state { x: array[2] of int[0..10^30] = 0 } action s(i in index(x)) { x[i] += 1 } stop"
    report, _ = worlds.proved(env(body))
    assert report.counts.states == (10**30 + 1) ** 2
    assert report.counts.edges is None


def test_a_guard_that_costs_too_much_is_not_enumerated():
    """30^4 terms for each of 3 actions in 8,000 states: the budget is counted, not timed."""
    body = (
        "state { x: array[3] of int[0..19] = 0 }\n"
        "action s(i in index(x)) when "
        "sum(x[a % 3] for a in 0..29 for b in 0..29 for c in 0..29 for d in 0..29) < 9000000\n"
        "{ x[i] += 1 } stop"
    )
    report, found = worlds.proved(env(body))
    assert "GFS351" in {item.code for item in found}
    assert Strength.ENUMERATED not in {result.strength for result in report.results.values()}
