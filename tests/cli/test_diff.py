"""``diff`` of files, environments and runs."""

import pytest

from .conftest import GRID


@pytest.fixture
def changed(project):
    text = GRID.replace("x[0] * x[1]", "x[0] + x[1]").replace("batch = 8", "batch = 4")
    (project / "changed.gfs").write_text(f"# another text\n{text}")
    return project


def test_equal_files(changed, run, run_json):
    (changed / "same.gfs").write_text(GRID.replace("{ x[i] += 1 }", "{\n    x[i] += 1  # one\n  }"))
    found = run_json("diff", "grid.gfs", "same.gfs").json
    assert (found["equal"], found["changes"]) == (True, [])
    assert found["hashes"]["a"] == found["hashes"]["b"]
    assert run("diff", "grid.gfs", "same.gfs").out == "no difference in meaning\n"


def test_changes(changed, run, run_json):
    found = run_json("diff", "grid.gfs", "changed.gfs")
    assert found.code == 0
    assert found.json.keys() == {"ok", "equal", "hashes", "changes"}
    assert found.json["equal"] is False
    assert found.json["hashes"].keys() == {"a", "b"}
    assert found.json["changes"] == [
        {
            "path": "train.batch",
            "a": 8,
            "b": 4,
            "at": {"a": "grid.gfs:16:39", "b": "changed.gfs:17:39"},
        },
        {
            "path": "reward.R",
            "a": "1/2 + x[0] * x[1]",
            "b": "1/2 + x[0] + x[1]",
            "at": {"a": "grid.gfs:9:57", "b": "changed.gfs:10:57"},
        },
    ]
    assert run("diff", "grid.gfs", "changed.gfs").out == (
        "train.batch\n"
        "  - 8    (grid.gfs:16:39)\n"
        "  + 4    (changed.gfs:17:39)\n"
        "reward.R\n"
        "  - 1/2 + x[0] * x[1]    (grid.gfs:9:57)\n"
        "  + 1/2 + x[0] + x[1]    (changed.gfs:10:57)\n"
        "\n"
        "equal hashes: env\n"
    )


def test_environments_alone(changed, run_json):
    assert run_json("diff", "grid.gfs:Grid", "changed.gfs").json["equal"]
    found = run_json("diff", "gfs.gfs", "grid.gfs")
    assert (found.code, found.codes) == (2, ["GFS601"])


def test_what_cannot_be_compared(changed, run_json):
    assert run_json("diff", "grid.gfs", "no-such-run").codes == ["GFS602"]
    (changed / "bad.gfs").write_text("gfs 1.0\n\nconst a = b\n")
    said = run_json("diff", "grid.gfs", "bad.gfs")
    assert (said.code, said.codes) == (1, ["GFS101"])


def test_a_run_is_compared_as_it_was_run(past_run, run_json, project):
    """The file changes afterwards; the run keeps what it was."""
    ours = ("diff", past_run("grid.gfs", "train.seed=7").info.run_id, "grid.gfs")
    [change] = run_json(*ours).json["changes"]
    assert (change["path"], change["a"], change["b"]) == ("train.seed", 7, 0)
    assert change["at"]["a"] == "<command line>:1:12"
    (project / "grid.gfs").write_text(GRID.replace("1 / 2", "1 / 3"))
    found = {item["path"]: item for item in run_json(*ours).json["changes"]}
    assert found["reward.ground"]["b"] == "1/3"
    assert found["reward.R"]["a"] == "1/2 + x[0] * x[1]"


def test_what_changed_is_told_where_a_run_is_not_resumed(past_run, run, project):
    made = past_run("grid.gfs")
    (project / "grid.gfs").write_text(GRID.replace("x[0] * x[1]", "x[0] + x[1]"))
    said = run("resume", made.info.run_id)
    assert said.code == 1
    assert "reward.R: 1/2 + x[0] * x[1] -> 1/2 + x[0] + x[1]" in said.err
