"""Every verb in text and in JSON: keys, exit codes, files."""

import contextlib
import io
import json
import math
import re
from importlib.metadata import version
from pathlib import Path

import attrs
import pytest

from gflowspec.cli.main import main
from gflowspec.cli.new import templates
from gflowspec.cli.verbs import HOMES

from .conftest import GRID, Said

STATES = 16
EDGES = 24


# ---- everything ---------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", sorted(HOMES))
def test_help_in_text_and_json(verb, run, run_json):
    said = run(verb, "--help")
    assert said.code == 0
    assert said.out.startswith("Usage: gflowspec")
    assert run_json(verb, "--help").json["text"] == said.out


def test_version(run, run_json):
    assert run("--version").out.strip() == f"gflowspec {version('gflowspec')}"
    assert run_json("--version").json["ok"]


def test_cwd_is_where_the_command_works(project, run, run_json):
    (project / "below").mkdir()
    (project / "below/here.gfs").write_text(GRID)
    assert run_json("check", "here.gfs", "--cwd", "below").code == 0
    assert Path.cwd() == project


def test_quiet_keeps_errors_and_drops_warnings(project, run):
    (project / "flat.gfs").write_text(GRID.replace("R = ground + x[0] * x[1]", "R = ground"))
    assert "GFS333" in run("check", "flat.gfs").err
    assert run("check", "flat.gfs", "-q").err == ""


def test_warnings_can_be_denied(project, run_json):
    (project / "flat.gfs").write_text(GRID.replace("R = ground + x[0] * x[1]", "R = ground"))
    assert run_json("check", "flat.gfs").code == 0
    said = run_json("check", "flat.gfs", "--deny", "warnings")
    assert said.code == 1
    assert "GFS333" in said.codes


def test_max_errors_counts_the_rest(project, run):
    lines = "".join(f"const c{i} = missing_{i}\n" for i in range(9))
    (project / "many.gfs").write_text(f"gfs 1.0\n\n{lines}")
    assert "and 7 more" in run("check", "many.gfs", "--max-errors", "2").err
    assert "more" not in run("check", "many.gfs", "--max-errors", "0").err


def test_color_can_be_forced_and_forbidden(project, run, monkeypatch):
    (project / "bad.gfs").write_text("gfs 1.0\n\nconst a = b\n")
    assert "\x1b[" in run("check", "bad.gfs", "--color", "always").err
    assert "\x1b[" not in run("check", "bad.gfs", "--color", "never").err
    assert "\x1b[" not in run("check", "bad.gfs").err


# ---- check, fmt, plan, explain ------------------------------------------------------------------


def test_check(run, run_json):
    said = run_json("check", "grid.gfs")
    assert said.json.keys() >= {"ok", "error_count", "warning_count", "diagnostics", "obligations"}
    found = said.json["obligations"]["grid.gfs:corner"]
    assert sorted(found) == [f"O{i}" for i in range(1, 10)]
    assert {item["strength"] for item in found.values()} <= {"proved", "enumerated"}
    text = run("check", "grid.gfs").out
    assert "grid.gfs: ok" in text
    assert re.search(r"\d+ (proved|enumerated)", text)


def test_check_directories_and_several_files(project, run_json):
    (project / "more").mkdir()
    (project / "more/bad.gfs").write_text("gfs 1.0\n\nconst a = b\n")
    said = run_json("check", ".", "grid.gfs")
    assert said.code == 1
    assert said.codes == ["GFS101"]
    assert run_json("check", "grid.gfs", "grid.gfs").code == 0


def test_check_at_another_scope(project, run, run_json):
    text = GRID.replace("  stop\n", "  stop\n  scope { side = 3 }\n")
    (project / "scoped.gfs").write_text(text.replace("x[i] += 1", "x[0 * i + i] += 1"))
    assert run_json("check", "scoped.gfs", "--scope", "side=2").code == 0
    assert run_json("check", "scoped.gfs", "--scope", "side=two").code == 2


def test_fmt(project, run, run_json):
    path = project / "ugly.gfs"
    path.write_text(GRID.replace("  state {", "     state   {"))
    assert run_json("fmt", "--check", "ugly.gfs").json["changed"] == ["ugly.gfs"]
    assert run("fmt", "--check", "ugly.gfs").code == 1
    assert "+  state {" in run("fmt", "--diff", "ugly.gfs").out
    assert run_json("fmt", "ugly.gfs").json["changed"] == ["ugly.gfs"]
    said = run_json("fmt", ".")
    assert said.json["changed"] in ([], ["grid.gfs"])
    assert "ugly.gfs" in said.json["unchanged"]
    assert run("fmt", "--check", ".").code == 0


def test_fmt_says_nothing_when_quiet(project, run):
    path = project / "ugly.gfs"
    for flags, said in (((), "formatted ugly.gfs\n"), (("-q",), "")):
        path.write_text("gfs 1.0\n\nconst   a = 1\n")
        assert run("fmt", "ugly.gfs", *flags).out == said
        assert "const a = 1" in path.read_text()


def test_fmt_leaves_a_file_with_errors_alone(project, run_json):
    path = project / "bad.gfs"
    path.write_text("gfs 1.0\n\nconst   a = = 1\n")
    assert run_json("fmt", "bad.gfs").code == 1
    assert path.read_text() == "gfs 1.0\n\nconst   a = = 1\n"


def test_fmt_reads_standard_input(run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("gfs 1.0\nconst   a=1\n"))
    assert run("fmt", "-").out == "gfs 1.0\nconst a = 1\n"


def test_a_state_that_breaks_an_invariant_is_no_place_to_begin(project, run_json):
    (project / "bag.gfs").write_text(
        "gfs 1.0\nenvironment Bag() {\n  state { x: array[2] of int[0..3] = 0 }\n"
        "  action add(i in index(x)) when x[0] + x[1] < 3 { x[i] += 1 }\n  stop\n"
        "  invariant x[0] + x[1] <= 3\n}\n"
    )
    assert run_json("step", "bag.gfs", "--state", '{"x": [3, 0]}').json["can_stop"]
    said = run_json("step", "bag.gfs", "--state", '{"x": [3, 3]}')
    assert (said.code, said.codes) == (2, ["GFS600"])
    assert "`x[0] + x[1] <= 3` is false there" in said.json["diagnostics"][0]["message"]


def test_plan(run, run_json):
    found = run_json("plan", "grid.gfs").json
    assert found["environment"] == {
        "name": "Grid",
        "states": STATES,
        "edges": EDGES,
        "terminal_states": STATES,
        "states_upper": None,
        "horizon": 6,
        "forward_actions": 3,
        "backward_actions": 2,
        "enumerable": True,
        "parallel_edges": 0,
        "scope": {},
    }
    assert found["hashes"].keys() == {"env", "task", "run"}
    assert found["models"]["forward"] == {"parameters": 51, "shape": [16, 3], "shared": True}
    assert found["models"]["encoder"]["parameters"] == 8 * 16 + 16
    assert found["owners"] == {
        "trunk.shared": ["forward", "backward"],
        "head.forward": ["forward"],
        "head.backward": ["backward"],
        "log_z": ["forward"],
    }
    assert found["settings"]["train.batch"]["source"].startswith("grid.gfs:")
    assert found["settings"]["policy.backward"]["value"] == "tlm"
    assert found["settings"]["policy.backward.target_tau"] == {"value": 0.25, "source": "default"}
    assert found["settings"]["reward.ground"]["value"] == 0.5
    [only] = found["runs"]
    assert (only["status"], only["hash"]) == ("new", found["hashes"]["run"])
    assert "16" in run("plan", "grid.gfs").out


def test_plan_of_the_published_grid(project, run_json):
    """The example of the language reference: 20^4 cells."""
    (project / "big.gfs").write_text(
        'gfs 1.0\n\nimport "gfs:std/hypergrid" { Hypergrid, Corners }\n\n'
        "experiment big {\n  environment = Hypergrid(dim = 4, side = 20)\n"
        "  reward = Corners()\n  objective = tb()\n}\n"
    )
    found = run_json("plan", "big.gfs").json["environment"]
    assert found["states"] == 160_000
    assert found["edges"] == 608_000
    assert found["terminal_states"] == 160_000
    assert found["horizon"] == 76
    assert (found["forward_actions"], found["backward_actions"]) == (5, 4)
    assert found["enumerable"] is True


def test_plan_says_whether_there_is_work(run):
    assert run("plan", "grid.gfs", "--exit-code").code == 4


def test_overrides_reach_the_plan_and_change_the_hash(run_json):
    before = run_json("plan", "grid.gfs").json
    after = run_json("plan", "grid.gfs", "-s", "environment.side=5", "--seed", "7").json
    assert after["environment"]["states"] == 25
    assert after["settings"]["train.seed"] == {"value": 7, "source": "command line"}
    assert after["hashes"]["env"] != before["hashes"]["env"]
    device = run_json("plan", "grid.gfs", "--device", "cpu", "--tracker", "none").json
    assert device["hashes"] == before["hashes"]


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("GFS302", "diagnostic"),
        ("objective.subtb", "setting"),
        ("train.batch", "setting"),
        ("subtb.lambda", "setting"),
        ("policy.backward", "setting"),
        ("grid.gfs:corner.step", "action"),
        ("int", "type"),
        ("hamming", "function"),
    ],
)
def test_explain(topic, kind, run, run_json):
    found = run_json("explain", topic).json
    assert found.keys() == {"ok", "topic", "kind", "title", "text", "data"}
    assert found["kind"] == kind
    assert found["text"]
    assert found["title"] in run("explain", topic).out


def test_explain_an_action_shows_what_was_derived(run_json):
    data = run_json("explain", "grid.gfs:corner.step").json["data"]
    assert data["forward_mask"] == "x[i] < 3"
    assert data["backward_mask"] == "x[i] > 0"
    assert data["inverse"] == ["x[i] = x[i] - 1"]
    assert data["addresses"] == ["i"]


# ---- new, step ----------------------------------------------------------------------------------


def test_new_lists_and_writes(project, run, run_json):
    assert run_json("new", "--list").json["templates"] == sorted(templates())
    assert run_json("new", "hypergrid", "-o", "mine.gfs").json["file"] == "mine.gfs"
    assert (project / "mine.gfs").is_file()
    assert run("new", "hypergrid", "-o", "mine.gfs").code == 2
    assert run_json("new").json["file"] == "custom.gfs"


@pytest.mark.parametrize("template", sorted(templates()))
def test_templates_are_clean(template, run, run_json):
    path = f"{template}.gfs"
    run("new", template)
    said = run_json("check", path, "--deny", "warnings")
    assert said.code == 0, said.json["diagnostics"]
    assert run("fmt", "--check", path).code == 0


def test_step_forward_and_back(run, run_json):
    said = run_json("step", "grid.gfs", "--do", "step(i=0)", "--do", "step(i = 1)").json
    assert said["state"] == {"x": [1, 1]}
    assert said["terminal"] is False
    assert said["can_stop"] is True
    assert said["rank"] == 2
    assert said["log_reward"] == pytest.approx(0.4054651081081644)
    assert said["forward"] == [
        {"action": "step", "arguments": {"i": 0}},
        {"action": "step", "arguments": {"i": 1}},
    ]
    assert said["backward"][0] == {
        "action": "step",
        "arguments": {"i": 0},
        "parent": {"x": [0, 1]},
    }
    back = run_json("step", "grid.gfs", "--do", "step(i=0)", "--undo", "step(i=0)").json
    assert back["state"] == {"x": [0, 0]}
    assert back["backward"] == []
    assert "x = [1, 1]" in run("step", "grid.gfs", "--do", "step(i=0)", "--do", "step(i=1)").out


def test_step_to_the_end(run_json):
    said = run_json("step", "grid.gfs", "--do", "stop").json
    assert said["terminal"] is True
    assert said["forward"] == []
    assert run_json("step", "grid.gfs", "--do", "stop", "--do", "step(i=0)").code == 2


def test_step_from_a_state(run_json):
    said = run_json("step", "grid.gfs", "--state", '{"x": [3, 2]}').json
    assert [item["arguments"]["i"] for item in said["forward"]] == [1]


@pytest.mark.parametrize(
    "argv",
    [
        ["--do", "step(i=7)"],
        ["--do", "stpe(i=0)"],
        ["--undo", "step(i=0)"],
        ["--state", "{"],
        ["--state", "[1, 2]"],
        ["--state", '{"y": 1}'],
        ["--state", '{"x": [1]}'],
        ["--state", '{"x": [1, 9]}'],
        ["--state", '{"x": [true, 1]}'],
    ],
)
def test_step_refuses_what_is_impossible(argv, run_json):
    assert run_json("step", "grid.gfs", *argv).codes == ["GFS600"]


def test_step_by_hand(run, monkeypatch):
    lines = iter(["step(i=0)", "", "jump", "undo step(i=0)", "step(i=1)", "quit"])
    monkeypatch.setattr("builtins.input", lambda _prompt: next(lines))
    said = run("step", "grid.gfs")
    assert said.code == 0
    assert "x = [0, 1]" in said.out
    assert "`jump` is not possible here" in said.err


def test_step_by_hand_ends_with_the_input(run, monkeypatch):
    def ended(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", ended)
    assert run("step", "grid.gfs").code == 0


# ---- compile, run, resume, sample, ls, show -----------------------------------------------------


#: One of 1,024 states is a dead end; random walks do not come by.
HIDDEN = """gfs 1.0
environment Lights(hole: bool = false) {
  let dead = hole and count(on) == 5 and all(on[j] for j in 0..4)
  state { on: array[10] of bool }
  action light(i in index(on)) when not dead { on[i] = true }
  stop when not dead
}
reward Size() for Lights { R = 1 + count(on) }
experiment e {
  environment = Lights(hole = true)
  reward = Size()
  objective = tb
  compile.scope_limit = 5
}
"""


@pytest.mark.slow
def test_compile_refuses_what_only_the_whole_graph_shows(project, run_json):
    (project / "hidden.gfs").write_text(HIDDEN)
    assert run_json("check", "hidden.gfs").code == 0
    said = run_json("compile", "hidden.gfs", "-o", "built", "--emit", "state_graph")
    assert (said.code, said.codes) == (1, ["GFS320"])
    assert len(said.json["diagnostics"][0]["trace"]) == 6


def test_compile(project, run, run_json):
    found = run_json("compile", "grid.gfs", "-o", "built").json
    names = {"ir.json", "obligations.json", "program_graph.graphml", "state_graph.graphml"}
    assert {Path(path).name for path in found["files"]} == names | {"models.json"}
    assert all((project / path).is_file() for path in found["files"])
    models = json.loads((project / "built/models.json").read_text())
    assert models["models"] == found["models"]
    counted = sum(_size(row["shape"]) for row in models["owners"])
    promised = sum(model["parameters"] for model in found["models"].values())
    assert counted == promised + 1  # and log Z
    assert "forward + backward" in run("compile", "grid.gfs", "--emit", "models").out
    assert run_json("compile", "grid.gfs", "--emit", "modles").code == 2


@pytest.mark.parametrize(
    "settings",
    [
        ["policy.encoder=mlp(hidden = [8, 5], input = ordinal)"],
        ["policy.encoder=mlp(hidden = [8], input = thermometer)"],
        ["policy.encoder=mlp(hidden = [8], input = embedding)"],
        ["policy.encoder=tabular()"],
        ["policy.share=none", "objective=db()"],
        ["policy.backward=uniform()", "objective=subtb()"],
    ],
    ids=" ".join,
)
def test_promised_sizes_are_those_of_the_networks(settings, project, run_json):
    overrides = [part for text in settings for part in ("-s", text)]
    found = run_json("compile", "grid.gfs", "-o", "built", "--emit", "models", *overrides).json
    owners = json.loads((project / "built/models.json").read_text())["owners"]
    counted = sum(_size(row["shape"]) for row in owners if row["tensor"] != "log_z")
    assert counted == sum(model["parameters"] for model in found["models"].values())


def _size(shape: list[int]) -> int:
    total = 1
    for width in shape:
        total *= width
    return total


@attrs.frozen
class Trained:
    """A project with one finished run."""

    folder: Path
    said: Said

    def ask(self, *argv: str) -> Said:
        """Run a command there, in JSON."""
        return self.ask_text(*argv, "--format", "json")

    def ask_text(self, *argv: str) -> Said:
        """Run a command there."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = main([*argv, "--cwd", str(self.folder)])
        return Said(code, out.getvalue(), "")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    (folder / ".gflowspec").mkdir()
    (folder / "grid.gfs").write_text(GRID)
    project = Trained(folder, Said(0, "", ""))
    return Trained(folder, project.ask("run", "grid.gfs", "--tracker", "none"))


RUN_KEYS = {
    "ok",
    "error_count",
    "warning_count",
    "diagnostics",
    "run_id",
    "run_name",
    "outcome",
    "steps",
    "seconds",
    "iterations_per_second",
    "metrics",
    "exact",
    "tracking",
    "checkpoint",
    "hashes",
}


def test_run(trained):
    found = trained.said.json
    assert trained.said.code == 0
    assert found.keys() == RUN_KEYS
    assert (found["outcome"], found["steps"]) == ("finished", 20)
    assert found["run_name"].startswith("corner-tb.tlm-s0-")
    assert found["exact"].keys() == {"tv", "l1", "kl", "log_z"}
    # 16 cells of 1/2 and the products of coordinates: (0 + 1 + 2 + 3)^2 = 36
    assert found["exact"]["log_z"] == pytest.approx(math.log(8 + 36))
    assert found["metrics"]["tv_exact"] == pytest.approx(found["exact"]["tv"])
    assert found["tracking"] is None
    assert Path(found["checkpoint"]).is_file()


def test_run_prints_progress_objects_before_its_answer(trained):
    events = [json.loads(line) for line in trained.said.out.splitlines()[:-1]]
    assert events[0]["event"] == "started"
    assert {"progress", "evaluated", "checkpoint"} <= {event["event"] for event in events}


def test_run_keeps_its_files(trained):
    folder = trained.folder / ".gflowspec/runs" / trained.said.json["run_id"]
    for path in (
        "run.json",
        "checkpoint.pt",
        "spec/grid.gfs",
        "artifacts/spec/source.gfs",
        "artifacts/spec/formatted.gfs",
        "artifacts/spec/resolved.json",
        "artifacts/spec/ir.json",
        "artifacts/spec/obligations.json",
        "artifacts/spec/state_graph.svg",
        "artifacts/eval/target_vs_learned.png",
        "artifacts/eval/training_curves.svg",
        "artifacts/eval/samples.json",
    ):
        assert (folder / path).stat().st_size > 0, path
    assert (folder / "artifacts/spec/source.gfs").read_text() == GRID


def test_the_same_run_is_not_trained_twice(trained):
    again = trained.ask("run", "grid.gfs", "--tracker", "none").json
    assert again["outcome"] == "cached"
    assert again["run_id"] == trained.said.json["run_id"]
    assert again["exact"] == trained.said.json["exact"]
    rows = trained.ask_text("run", "grid.gfs", "--tracker", "none").out.splitlines()
    assert {row.split("   ")[0].strip() for row in rows} >= {"log Z error", "floor"}
    [planned] = trained.ask("plan", "grid.gfs").json["runs"]
    assert planned["status"] == "cached"
    assert trained.ask("plan", "grid.gfs", "--exit-code").code == 0
    other = trained.ask("plan", "grid.gfs", "--seed", "3", "--exit-code")
    assert (other.code, other.json["runs"][0]["status"]) == (4, "new")


def test_another_evaluation_is_another_matter(trained):
    said = trained.ask("plan", "grid.gfs", "-s", "evaluate.final=[kl_exact()]")
    assert said.json["runs"][0]["status"] == "new"


def test_resume_of_a_finished_run_reports_it(trained):
    again = trained.ask("resume", trained.said.json["run_id"])
    assert (again.code, again.json["outcome"]) == (0, "cached")
    assert again.json.keys() == RUN_KEYS


def test_resume_of_a_changed_specification_is_refused(trained):
    path = trained.folder / "grid.gfs"
    path.write_text(GRID.replace("batch = 8", "batch = 4"))
    try:
        said = trained.ask("resume", trained.said.json["run_id"])
    finally:
        path.write_text(GRID)
    assert said.code == 1
    assert said.codes == ["GFS502"]
    assert "train.batch: 8 -> 4" in str(said.json["diagnostics"])


def test_sample(trained):
    found = trained.ask("sample", "corner", "-n", "12", "--with-trajectory").json
    assert (found["count"], found["file"]) == (12, None)
    first = found["samples"][0]
    assert first.keys() == {"object", "log_reward", "log_pf", "log_pb", "trajectory"}
    assert first["object"].keys() == {"x"}
    assert first["trajectory"][-1] == "stop"
    assert len(first["trajectory"]) == 1 + sum(first["object"]["x"])
    again = trained.ask("sample", "corner", "-n", "12", "--with-trajectory").json
    assert again == found
    other = trained.ask("sample", "corner", "-n", "12", "--seed", "1").json
    assert other["samples"] != found["samples"]


def test_sample_unique_and_best(trained):
    found = trained.ask("sample", "corner", "-n", "60", "--unique", "--top", "3").json
    rewards = [item["log_reward"] for item in found["samples"]]
    assert rewards == sorted(rewards, reverse=True)
    assert len({str(item["object"]) for item in found["samples"]}) == len(rewards) == 3


@pytest.mark.parametrize("name", ["drawn.jsonl", "drawn.csv"])
def test_sample_into_a_file(name, trained):
    found = trained.ask("sample", "corner", "-n", "5", "-o", name).json
    assert (found["file"], found["samples"], found["count"]) == (name, [], 5)
    lines = (trained.folder / name).read_text().splitlines()
    assert len(lines) == (5 if name.endswith("jsonl") else 6)
    assert trained.ask("sample", "corner", "-o", "drawn.xlsx").code == 2


def test_ls_and_show(trained):
    [row] = trained.ask("ls").json["runs"]
    assert row.keys() == {
        "run_id",
        "name",
        "hash",
        "task",
        "status",
        "created",
        "steps",
        "metrics",
    }
    assert (row["status"], row["steps"]) == ("FINISHED", 20)
    assert trained.ask("ls", "--status", "failed").json["runs"] == []
    refused = trained.ask("ls", "--status", "fnished")
    assert (refused.code, refused.codes) == (2, ["GFS600"])
    assert len(trained.ask("ls", "--task", row["task"], "-n", "1").json["runs"]) == 1
    found = trained.ask("show", row["run_id"]).json
    assert found.keys() == {
        "ok",
        "run_id",
        "name",
        "status",
        "hashes",
        "settings",
        "metrics",
        "spec",
    }
    assert found["spec"] == GRID


def test_an_empty_project(run, run_json):
    assert run_json("ls").json["runs"] == []
    assert run_json("sync").json == {"ok": True, "delivered": 0, "unsent": 0, "rejected": 0}
    assert run("ls").code == 0
