"""``gflowspec trust``, and runs that call Python."""

import hashlib

import pytest

SPEC = """gfs 1.0

extern fn score(x: int[0..3]) -> real(0..) { python = "scoring:score"  SETTINGS }

environment Line() {
  state { x: int[0..3] = 0 }
  action step() { x += 1 }
  stop
}

reward Scored() for Line { R = score(x) }

experiment line {
  environment = Line()
  reward = Scored()
  objective = tb()
  policy { encoder = tabular() }
  train { trajectories = 80  batch = 8 }
}
"""
CODE = "def score(x):\n    return (4.0, 1.0, 10.0, 3.0)[x]\n"


@pytest.fixture
def scored(project, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(project / "config"))

    def write(code=CODE, settings="pure = true"):
        (project / "scoring.py").write_text(code)
        (project / "spec.gfs").write_text(SPEC.replace("SETTINGS", settings))
        return project

    write()
    return write


def test_what_is_trusted_is_shown(scored, run_json):
    project = scored()
    digest = hashlib.sha256(CODE.encode()).hexdigest()
    expected = {
        "python": "scoring:score",
        "distribution": "no distribution: a file beside the specification",
        "file": str((project / "scoring.py").resolve()),
        "sha256": digest,
        "trusted": False,
    }
    assert run_json("trust", "spec.gfs", "--list").json == {"ok": True, "functions": [expected]}
    trusted = {"ok": True, "functions": [{**expected, "trusted": True}]}
    assert run_json("trust", "spec.gfs").json == trusted
    assert run_json("trust", "spec.gfs", "--list").json == trusted
    assert run_json("trust", "spec.gfs", "--remove").json["functions"] == [expected]


def test_a_specification_without_python(project, run):
    (project / "plain.gfs").write_text("gfs 1.0\n")
    assert "no function in Python" in run("trust", "plain.gfs").out


def test_the_first_run_says_what_would_run(scored, run):
    scored()
    said = run("run", "spec.gfs", "--tracker", "none")
    assert said.code == 1
    for text in ("scoring:score", "scoring.py", "sha256:", "gflowspec trust spec.gfs", "--trust"):
        assert text in said.err


@pytest.mark.parametrize("settings", ["pure = true", "pure = true batch = 3", ""])
def test_a_run_calls_it(scored, run_json, settings):
    code = (
        CODE
        if "batch" not in settings
        else f"{CODE}one = score\nscore = lambda xs: [one(x) for x in xs]\n"
    )
    project = scored(code, settings)
    run_json("trust", "spec.gfs")
    done = run_json("run", "spec.gfs", "--tracker", "none").json
    assert done["outcome"] == "finished"
    if settings:
        assert done["exact"]["log_z"] == pytest.approx(2.8903717578961645)
    else:
        assert done["exact"] is None  # another call may give another result
    (project / "scoring.py").write_text("def score(x):\n    return 1.0\n")
    drawn = run_json("sample", done["run_id"], "-n", "8").json
    assert drawn["count"] == 8  # by the module that the run kept, which is trusted
    assert run_json("resume", done["run_id"]).codes == ["GFS502"]


def test_a_run_whose_function_fails(scored, run_json):
    code = (
        "def score(x):\n    if x == 2:\n        raise RuntimeError('broken')\n    return 1.0 + x\n"
    )
    scored(code, "")
    run_json("trust", "spec.gfs")
    said = run_json("run", "spec.gfs", "--tracker", "none")
    assert (said.code, said.codes) == (3, ["GFS215"])
    assert said.json["outcome"] == "failed"
    assert "broken" in said.json["diagnostics"][-1]["message"]
    assert run_json("ls").json["runs"][0]["status"] == "FAILED"


def test_python_that_cannot_be_imported(scored, run_json):
    scored("import no_such_module\n")
    run_json("trust", "spec.gfs")
    said = run_json("run", "spec.gfs", "--tracker", "none")
    assert (said.code, said.codes) == (1, ["GFS214"])
    assert "No module named 'no_such_module'" in said.json["diagnostics"][-1]["message"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ("purr = true", "GFS111"),
        ("pure = 3", "GFS120"),
        ("pure = true pure = true", "GFS113"),
        ("timeout = 5", "GFS127"),
        ("memory = 5s", "GFS127"),
        ("batch = 0", "GFS121"),
        ("on_error = ignore", "GFS120"),
        ("on_error = reject", "GFS112"),
        ("weights = 3", "GFS120"),
        ('weights = file("none.npz")', "GFS201"),
        ('weights = file("spec.gfs", array = "x")', "GFS111"),
        ('weights = file("spec.gfs", sha256 = "12")', "GFS202"),
    ],
)
def test_settings_that_are_wrong(scored, run_json, settings, code):
    scored(settings=settings)
    assert code in run_json("check", "spec.gfs").codes


def test_a_function_without_python(scored, project, run_json):
    scored()
    (project / "spec.gfs").write_text("gfs 1.0\nextern fn f(x: int) -> real { pure = true }\n")
    assert run_json("check", "spec.gfs").codes == ["GFS112"]


@pytest.mark.parametrize(
    ("declaration", "code"),
    [
        ('extern fn f(x: int) -> string { python = "m:f" }', "GFS120"),
        ('extern fn f(x: int) -> real { python = "m:f" { pure = true } }', "GFS001"),
        ('extern fn f(x: Nothing) -> real { python = "m:f" }', "GFS101"),
        ('extern fn f(x: int[5..1]) -> real { python = "m:f" }', "GFS125"),
    ],
)
def test_declarations_that_are_wrong(project, run_json, declaration, code):
    (project / "spec.gfs").write_text(f"gfs 1.0\n{declaration}\n")
    assert code in run_json("check", "spec.gfs").codes


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("score()", "GFS112"),
        ("score(x, 1)", "GFS120"),
        ("score(y = 1)", "GFS111"),
        ("score(true)", "GFS120"),
        ("score(x + 1)", "GFS121"),
    ],
)
def test_calls_that_are_wrong(scored, project, run_json, call, code):
    scored()
    path = project / "spec.gfs"
    path.write_text(path.read_text().replace("R = score(x)", f"R = {call}"))
    assert code in run_json("check", "spec.gfs").codes


def test_a_metric_that_needs_results_to_stay(scored, project, run_json):
    scored(settings="")
    path = project / "spec.gfs"
    path.write_text(
        path.read_text().replace("objective", "evaluate.final = [tv_exact()]\n  objective")
    )
    assert run_json("check", "spec.gfs").codes == ["GFS216"]
