"""How a training can end: interrupted, terminated, diverged, refused before it starts."""

import json
import os
import signal
from pathlib import Path

import attrs
import pytest
import torch

from gflowspec.cli.progress import JsonLines, LiveLine, PlainLines, Silent, screen
from gflowspec.executor import checkpoint, events
from gflowspec.tracking.history import History
from gflowspec.tracking.journal import JournalWriter
from gflowspec.tracking.process import ProcessIdentity

from .conftest import GRID

NO_STORE = ("--tracker", "none")


@attrs.frozen
class Killer:
    """A screen that sends a signal to this process when a step was handed over."""

    number: signal.Signals
    step: int

    def show(self, event: events.Event) -> None:
        if isinstance(event, events.Evaluated) and event.step >= self.step:
            os.kill(os.getpid(), self.number)

    def close(self) -> None: ...


@pytest.fixture
def interrupted(monkeypatch, run_json):
    """Run until a signal arrives after ten iterations."""

    def call(number: signal.Signals, *argv: str):
        with monkeypatch.context() as patched:
            patched.setattr("gflowspec.cli.run.screen", lambda _output: Killer(number, 10))
            return run_json("run", "grid.gfs", *NO_STORE, *argv)

    return call


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_with_a_checkpoint(number, code, interrupted, run_json):
    before = signal.getsignal(number)
    said = interrupted(number)
    assert signal.getsignal(number) is before
    assert said.code == code
    found = said.json
    assert (found["outcome"], found["steps"]) == ("interrupted", 10)
    assert Path(found["checkpoint"]).is_file()
    [row] = run_json("ls").json["runs"]
    assert row["status"] == "KILLED"
    [planned] = run_json("plan", "grid.gfs", *NO_STORE).json["runs"]
    assert planned["status"] == "resumable"


def test_the_resume_command_is_printed(monkeypatch, run):
    monkeypatch.setattr("gflowspec.cli.run.screen", lambda _output: Killer(signal.SIGINT, 10))
    said = run("run", "grid.gfs", *NO_STORE)
    assert said.code == 130
    assert "gflowspec resume 2" in said.out
    assert "tv_exact" in said.out  # as last measured: there is no final policy
    assert "Ctrl-C again ends at once" in said.err


def test_the_last_table_says_each_exact_number_once(monkeypatch, run):
    """What was measured last where the run was interrupted; else the policy at the end."""
    text = GRID.replace("[tv_exact()]", "[tv_exact(), kl_exact(), logz_error()]")
    Path("grid.gfs").write_text(text)
    done = run("run", "grid.gfs", *NO_STORE, "--resume", "never").out
    for row in ("exact TV ", "exact KL ", "exact log Z ", "log Z error "):
        assert done.count(f"\n{row}") == 1
    for metric in ("tv_exact", "kl_exact", "logz_error"):
        assert metric not in done
    with monkeypatch.context() as patched:
        patched.setattr("gflowspec.cli.run.screen", lambda _output: Killer(signal.SIGINT, 10))
        half = run("run", "grid.gfs", *NO_STORE, "--resume", "never").out
    assert "exact" not in half.replace("tv_exact", "").replace("kl_exact", "")
    for metric in ("tv_exact", "kl_exact", "logz_error"):
        assert half.count(f"\n{metric} ") == 1


def test_a_resumed_run_equals_one_that_was_never_interrupted(interrupted, run_json):
    whole = run_json("run", "grid.gfs", *NO_STORE, "--resume", "never").json
    wanted = run_json("sample", whole["run_id"], "-n", "20").json["samples"]
    half = interrupted(signal.SIGINT, "--resume", "never").json
    ended = run_json("resume", half["run_id"]).json
    assert ended["run_id"] == half["run_id"] != whole["run_id"]
    assert (ended["outcome"], ended["steps"]) == ("finished", 20)
    assert ended["exact"] == whole["exact"]
    assert ended["metrics"] == whole["metrics"]
    assert run_json("sample", ended["run_id"], "-n", "20").json["samples"] == wanted


def test_run_resumes_an_interrupted_run_by_itself(interrupted, run_json):
    half = interrupted(signal.SIGINT).json
    ended = run_json("run", "grid.gfs", *NO_STORE).json
    assert (ended["run_id"], ended["steps"]) == (half["run_id"], 20)
    fresh = run_json("run", "grid.gfs", *NO_STORE, "--resume", "never").json
    assert fresh["run_id"] != half["run_id"]
    assert fresh["exact"] == ended["exact"]


def test_resume_without_a_checkpoint_begins_again(interrupted, run_json):
    half = interrupted(signal.SIGINT).json
    for path in Path(half["checkpoint"]).parent.glob("checkpoint*.pt"):
        path.unlink()
    ended = run_json("resume", half["run_id"]).json
    assert (ended["run_id"], ended["outcome"]) == (half["run_id"], "finished")


def test_a_second_signal_ends_at_once(monkeypatch, run_json):
    class Twice(Killer):
        def show(self, event):
            super().show(event)
            super().show(event)

    monkeypatch.setattr("gflowspec.cli.run.screen", lambda _output: Twice(signal.SIGINT, 10))
    assert run_json("run", "grid.gfs", *NO_STORE).code == 130
    [row] = run_json("ls").json["runs"]
    assert row["status"] == "KILLED"


def test_a_budget_ends_a_run_that_can_be_resumed(run_json):
    said = run_json("run", "grid.gfs", *NO_STORE, "-s", "train.budget=1ms")
    assert (said.code, said.json["outcome"]) == (0, "budget")
    assert said.json["steps"] < 20
    assert run_json("resume", said.json["run_id"]).json["outcome"] in {"budget", "finished"}


def test_a_run_that_diverges_says_so_and_keeps_its_batch(run, run_json):
    argv = ["run", "grid.gfs", *NO_STORE, "-s", "train.optimizer.lr=1e30"]
    said = run_json(*argv)
    assert said.code == 3
    assert said.json["outcome"] == "failed"
    assert said.codes == ["GFS501"]
    folder = Path(".gflowspec/runs") / said.json["run_id"]
    assert (folder / "failed_batch.pt").is_file()
    assert json.loads((folder / "run.json").read_text())["status"] == "FAILED"
    assert "GFS501" in run(*argv).err


def test_an_unwritable_run_directory_is_said_before_training(project, run_json):
    (project / ".gflowspec/runs").write_text("in the way")
    said = run_json("run", "grid.gfs", *NO_STORE)
    assert said.code == 3
    assert said.codes == ["GFS505"]
    assert len(said.out.splitlines()) == 1


def test_a_full_disk_is_said_before_training(monkeypatch, run_json):
    usage = attrs.make_class("Usage", ["total", "used", "free"])(10**9, 10**9, 1000)
    monkeypatch.setattr("gflowspec.tracking.project.shutil.disk_usage", lambda _path: usage)
    said = run_json("run", "grid.gfs", *NO_STORE)
    assert (said.code, said.codes) == (3, ["GFS505"])
    assert "the disk is full" in said.json["diagnostics"][0]["message"]


@pytest.mark.parametrize("flag", [True, False])
def test_an_unwritable_store_is_said_before_training(project, run_json, monkeypatch, flag):
    (project / "notes.txt").write_text("this is no database")
    uri = f"sqlite:///{project}/notes.txt"
    if not flag:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    said = run_json("run", "grid.gfs", *(["--tracking-uri", uri] if flag else []))
    assert (said.code, said.codes) == (3, ["GFS505"])
    assert "notes.txt is not an sqlite database" in said.json["diagnostics"][0]["notes"][0]
    assert len(said.out.splitlines()) == 1
    assert not list((project / ".gflowspec/runs").iterdir())


def test_an_unwritable_store_does_not_stop_an_offline_run(project, run):
    (project / "folder").mkdir()
    said = run("run", "grid.gfs", "--offline", "--tracking-uri", f"sqlite:///{project}/folder")
    assert said.code == 0
    assert said.err.index("cannot be written") < said.err.index("training 20 iterations")
    assert "records unsent" in said.out


def test_a_batch_beyond_memory_fails_the_run(project, run_json):
    said = run_json("run", "grid.gfs", *NO_STORE, "-s", "train.batch=1_000_000_000_000")
    assert (said.code, said.codes) == (3, ["GFS506"])
    assert "GiB were asked for at once" in said.json["diagnostics"][0]["notes"][0]
    folder = project / ".gflowspec/runs" / said.json["run_id"]
    assert json.loads((folder / "run.json").read_text())["status"] == "FAILED"


def test_a_file_called_gflowspec_is_said_before_training(project, run_json):
    (project / ".gflowspec").rmdir()
    (project / ".gflowspec").write_text("")
    said = run_json("run", "grid.gfs")
    assert (said.code, said.codes) == (3, ["GFS505"])


def test_the_journal_is_safe_before_a_checkpoint_is_written(project, run_json, monkeypatch):
    calls = []
    sync, save = JournalWriter.sync, checkpoint.save

    def noted_sync(journal):
        calls.append("journal")
        sync(journal)

    def noted_save(directory, state):
        calls.append("checkpoint")
        return save(directory, state)

    monkeypatch.setattr(JournalWriter, "sync", noted_sync)
    monkeypatch.setattr(checkpoint, "save", noted_save)
    argv = ("run", "grid.gfs", "--offline", "-s", "train.checkpoint_every=10")
    assert run_json(*argv).code == 0
    assert calls == ["journal", "checkpoint", "journal", "checkpoint", "journal"]


def test_a_run_without_a_checkpoint_is_resumed_at_the_start(run_json):
    said = run_json("run", "grid.gfs", "--offline", "-s", "train.budget=1ms")
    folder = Path(".gflowspec/runs") / said.json["run_id"]
    for path in folder.glob("checkpoint*.pt"):
        path.unlink()
    assert "gflowspec.resumed_at" not in History.read(folder / "journal.jsonl").tags
    assert run_json("resume", said.json["run_id"], "--offline").code == 0
    assert History.read(folder / "journal.jsonl").tags["gflowspec.resumed_at"] == "0"


def test_a_port_is_a_port(run):
    said = run("ui", "--no-browser", "--port", "99999")
    assert said.code == 2
    assert "1<=x<=65535" in said.err


def test_repair_and_ls_leave_no_store_behind(project, run):
    run("run", "grid.gfs", *NO_STORE)
    assert run("runs", "repair").err == ""
    assert run("ls").err == ""
    assert not (project / ".gflowspec/mlflow.db").exists()


def test_strict_tracking_makes_unsent_records_a_failure(run_json):
    said = run_json("run", "grid.gfs", "--offline", "--strict-tracking")
    assert said.code == 3
    assert said.json["tracking"]["unsent"] > 0
    assert said.json["outcome"] == "finished"


def test_what_is_not_proved_is_not_trained_unless_asked(project, run_json):
    """No square is 3 modulo 4, so there is no dead end; that is beyond the provers."""
    text = GRID.replace("array[2]", "array[11]").replace(
        "  stop\n", "  terminal when sum(x) == 5\n"
    )
    text = text.replace("in index(x))", "in index(x)) when (x[i] * x[i]) % 4 != 3")
    (project / "wide.gfs").write_text(text.replace("[tv_exact()]", "[loss()]"))
    limits = ("-s", "compile.exact_limit=9", "-s", "compile.scope_limit=9")
    argv = ["run", "wide.gfs", *NO_STORE, "-s", "train.trajectories=8", *limits]
    said = run_json(*argv)
    assert said.code == 1
    assert "GFS350" in said.codes
    allowed = run_json(*argv, "--allow-unproved")
    assert allowed.code == 0, allowed.json["diagnostics"]
    assert allowed.json["exact"] is None


def test_the_screen_that_fits(monkeypatch):
    from gflowspec.cli.output import Output

    assert isinstance(screen(Output(json=True)), JsonLines)
    assert isinstance(screen(Output(quiet=True)), Silent)
    assert isinstance(screen(Output()), PlainLines)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert isinstance(screen(Output()), LiveLine)


def test_the_live_line_draws_and_leaves_the_terminal(capsys):
    line = LiveLine()
    line.show(events.Started(step=0, steps=100, batch=4))
    values = {"train/loss_forward": 0.5, "train/log_z": 2.25}
    line.show(
        events.Progress(step=50, steps=100, seconds=5.0, iterations_per_second=10.0, values=values)
    )
    line.show(events.Evaluated(step=50, values={"eval/tv_exact": 0.125}, seconds=0.1))
    words = line.figures.words()
    assert words == "10 it/s  ETA 0:05  exact TV 0.125  loss 0.5  log Z 2.25"
    line.close()
    assert "50/100" in capsys.readouterr().err


def test_a_disk_that_fills_during_training_fails_the_run(monkeypatch, run_json):
    def full(directory, state):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save", full)
    said = run_json("run", "grid.gfs", *NO_STORE)
    assert (said.code, said.codes) == (3, ["GFS505"])
    assert "the disk is full" in said.json["diagnostics"][0]["message"]
    assert said.json["outcome"] == "failed"
    assert said.json["metrics"] == {}
    assert said.json["hashes"].keys() == {"env", "task", "run"}
    [row] = run_json("ls").json["runs"]
    assert row["run_id"] == said.json["run_id"]
    assert row["status"] == "FAILED"


def test_a_run_has_one_trainer(interrupted, run_json):
    found = interrupted(signal.SIGINT).json
    file = Path(".gflowspec/runs") / found["run_id"] / "run.json"
    other = dict(ProcessIdentity.of_pid(os.getppid()).plain())
    kept = json.loads(file.read_text()) | {"status": "RUNNING", "process": other}
    file.write_text(json.dumps(kept))
    said = run_json("resume", found["run_id"])
    assert (said.code, said.codes) == (2, ["GFS602"])
    assert f"process {os.getppid()}" in said.json["diagnostics"][0]["message"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", None], ids=["empty", "cut", "older"])
def test_a_checkpoint_that_cannot_be_read_stops_before_anything_is_written(
    content, interrupted, run_json
):
    old = interrupted(signal.SIGINT).json
    folder = Path(old["checkpoint"]).parent
    for file in folder.glob("checkpoint*.pt"):
        if content is None:
            torch.save({"format": 0}, file)
        else:
            file.write_bytes(content)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    refused = ("run", "grid.gfs", *NO_STORE), ("resume", old["run_id"]), ("sample", old["run_id"])
    for command in (*refused, ("graph", "--run", old["run_id"], "-o", "a.svg")):
        said = run_json(*command)
        assert (said.code, said.codes) == (1, ["GFS502"])
        [found] = said.json["diagnostics"]
        assert "checkpoint" in found["message"]
        assert f"gflowspec resume {old['run_id']} --new-run" in str(found)
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    new = run_json("resume", old["run_id"], "--new-run").json
    assert (new["outcome"], new["steps"]) == ("finished", 20)
    assert new["run_id"] != old["run_id"]


def test_a_checkpoint_that_does_not_fit_the_networks_is_no_bug(interrupted, run_json):
    old = interrupted(signal.SIGINT).json
    file = Path(old["checkpoint"])
    state = torch.load(file, weights_only=True)
    state["networks"] = {}
    torch.save(state, file)
    kept = file.read_bytes()
    said = run_json("resume", old["run_id"])
    assert (said.code, said.codes) == (3, ["GFS502"])
    assert (said.json["steps"], file.read_bytes()) == (10, kept)


# ---- a new run of what a run was ----------------------------------------------------------------


def test_a_changed_specification_can_be_run_anew(project, run_json):
    """With the overrides and the experiment of the run; the old one is left as it is."""
    short = ("-s", "train.trajectories=16", "-s", "train.seed=3", *NO_STORE)
    old = run_json("run", "grid.gfs", *short).json
    kept = {path: path.read_bytes() for path in project.rglob(f"{old['run_id']}/run.json")}
    assert kept
    other = "experiment other extends corner { objective = db }\n"
    (project / "grid.gfs").write_text(GRID.replace("batch = 8", "batch = 4") + other)
    assert run_json("resume", old["run_id"]).codes == ["GFS502"]
    new = run_json("resume", old["run_id"], "--new-run")
    assert (new.code, new.json["outcome"], new.json["steps"]) == (0, "finished", 4)
    assert new.json["run_id"] != old["run_id"]
    assert new.json["hashes"]["task"] == old["hashes"]["task"]
    assert new.json["hashes"]["run"] != old["hashes"]["run"]
    shown = run_json("show", new.json["run_id"]).json
    values = {path: item["value"] for path, item in shown["settings"].items()}
    assert (values["train.batch"], values["train.seed"], values["objective"]) == (4, 3, "tb")
    assert [row["run_id"] for row in run_json("ls").json["runs"]] == [
        new.json["run_id"],
        old["run_id"],
    ]
    assert {path: path.read_bytes() for path in kept} == kept


def test_a_new_run_of_an_unchanged_specification_begins_again(run_json):
    old = run_json("run", "grid.gfs", "-s", "train.trajectories=16", *NO_STORE).json
    new = run_json("resume", old["run_id"], "--new-run").json
    assert (new["outcome"], new["steps"]) == ("finished", 2)
    assert new["run_id"] != old["run_id"]
    assert (new["hashes"], new["exact"]) == (old["hashes"], old["exact"])


def test_a_new_run_of_a_broken_specification_is_refused(project, past_run, run_json):
    made = past_run("grid.gfs")
    (project / "grid.gfs").write_text(GRID.replace("+= 1", "= 1"))
    assert run_json("resume", made.info.run_id, "--new-run").codes == ["GFS302"]


def test_a_folder_is_no_specification(project, run_json):
    said = run_json("run", ".")
    assert (said.code, said.codes) == (2, ["GFS601"])
    assert said.json["diagnostics"][0]["message"] == ". is a folder"
