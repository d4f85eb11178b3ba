"""Sweeps as runs: each cell is the experiment with its point on top."""

import re

import pytest
from lang.test_sweeps import BASE, HEAD, made
from texts import codes, experiment, loaded

from gflowspec.compiler.elaborate import elaborate_sweep
from gflowspec.core.diagnostics import Severity
from gflowspec.ir.hashes import hashes

LINES = """
  grid objective = [tb, subtb(lambda = 0.5)]
  grid reward = [Flat(), Tall, Flat(height = 2)]
  zip (environment.side, train.steps) = [(4, 10), (8, 20)]
  sample train.optimizer.lr ~ log_uniform(1e-4, 1e-2)
  samples 2
  seeds 1..2
"""


def test_a_cell_is_the_experiment_with_its_point_as_overrides():
    sweep, found = made(LINES)
    assert not found
    assert len(sweep.cells) == sweep.points == 2 * 3 * 2 * 2 * 2
    seen = set()
    for cell in sweep.cells[::5]:
        overrides = [f"{path}={text}" for path, text in cell.point.items()]
        instance, config, _ = experiment(f"{HEAD}{BASE}", *overrides, name="e")
        assert cell.hashes == hashes(instance, config)
        seen.add(cell.hashes["run"])
    assert len(seen) == len(sweep.cells[::5])


def test_cells_with_equal_environment_and_reward_share_the_instance():
    sweep, _ = made(LINES)
    assert len({id(cell.instance) for cell in sweep.cells}) == 3 * 2
    assert len({cell.hashes["task"] for cell in sweep.cells}) == 3 * 2


def test_settings_of_a_point_say_where_they_are_from():
    sweep, _ = made("grid train.batch = [2, 4]")
    sources = [cell.config.settings["train.batch"].source for cell in sweep.cells]
    assert re.fullmatch(r".*text\.gfs:\d+:\d+", sources[0])
    assert sources[0] != sources[1]
    assert sweep.cells[0].config.settings["train.ema"].source == "default"


def test_the_command_line_wins_over_the_sweep():
    sweep, _ = made("grid train.batch = [2, 4] grid train.ema = [0, 0.5]", "train.batch=8")
    assert [cell.config.train["batch"] for cell in sweep.cells] == [8, 8]
    assert (sweep.points, sweep.repeated) == (4, 2)


def test_equal_runs_are_listed_once_where_they_come_first():
    sweep, _ = made("grid train.batch = [4, 16, 2 * 2] also { train.batch = 16 }")
    assert [cell.point["train.batch"] for cell in sweep.cells] == ["4", "16"]
    assert (sweep.points, sweep.skipped, sweep.repeated) == (4, 0, 2)


def test_what_is_skipped_is_not_reported():
    lines = "grid objective = [tb, subtb] grid objective.lambda = [0.1, 0.2]"
    sweep, found = made(f"{lines} skip when objective is tb")
    assert not found
    assert (len(sweep.cells), sweep.skipped) == (2, 2)


def test_a_setting_without_effect_at_some_points_is_reported_once_with_a_help_that_works():
    lines = "grid objective = [tb, subtb, db()] grid objective.lambda = [0.1, 0.2]"
    sweep, found = made(lines)
    assert sweep is None
    assert codes(found) == ["GFS111", "GFS111"]
    assert found[0].notes[-1] == "at the point objective = tb, objective.lambda = 0.1 and 1 more"
    skips = [re.search("`(skip when .*)`", item.helps[-1])[1] for item in found]
    sweep, found = made(" ".join([lines, *skips]))
    assert not found
    assert len(sweep.cells) == 2


def test_a_parameter_that_an_environment_refuses_is_reported_with_its_point():
    sweep, (found,) = made("grid environment.side = [4, 200] seeds 1..3")
    assert sweep is None
    assert found.code == "GFS121"
    assert found.notes[-1] == "at the point environment.side = 200, train.seed = 1 and 2 more"


def test_errors_of_the_experiment_are_left_to_it():
    base = "experiment e { environment = Grid() reward = Flat() objective = tbb }\n"
    sweep, found = made("seeds 1..3", base=base)
    assert sweep is None
    assert not found


def test_many_runs_are_to_be_confirmed(monkeypatch):
    monkeypatch.setattr("gflowspec.compiler.elaborate.sweep.UNCONFIRMED_RUNS", 3)
    sweep, found = made("seeds 1..3")
    assert len(sweep.cells) == 3
    assert not found
    sweep, (found,) = made("seeds 1..4")
    assert len(sweep.cells) == 4
    assert (found.code, found.severity) == ("GFS409", Severity.WARNING)


def test_a_limit_leaves_the_rest_unread():
    text = f"{HEAD}{BASE}sweep s of e {{ grid train.batch = [4, 8, 16] skip when train.batch < 9 }}"
    spec, _ = loaded(text)
    sweep, found = elaborate_sweep(spec, "s", 2)
    assert not found
    assert len(sweep.cells) == 0


def test_unread_points_count_as_runs():
    spec, _ = loaded(f"{HEAD}{BASE}sweep s of e {{ seeds 1..1_001 }}")
    _, (found,) = elaborate_sweep(spec, "s", 2)
    assert found.message == "sweep `s` has up to 1,001 runs, more than 1,000"


@pytest.mark.parametrize("name", ["t", "e", "Grid"])
def test_unknown_sweeps(name):
    spec, _ = loaded(f"{HEAD}{BASE}sweep s of e {{ seeds 1..2 }}")
    sweep, (found,) = elaborate_sweep(spec, name)
    assert sweep is None
    assert found.code == "GFS101"
