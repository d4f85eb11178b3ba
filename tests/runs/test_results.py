"""Which values are the best ones."""

import json

import pytest

from gflowspec.components.discover import vocabulary
from gflowspec.runs.directions import direction, merit
from gflowspec.runs.sweeps.results import best, runs_table


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("tv_exact", -1), ("tv_exact_2", -1), ("modes_found", 1), ("length", 0), ("l1_mean", -1)],
)
def test_more_or_less_is_better(metric, expected):
    assert direction(metric) == expected


def test_a_signed_error_is_judged_by_its_size():
    assert merit("logz_error", -0.5) == merit("logz_error", 0.5) == -0.5
    assert merit("length", 3.0) is None


def test_the_best_of_several_runs():
    runs = [
        {"tv_exact": 0.2, "modes_found": 3, "logz_error": -0.1, "length": 4.0},
        {"tv_exact": 0.1, "modes_found": 9, "logz_error": 0.3, "length": 2.0},
        {"tv_exact": None, "modes_found": 7},
    ]
    assert best(runs) == {"tv_exact": 0.1, "modes_found": 9, "logz_error": -0.1}
    assert best([]) == {}


def test_metrics_with_a_direction_exist():
    """A name that is misspelled there would silently have no better and no worse."""
    known = set(vocabulary().components["metric"])
    ours = {name for name in known if direction(name)}
    assert {"tv_exact", "kl_exact", "modes_found", "logz_error"} <= ours


def test_the_table_has_a_column_for_everything_that_any_run_has():
    rows = [
        {"name": "a", "status": "done", "point": {"x": "1"}, "metrics": {"m": 1.0}, "run_id": "i"},
        {"name": "b", "status": "failed", "point": {"y": "2"}, "metrics": {}, "run_id": None},
    ]
    table = json.loads(runs_table(rows))
    assert table["columns"] == ["run", "status", "x", "y", "m", "run_id"]
    assert table["data"] == [
        ["a", "done", "1", None, 1.0, "i"],
        ["b", "failed", None, "2", None, None],
    ]
