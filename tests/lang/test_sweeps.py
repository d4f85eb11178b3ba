"""Sweeps: paths and values are checked although sweeps are not executed yet."""

import pytest
from texts import codes, library

from lang.test_settings import HEAD

BASE = "experiment e { environment = Grid() reward = Flat() objective = tb() }\n"


def found_in(items):
    return library(f"{HEAD}{BASE}sweep s of e {{ {items} }}\n")[1]


@pytest.mark.parametrize(
    "items",
    [
        "grid objective = [tb, db(), subtb(lambda = 0.5)] grid objective.lambda = [0.1, 0.2]",
        "grid reward = [Flat(), Tall] grid environment.side = [4, 8]",
        "zip (environment.side, train.steps) = [(4, 10), (8, 20)]",
        "sample train.optimizer.lr ~ log_uniform(1e-4, 1e-2) samples 8 seed 7 seeds 1..3",
        "grid policy.backward = [uniform, tlm(lr = 1e-3)] skip when policy.backward is uniform",
        "also { environment = Grid(side = 9) train { steps = 5 } }",
        "grid track.tags.note = [a, b]",
    ],
)
def test_sound_sweeps(items):
    assert not found_in(items)


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ("grid train.btch = [1, 2]", "GFS406"),
        ("grid objective.lamda = [1, 2]", "GFS406"),
        ("grid environment.sid = [1, 2]", "GFS406"),
        ("sample train.optimiser.lr ~ uniform(0, 1)", "GFS406"),
        ("zip (train.batch, train.seed) = [(1, 2), (3,)]", "GFS407"),
        ("grid objective = [tb, tbb]", "GFS101"),
        ("grid reward = [Flat(), Missing()]", "GFS101"),
        ("grid train.batch = [1, 0]", "GFS121"),
        ('grid train.batch = [1, "a"]', "GFS120"),
        ("also { train.btch = 3 }", "GFS406"),
    ],
)
def test_mistakes_in_sweeps(items, code):
    assert codes(found_in(items)) == [code]


def test_the_base_must_be_an_experiment():
    assert codes(library(f"{HEAD}{BASE}sweep s of Grid {{ }}\n")[1]) == ["GFS104"]
    assert codes(library(f"{HEAD}{BASE}sweep s of f {{ }}\n")[1]) == ["GFS101"]


def test_suggestions_for_paths():
    (found,) = found_in("grid train.btch = [1, 2]")
    assert found.primary.text == "did you mean `train.batch`?"
    assert found.primary.span.text == "train.btch"
