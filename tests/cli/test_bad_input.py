"""Bad input: a code, a place, a cause and a help; the right exit code; never a traceback."""

import random

import pytest

HEADER = "gfs 1.0\n\n"


def environment(body: str, name: str = "E") -> str:
    return f"{HEADER}environment {name}() {{\n{body}\n}}\n"


def experiment(setting: str) -> str:
    return f"""{HEADER}
environment Grid() {{
  state {{ x: array[2] of int[0..3] = 0 }}
  action step(i in index(x)) {{ x[i] += 1 }}
  stop
}}
reward One() for Grid {{ R = 1 + x[0] }}
experiment e {{
  environment = Grid()
  reward = One()
  objective = tb()
  {setting}
}}
"""


def reward(value: str) -> str:
    return experiment("").replace("R = 1 + x[0]", f"R = {value}")


#: name -> (text, code that must be among the errors)
BAD = {
    "unknown setting": (experiment("train { btach = 16 }"), "GFS111"),
    "unknown argument": (experiment("policy.backward = tlm(lamda = 1)"), "GFS111"),
    "wrong type": (experiment('train.batch = "many"'), "GFS120"),
    "out of range": (experiment("train.batch = 0"), "GFS121"),
    "undefined name": (reward("1 + y[0]"), "GFS101"),
    "undefined objective": (experiment("").replace("tb()", "tbb()"), "GFS101"),
    "unclosed brace": (HEADER + "environment E() {\n  state { x: int[0..1] = 0 }\n", "GFS002"),
    "irreversible effect": (
        environment(
            "state { w: array[2] of int[0..3] = 0 }\n"
            "action put(i in index(w), v in 0..3) { w[i] = v }\nstop"
        ),
        "GFS302",
    ),
    "cycle": (
        environment(
            "state { x: int[0..3] = 0 }\naction right() { x += 1 }\naction back() { x += -1 }\nstop"
        ),
        "GFS301",
    ),
    "dead end": (
        environment(
            "state { x: array[3] of bool = false }\n"
            "action set(i in index(x)) when i == 0 or x[i - 1] { x[i] = true }\n"
            "terminal when x[2] and not x[0]"
        ),
        "GFS320",
    ),
    "phantom parent": (
        environment(
            "state { s: array[4] of bool = false }\n"
            "action add(v in 0..3) when v == 0 or s[max(0, v - 1)] { s[v] = true }\n"
            "stop"
        ),
        "GFS310",
    ),
    "zero reward": (reward("x[0]"), "GFS330"),
    "negative reward": (reward("x[0] - 2"), "GFS330"),
    "empty file": ("", "GFS010"),
    "no version": ("const a = 1\n", "GFS010"),
    "import of itself": (HEADER + 'import "bad.gfs" as me\n', "GFS103"),
    "missing import": (HEADER + 'import "nowhere.gfs" as n\n', "GFS106"),
    "deep nesting": (HEADER + "const a = " + "(" * 5000 + "1" + ")" * 5000 + "\n", "GFS009"),
    "large constant": (HEADER + "const a = 2 ^ (10 ^ (10 ^ 6))\n", "GFS131"),
    "second level": (
        environment("state { g: graph { nodes[0..3] edges } }\nstop"),
        "GFS140",
    ),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_wrong_specification(name, project, run, run_json):
    text, code = BAD[name]
    (project / "bad.gfs").write_text(text)
    said = run_json("check", "bad.gfs")
    assert said.code == 1
    assert code in said.codes, said.json["diagnostics"]
    [first] = [item for item in said.json["diagnostics"] if item["code"] == code][:1]
    assert first["message"]
    assert first["primary"]["file"].endswith("bad.gfs")
    assert first["primary"]["start"]["line"] >= 1
    text_said = run("check", "bad.gfs")
    assert text_said.code == 1
    assert f"[{code}]" in text_said.err


@pytest.mark.parametrize("name", ["unknown setting", "undefined objective"])
def test_a_misspelt_name_gets_a_suggestion(name, project, run):
    (project / "bad.gfs").write_text(BAD[name][0])
    said = run("check", "bad.gfs").err
    assert "did you mean" in said


@pytest.mark.parametrize("verb", ["check", "plan", "compile", "run", "graph", "step"])
def test_every_verb_refuses_it_alike(verb, project, run_json):
    text = experiment("train { trajectories = 16 }").replace("x[i] += 1", "x[i] = 1")
    (project / "bad.gfs").write_text(text)
    said = run_json(verb, "bad.gfs")
    assert said.code == 1
    assert not (project / ".gflowspec/runs").exists() or not any(
        (project / ".gflowspec/runs").iterdir()
    )


def test_a_binary_file(project, run_json):
    (project / "bad.gfs").write_bytes(b"gfs 1.0\n\xff\xfe\x00\x01")
    said = run_json("check", "bad.gfs")
    assert said.code == 1
    assert said.codes == ["GFS005"]


def test_random_bytes(project, run_json):
    (project / "bad.gfs").write_bytes(random.Random(0).randbytes(2**20))
    assert run_json("check", "bad.gfs").code == 1


def test_random_text(project, run_json):
    letters = random.Random(0).choices('gfs 1.0{}()[]\n"#:=+-*/abcxyz019.,<>', k=2**17)
    (project / "bad.gfs").write_text("gfs 1.0\n" + "".join(letters))
    assert run_json("check", "bad.gfs").code == 1


def test_a_file_that_is_too_large(project, run_json):
    (project / "bad.gfs").write_text("gfs 1.0\n" + "#" * 2**20)
    assert run_json("check", "bad.gfs").codes == ["GFS008"]


@pytest.mark.parametrize("verb", ["check", "fmt", "plan", "compile", "run", "graph", "step"])
def test_a_missing_file_is_a_usage_error(verb, run, run_json):
    said = run_json(verb, "gird.gfs")
    assert said.code == 2
    assert said.codes == ["GFS601"]
    assert said.json["diagnostics"][0]["primary"] is None
    assert "did you mean `grid.gfs`?" in run(verb, "gird.gfs").err


@pytest.mark.parametrize(
    "override",
    ["train.batch", "train.batch=", "=3", "train batch=3", "a=(1", "evaluate.every.9.metrics=[]"],
)
@pytest.mark.parametrize("verb", ["check", "plan", "run"])
def test_an_override_that_does_not_parse(verb, override, run_json):
    said = run_json(verb, "grid.gfs", "-s", override)
    assert said.code == 2
    assert said.codes == ["GFS603"]


def test_an_override_that_means_nothing(run_json):
    said = run_json("plan", "grid.gfs", "-s", "train.btach=3")
    assert said.code == 1
    assert said.codes == ["GFS111"]
    assert said.json["diagnostics"][0]["primary"]["file"] == "<command line>"


def test_several_experiments_and_no_name(project, run_json):
    text = (project / "grid.gfs").read_text()
    (project / "two.gfs").write_text(
        text + "\nexperiment other extends corner { train.seed = 1 }\n"
    )
    said = run_json("plan", "two.gfs")
    assert said.code == 2
    assert said.codes == ["GFS604"]
    assert run_json("plan", "two.gfs:other").code == 0
    assert run_json("plan", "two.gfs:othre").codes == ["GFS604"]


@pytest.mark.parametrize(
    ("argv", "help_"),
    [
        (["chek", "grid.gfs"], "did you mean `check`?"),
        (["check", "grid.gfs", "--colour", "never"], "did you mean `--color`?"),
        (["run"], "--help"),
        ([], "--help"),
        (["run", "grid.gfs", "--resume", "maybe"], "--help"),
        (["explain", "GFS9999"], ""),
        (["resume", "nothing"], ""),
        (["sample", "nothing"], ""),
        (["show", "nothing"], ""),
        (["check", "grid.gfs", "--cwd", "nowhere"], ""),
        (["new", "hypergird"], "did you mean `hypergrid`?"),
    ],
)
def test_usage_errors(argv, help_, run, run_json):
    said = run_json(*argv)
    assert said.code == 2
    assert said.codes[0] in {"GFS600", "GFS601", "GFS602"}
    assert help_ in run(*argv).err


def test_a_bug_of_ours_is_reported_as_one(project, run_json, monkeypatch):
    def broken(*_: object) -> None:
        message = "the invariant does not hold"
        raise AssertionError(message)

    monkeypatch.setattr("gflowspec.cli.check.gfs_files", broken)
    said = run_json("check", "grid.gfs")
    assert said.code == 70
    assert said.codes == ["GFS700"]
    [report] = (project / ".gflowspec/reports").iterdir()
    assert "AssertionError" in report.read_text()
    assert report.name in str(said.json["diagnostics"])
