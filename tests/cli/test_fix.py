"""``gflowspec fix`` from the command line."""

import pytest

WRONG = """\
# A walk.
environment Walk(n: int[1..9] = 4) {
  state { x: int[0..n] = 0 }
  action step() { x += 1 }  # on and on
  stop
}
reward Height() for Walk { R = x; }
"""


@pytest.fixture
def wrong(project):
    path = project / "wrong.gfs"
    path.write_text(WRONG, encoding="utf-8", newline="")
    return path


def test_files_are_mended_in_place(wrong, run, run_json):
    assert "wrong.gfs: 2 errors; `gflowspec fix wrong.gfs` mends 2" in run("check", "wrong.gfs").out
    said = run("fix", "wrong.gfs")
    assert said.code == 1
    assert said.out.splitlines() == [
        "fixed wrong.gfs",
        "  write `gfs 1.0` on the first line",
        "  remove `;`",
    ]
    assert "error[GFS330]" in said.err
    assert wrong.read_text() == "gfs 1.0\n\n" + WRONG.replace(";", "")
    again = run_json("fix", ".").json
    assert (again["changed"], again["fixed"]) == ([], 0)
    assert again["error_count"] == 1


def test_a_mended_file_ends_well(wrong, run_json):
    wrong.write_text(WRONG.replace("R = x;", "R = 1 + x;"))
    found = run_json("fix", "wrong.gfs").json
    assert found == {
        "ok": True,
        "error_count": 0,
        "warning_count": 0,
        "diagnostics": [],
        "changed": ["wrong.gfs"],
        "fixed": 2,
    }


def test_check_and_diff_change_nothing(wrong, run, run_json):
    wrong.write_text(WRONG.replace("R = x;", "R = 1 + x;"))
    before = wrong.read_text()
    said = run_json("fix", "--check", "wrong.gfs")
    assert (said.code, said.json["ok"], said.json["changed"]) == (1, False, ["wrong.gfs"])
    shown = run("fix", "--diff", "wrong.gfs")
    assert shown.code == 0
    assert "-reward Height() for Walk { R = 1 + x; }\n+reward Height()" in shown.out
    assert wrong.read_text() == before
    assert run("fix", "wrong.gfs").code == 0
    assert run("fix", "--check", "wrong.gfs").code == 0


def test_a_file_that_is_not_there(project, run_json):
    assert run_json("fix", "wrogn.gfs").codes == ["GFS601"]


def test_a_file_that_is_no_text(project, run_json):
    (project / "wrong.gfs").write_bytes(b"gfs 1.0\xff")
    said = run_json("fix", "wrong.gfs")
    assert (said.codes, said.json["changed"]) == (["GFS005"], [])
