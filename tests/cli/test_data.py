"""``gflowspec data``, and runs of specifications that read files."""

import hashlib
import json

import pytest

TABLE = """gfs 1.0

data bonus: array[4] of int[0..9] = file("tables/bonus.json")

environment Line() {
  state { x: int[0..3] = 0 }
  action step() { x += 1 }
  stop
}

reward Bonus() for Line { R = 1 + bonus[x] }

experiment line {
  environment = Line()
  reward = Bonus()
  objective = tb()
  policy { encoder = tabular() }
  train { trajectories = 80  batch = 8 }
}
"""


@pytest.fixture
def shared(project, monkeypatch):
    folder = project / "shared"
    monkeypatch.setenv("GFLOWSPEC_DATA", str(folder))
    return folder


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def test_a_file_is_added_listed_and_verified(project, shared, run, run_json):
    (project / "t.csv").write_bytes(b"v\n1\n")
    expected = {"name": "t.csv", "present": True, "sha256": sha256(b"v\n1\n"), "verified": True}
    assert run_json("data", "add", "t.csv").json == {"ok": True, "files": [expected]}
    assert expected in run_json("data", "list").json["files"]
    assert run("data", "verify").code == 0
    (project / "spec.gfs").write_text(
        "gfs 1.0\n"
        f'data d: array[1] of int = file("gfs:data/t.csv", sha256 = "{expected["sha256"]}")\n'
    )
    assert run_json("check", "spec.gfs").json["diagnostics"] == []
    (shared / "t.csv").write_bytes(b"v\n2\n")
    said = run_json("data", "verify")
    assert (said.code, said.codes) == (1, ["GFS202"])
    [found] = [item for item in said.json["files"] if item["name"] == "t.csv"]
    assert not found["verified"]
    assert run_json("check", "spec.gfs").codes == ["GFS202"]


def test_files_that_nobody_registered(shared, run, run_json):
    assert run_json("data", "list").code == 0
    (shared / "sub").mkdir(parents=True)
    (shared / "sub" / "t.npy").write_bytes(b"")
    expected = {"name": "sub/t.npy", "present": True, "sha256": sha256(b""), "verified": False}
    assert expected in run_json("data", "list").json["files"]
    assert run("data", "verify").code == 0


def test_a_registered_file_that_is_gone(project, shared, run_json):
    (project / "t.csv").write_bytes(b"v\n1\n")
    run_json("data", "add", "t.csv", "--name", "deep/u.csv")
    (shared / "deep" / "u.csv").unlink()
    [found] = [i for i in run_json("data", "list").json["files"] if i["name"] == "deep/u.csv"]
    assert not found["present"]
    assert not found["verified"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("none.csv",), "GFS601"),
        (("t.csv", "--name", "../t.csv"), "GFS600"),
        (("t.csv", "--name", "/t.csv"), "GFS600"),
        (("t.csv", "--name", "files.json"), "GFS600"),
        ((".",), "GFS601"),
    ],
)
def test_what_cannot_be_added(project, shared, run_json, arguments, code):
    (project / "t.csv").write_bytes(b"v\n1\n")
    said = run_json("data", "add", *arguments)
    assert (said.code, said.codes) == (2, [code])


def test_a_damaged_list_says_nothing(shared, run_json):
    shared.mkdir()
    (shared / "files.json").write_text("{")
    assert run_json("data", "list").code == 0


def test_a_run_keeps_its_tables(project, run_json):
    (project / "tables").mkdir()
    table = project / "tables" / "bonus.json"
    table.write_text("[0, 4, 1, 9]")
    (project / "spec.gfs").write_text(TABLE)
    done = run_json("run", "spec.gfs", "--tracker", "none").json
    assert done["outcome"] == "finished"
    assert done["exact"]["log_z"] == pytest.approx(2.8903717578961645)
    table.write_text(json.dumps([0, 0, 0, 0]))
    drawn = run_json("sample", done["run_id"], "-n", "5")
    assert drawn.json["count"] == 5
    resumed = run_json("resume", done["run_id"])
    assert (resumed.code, resumed.codes) == (1, ["GFS502"])
