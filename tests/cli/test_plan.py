"""``plan``: where every value is from, and the runs of a sweep, frozen and looked up."""

import re
from pathlib import Path

import pytest

from .conftest import GRID

SWEEP = """
sweep table of corner {
  grid objective = [tb(), db]
  grid train.batch = [8, 4 + 4]
  seeds 1..2
}
"""
STATUS = ["new", "new", "new", "new"]


@pytest.fixture
def swept(project):
    (project / "swept.gfs").write_text(GRID + SWEEP)
    return project


def test_every_value_says_where_it_is_from(project, run_json):
    text = GRID.replace("tlm()", "tlm(lr = 1e-4)").replace(
        "objective = tb()", "objective = tb()\n  objective.lr_z = 0.5"
    )
    (project / "grid.gfs").write_text(text)
    lines = text.splitlines()
    settings = run_json("plan", "grid.gfs", "-s", "train.ema=0.5", "--seed", "3").json["settings"]
    assert settings["train.ema"]["source"] == settings["train.seed"]["source"] == "command line"
    written = {}
    for path, item in settings.items():
        if item["source"] not in {"default", "command line"}:
            line, column = re.fullmatch(r"grid\.gfs:(\d+):(\d+)", item["source"]).groups()
            written[path] = lines[int(line) - 1][int(column) - 1 :]
    assert written.keys() >= {"environment", "reward", "objective", "policy.encoder", "train.batch"}
    for path, text in written.items():
        name = path.split(".")[-1]
        assert text.startswith((path, name, "every", str(settings[path]["value"]))), (path, text)


def test_a_sweep_is_planned_in_order_each_run_once(swept, run_json, run):
    found = run_json("plan", "swept.gfs:table").json
    assert found["sweep"] == {
        "name": "table",
        "experiment": "corner",
        "points": 8,
        "skipped": 0,
        "repeated": 4,
    }
    points = [item["point"] for item in found["runs"]]
    assert points == [
        {"objective": objective, "train.batch": "8", "train.seed": seed}
        for objective in ("tb()", "db")
        for seed in ("1", "2")
    ]
    assert [item["status"] for item in found["runs"]] == STATUS
    assert len({item["hash"] for item in found["runs"]}) == 4
    assert found["hashes"]["run"] == found["runs"][0]["hash"]
    assert found["settings"]["objective"] == {"value": "tb", "source": "swept.gfs:21:21"}
    said = run("plan", "swept.gfs:table").out
    assert "table of corner" in said
    assert said.index("corner-tb.tlm-s2") < said.index("corner-db.tlm-s1")


def test_the_runs_of_a_sweep_have_the_hashes_that_running_them_gives(swept, run_json):
    for item in run_json("plan", "swept.gfs:table").json["runs"]:
        overrides = [
            part for path, text in item["point"].items() for part in ("-s", f"{path}={text}")
        ]
        alone = run_json("plan", "swept.gfs:corner", *overrides).json
        assert alone["runs"][0] == {key: item[key] for key in ("name", "hash", "status", "reason")}


def test_what_was_run_before_is_cached(swept, run_json, past_run):
    assert run_json("plan", "swept.gfs:table", "--exit-code").code == 4
    past_run("swept.gfs:corner", "objective=tb()", "train.batch=8", "train.seed=2")
    found = run_json("plan", "swept.gfs:table").json
    assert [item["status"] for item in found["runs"]] == ["new", "cached", "new", "new"]
    assert found["runs"][1]["reason"].startswith("finished as ")
    one = ["-s", "objective=tb", "-s", "train.seed=2"]
    said = run_json("plan", "swept.gfs:table", "--exit-code", *one)
    assert said.code == 0
    assert [item["status"] for item in said.json["runs"]] == ["cached"]


def test_errors_of_a_sweep_leave_no_plan(project, run_json):
    bad = SWEEP.replace("db]", "db, subtb] grid objective.lr_z = [1]")
    (project / "bad.gfs").write_text(GRID + bad)
    said = run_json("plan", "bad.gfs:table")
    assert said.code == 1
    assert set(said.codes) == {"GFS111"}
    assert run_json("check", "bad.gfs").codes == said.codes


def test_errors_of_the_experiment_are_those_of_its_sweep(project, run_json):
    (project / "bad.gfs").write_text(GRID.replace("tb()", "tbb()") + SWEEP)
    assert run_json("plan", "bad.gfs:table").codes == ["GFS101"]


def test_a_sweep_may_vary_an_experiment_of_another_file(swept, run_json):
    text = SWEEP.replace("of corner", "of m.corner")
    (swept / "other.gfs").write_text(f'gfs 1.0\n\nimport "grid.gfs" as m\n{text}')
    found = run_json("plan", "other.gfs").json
    assert len(found["runs"]) == 4
    assert Path("other.gfs").is_file()


def test_environments_of_a_sweep_are_all_proved(project, run_json):
    """A cell whose environment is unsound is found by `plan`, although the base is sound."""
    text = GRID.replace("{ x[i] += 1 }", "when x[i] < 3 or i == 0 { x[i] += 1 }").replace(
        "  stop\n", "  stop\n  assert count(states) < 30\n"
    )
    sweep = "\nsweep sizes of corner { grid environment.side = [4, 5, 9] }\n"
    (project / "sizes.gfs").write_text(text + sweep)
    assert run_json("check", "sizes.gfs").code == 0
    said = run_json("plan", "sizes.gfs:sizes")
    assert said.code == 1
    assert "GFS130" in said.codes


def test_combinations_that_cannot_work_are_refused_before_anything_is_built(project, run_json):
    text = GRID.replace("objective = tb()", "objective = tb()  policy.backward = maxent()")
    text = text.replace("  backward = tlm() }", "}").replace("Grid()\n", "Grid(side = 64)\n")
    (project / "large.gfs").write_text(text)
    limit = ["-s", "compile.exact_limit=100"]
    for verb in ("check", "plan"):
        assert run_json(verb, "large.gfs").code == 0
        assert run_json(verb, "large.gfs", *limit).codes == ["GFS403", "GFS404"]
