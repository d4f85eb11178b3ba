"""The curves of a training: what is recorded is what is drawn."""

import math
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from gflowspec.pages.curves import _decades, _moving_average, _ticks, training_curves
from gflowspec.runs import recorder
from gflowspec.runs.recorder import Recorder

SVG = "{http://www.w3.org/2000/svg}"
STEPS = range(0, 2_000, 10)
SERIES = {
    "train/loss_forward": [(i, 10.0 ** (-i / 500)) for i in STEPS],
    "train/log_z": [(i, float(i)) for i in STEPS],
    "eval/tv_exact": [(0, 0.5), (1_000, math.nan), (2_000, 0.1)],
    "health/nothing": [(0, math.inf)],
}


def panels(svg):
    """Texts and curves of each panel."""
    groups = [g for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("transform")]
    return [
        (
            [text.text for text in group.iter(f"{SVG}text")],
            [
                [tuple(map(float, place.split(","))) for place in line.get("points").split()]
                for line in group.iter(f"{SVG}polyline")
            ],
        )
        for group in groups
    ]


def test_every_metric_has_a_panel():
    svg = training_curves(SERIES, "run-1", {"train/log_z": 4.0})
    loss, log_z, distance = panels(svg)
    assert "train/loss_forward" in loss[0]
    assert {"1", "0.1", "0.01"} <= set(loss[0])  # a logarithmic axis
    assert "exact 4" in log_z[0]
    assert {"eval/tv_exact", "last 0.1"} <= set(distance[0])
    assert "run-1" in re.findall(r">([^<>]+)</text>", svg)
    assert "health/nothing" not in svg


def test_curves_go_where_the_values_are():
    svg = training_curves({"a": [(0, 1.0), (5, 3.0), (10, 2.0)]}, "run")
    [(_, [line])] = panels(svg)
    (x0, y0), (x1, y1), (x2, y2) = line
    assert (x1 - x0, x2 - x1) == (150.0, 150.0)
    assert y0 > y2 > y1  # up is less
    assert (y0 - y2) == pytest.approx(y2 - y1, abs=0.2)


def test_long_series_have_a_moving_average():
    [(_, [raw, average])] = panels(training_curves({"a": SERIES["train/log_z"]}, "run"))
    assert len(raw) == len(STEPS)
    assert len(average) == len(STEPS) - 4
    places = [(float(i), float((-1) ** i)) for i in range(80)]
    assert [y for _, y in _moving_average(places)] == [0.0] * 79
    assert [x for x, _ in _moving_average(places)][:2] == [0.5, 1.5]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-0.05, 3.2, [0, 1, 2, 3]),
        (100, 2000, [500, 1000, 1500, 2000]),
    ],
)
def test_ticks_are_round(low, high, ticks):
    assert _ticks(low, high) == pytest.approx(ticks)


def test_there_are_neither_few_nor_many_ticks():
    for exponent in range(-9, 9):
        for factor in (1.0, 1.7, 2.3, 3.1, 4.9, 7.7):
            assert 3 <= len(_ticks(0.0, factor * 10.0**exponent)) <= 8
    assert _decades(-3.2, 2.1) == [1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0]
    assert len(_decades(-30, 30)) <= 7


@pytest.mark.parametrize("points", [[(3, 5.0)], [(0, 0.0), (1, 0.0)], [(0, -4.0), (9, -4.0)]])
def test_series_without_an_extent(points):
    [(texts, [line])] = panels(training_curves({"a": points}, "run", {"a": points[0][1]}))
    assert all(0 <= x <= 300 and 0 <= y <= 150 for x, y in line)
    assert "nan" not in " ".join(texts)


def test_nothing_to_draw():
    with pytest.raises(ValueError, match="nothing to draw"):
        training_curves({"a": [], "b": [(0, math.nan)]}, "run")


# ---- recording ----------------------------------------------------------------------------------


def test_series_are_recorded_without_speed():
    made = Recorder()
    made.record(10, {"train/loss": 1.0, "perf/steps_per_s": 5.0})
    made.record(20, {"train/loss": 0.5, "eval/tv": 0.1})
    assert made.series == {"train/loss": [(10, 1.0), (20, 0.5)], "eval/tv": [(20, 0.1)]}


def test_what_a_resumed_run_repeats_counts_once():
    made = Recorder()
    for step in (10, 20, 30, 20, 30, 40):
        made.record(step, {"a": float(step)})
    assert [step for step, _ in made.series["a"]] == [10, 20, 30, 40]


def test_long_series_are_thinned_evenly(monkeypatch):
    monkeypatch.setattr(recorder, "KEPT", 8)
    made = Recorder()
    for step in range(100):
        made.record(step, {"a": float(step)})
    steps = [step for step, _ in made.series["a"]]
    assert len(steps) <= 8
    assert len({b - a for a, b in pairwise(steps)}) == 1
    assert steps[0] == 0
