"""Rewards that are no number somewhere are never proved; sizes beyond float64 crash nothing."""

import pytest

from compiler.proofs import worlds
from gflowspec.compiler.report import Strength


def text(reward):
    return (
        "gfs 1.0\nenvironment E() {\n"
        "state { x: int[0..4] = 0 } action step() { x += 1 } stop\n}\n"
        f"reward G() for E {{ {reward} }}\n"
    )


@pytest.mark.parametrize(
    ("reward", "label", "instead"),
    [
        ("R = sqrt(x - 1) + 1", "not a number for x = 0", "sqrt(max(x - 1, 0))"),
        ("logR = sqrt(x - 1)", "not a number for x = 0", "sqrt(max(x - 1, 0))"),
        ("R = 1 + tanh(sqrt(x - 1))", "not a number for x = 0", "sqrt(max(x - 1, 0))"),
        ("R = 1 + min(log1p(x - 2), 3)", "not a number for x = 0", "log1p("),
        ("R = 1 + (x - 1) ^ (1 / 2)", "not a number for x = 0", "max(x - 1, 0) ^ (1 / 2)"),
        ("R = 2 + sin(exp(1_000 * x))", "not a number for x = 1", "exp(min(1_000 * x, 700))"),
        ("R = exp(100 * x) ^ 10", "infinite for x = 1", "clip(exp(100 * x) ^ 10, 0, 1e300)"),
        ("R = prod(exp(200 + x + k) for k in 0..9)", "infinite for x = 0", "clip"),
    ],
)
def test_the_first_object_without_a_reward_is_shown(reward, label, instead):
    item = worlds.finding(text(reward), "GFS332")
    assert item.primary.text == label
    assert instead in item.helps[0]


@pytest.mark.parametrize(
    "reward",
    [
        "R = 1 + sqrt(x)",
        "R = 1 + max(x - 1, 0) ^ (1 / 2)",
        "R = exp(min(1_000 * x, 700))",
        "R = clip(exp(1_000 * x), 1, 1e300)",
        "R = 1 + log(x + 1) * sin(x) ^ 2",
        "R = 1e400 + x",
        "logR = log(x)  floor = 1e-3",
    ],
)
def test_what_is_defined_everywhere_is_proved(reward):
    report, found = worlds.proved(text(reward))
    assert not [item for item in found if item.is_error]
    assert report.strength("O8") is Strength.PROVED


@pytest.mark.parametrize(
    "reward",
    [
        "R = 1e400 * exp(x)",
        "R = 1e400 + exp(x)",
        "R = 1 + exp(x) / 1e400",
        "R = 1 + exp(1e400 * x)",
    ],
)
def test_an_exact_number_beyond_float64_beside_an_inexact_one_is_an_error(reward):
    item = worlds.finding(text(reward), "GFS120")
    assert "float64" in item.message
