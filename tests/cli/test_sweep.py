"""``gflowspec sweep`` from the command line, with real workers and a real store."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("gflowspec")
SWEEP = """
sweep s of corner {
  grid policy.backward = [uniform, tlm]
  seeds 1..2
}
"""
LONG = ("-s", "train.trajectories=400_000", "-s", "train.checkpoint_every=50")


@pytest.fixture
def swept(project: Path) -> Path:
    with (project / "grid.gfs").open("a") as file:
        file.write(SWEEP)
    return project


class Call:
    """A sweep in a process of its own."""

    def __init__(self, folder: Path, *argv: str) -> None:
        command = [str(PROGRAM), "sweep", "grid.gfs:s", "-j", "2", *argv, "--format", "json"]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def until_progress(self, count: int) -> None:
        """Wait until so many cells are past their first iterations."""
        seen = set()
        for line in self.process.stdout:
            event = json.loads(line)
            if event.get("event") == "progress" and event["step"] > 100:
                seen.add(event["name"])
            if len(seen) == count:
                return

    def workers(self) -> list[int]:
        """Ids of its worker processes."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                stat = (place / "stat").read_text().rpartition(")")[2].split()
                command = (place / "cmdline").read_text()
            except OSError:
                continue
            if int(stat[1]) == self.process.pid and "sweeps.worker" in command:
                found.append(int(place.name))
        return found

    def answer(self) -> tuple[int, dict]:
        out, err = self.process.communicate(timeout=120)
        assert "Traceback" not in err
        return self.process.returncode, json.loads(out.splitlines()[-1])


def states(answer: dict) -> Counter:
    return Counter(item["status"] for item in answer["runs"])


def test_what_is_no_sweep_is_refused(swept, run_json):
    assert run_json("sweep", "grid.gfs:corner").codes == ["GFS604"]
    assert run_json("sweep", "grid.gfs:s", "--only", "objective is").code == 2
    assert run_json("sweep", "grid.gfs:s", "--only", "train.seed == 3").code == 2
    assert run_json("sweep", "grid.gfs:s", "--only", "train.sed == 3").code == 1
    assert not (swept / ".gflowspec/sweeps").exists()


@pytest.mark.tracking
@pytest.mark.filterwarnings("ignore")  # of the libraries of the client
def test_a_sweep_is_done_once_and_stands_under_one_run(swept):
    from mlflow import MlflowClient

    code, answer = Call(swept, "--only", "policy.backward is tlm").answer()
    assert (code, states(answer)) == (0, {"done": 2, "waiting": 2})
    code, answer = Call(swept).answer()
    assert (code, states(answer)) == (0, {"done": 4})
    assert len(list((swept / ".gflowspec/runs").iterdir())) == 4

    client = MlflowClient(f"sqlite:///{swept}/.gflowspec/mlflow.db")
    experiment = client.get_experiment_by_name("corner").experiment_id
    runs = {run.info.run_name: run for run in client.search_runs([experiment])}
    assert len(runs) == 5
    parent = runs.pop(answer["id"])
    assert parent.info.status == "FINISHED"
    assert parent.data.params["sweep.policy.backward"] == "uniform, tlm"
    for item in answer["runs"]:
        child = runs[item["name"]]
        assert child.info.status == "FINISHED"
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert child.data.tags["sweep.train.seed"] == item["point"]["train.seed"]
        assert child.data.metrics["eval/tv_exact"] == pytest.approx(item["metrics"]["tv_exact"])
    kept = {item.path for item in client.list_artifacts(parent.info.run_id, "sweep")}
    assert kept >= {"sweep/runs.json", "sweep/curves.png", "sweep/outcomes.svg"}
    tv = min(item["metrics"]["tv_exact"] for item in answer["runs"])
    assert parent.data.metrics["best/tv_exact"] == pytest.approx(tv)


@pytest.mark.tracking
@pytest.mark.filterwarnings("ignore")  # of the libraries of the client
def test_a_killed_cell_marks_itself_and_is_resumed_only_when_asked(swept):
    call = Call(swept, *LONG, "--keep-going", "--tracker", "none", "--limit", "2")
    call.until_progress(2)
    os.kill(call.workers()[0], signal.SIGKILL)
    call.process.send_signal(signal.SIGINT)
    code, answer = call.answer()
    assert code == 130
    assert states(answer) == {"killed": 1, "interrupted": 1, "waiting": 2}
    killed = next(item for item in answer["runs"] if item["status"] == "killed")
    assert "SIGKILL" in killed["reason"]
    info = json.loads((swept / ".gflowspec/runs" / killed["run_id"] / "run.json").read_text())
    assert info["status"] == "KILLED"

    only = ("--only", "train.seed == 1 or train.seed == 2", "--tracker", "none")
    call = Call(swept, *LONG, *only, "--retry-failed")
    call.until_progress(2)
    call.process.send_signal(signal.SIGTERM)
    code, again = call.answer()
    assert code == 143
    assert states(again) == {"interrupted": 2, "waiting": 2}
    runs = {item["hash"]: item["run_id"] for item in answer["runs"] if item["run_id"]}
    assert {item["hash"]: item["run_id"] for item in again["runs"] if item["run_id"]} == runs


@pytest.mark.tracking
@pytest.mark.filterwarnings("ignore")  # of the libraries of the client
def test_a_sweep_whose_process_is_killed_leaves_checkpoints_and_no_workers(swept):
    call = Call(swept, *LONG, "--tracker", "none")
    call.until_progress(2)
    workers = call.workers()
    call.process.kill()
    call.process.wait()
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    found = [
        json.loads(path.read_text()) for path in (swept / ".gflowspec/runs").glob("*/run.json")
    ]
    assert [info["outcome"] for info in found] == ["interrupted"] * 2
    assert all(info["checkpoint"] for info in found)


@pytest.mark.tracking
def test_a_failed_cell_does_not_end_the_others(swept):
    """A learning rate that cannot work fails one run of the sweep; exit code 3 says so."""
    text = (swept / "grid.gfs").read_text()
    text = text.replace(
        "grid policy.backward = [uniform, tlm]", "grid train.optimizer.lr = [1e30, 1e-3]"
    )
    (swept / "grid.gfs").write_text(text.replace("seeds 1..2", "seeds 1..1"))
    code, answer = Call(swept, "--tracker", "none", "--keep-going").answer()
    assert (code, states(answer)) == (3, {"failed": 1, "done": 1})
    code, answer = Call(swept, "--tracker", "none", "--keep-going").answer()
    assert (code, states(answer)) == (3, {"failed": 1, "done": 1})


@pytest.mark.slow
def test_a_sweep_that_was_interrupted_gives_what_an_uninterrupted_one_gives(swept, tmp_path):
    """To the last digit, with the journal of a cell compared step by step while it is resumed."""
    short = ("-s", "train.trajectories=6_400", "-s", "train.checkpoint_every=100", "--offline")
    call = Call(swept, *short)
    call.until_progress(2)
    call.process.send_signal(signal.SIGINT)
    code, _ = call.answer()
    assert code == 130
    code, resumed = Call(swept, *short).answer()
    assert code == 0
    other = tmp_path / "other"
    (other / ".gflowspec").mkdir(parents=True)
    (other / "grid.gfs").write_text((swept / "grid.gfs").read_text())
    code, straight = Call(other, *short).answer()
    assert code == 0
    assert [item["metrics"] for item in resumed["runs"]] == [
        item["metrics"] for item in straight["runs"]
    ]
    assert all(item["metrics"]["tv_exact"] > 0 for item in straight["runs"])
    journals = [p.read_text() for p in (swept / ".gflowspec/runs").glob("*/journal.jsonl")]
    assert any("gflowspec.resumed_at" in text for text in journals)
    assert not any("resume_drift" in text for text in journals)


@pytest.mark.tracking
@pytest.mark.filterwarnings("ignore")
def test_an_offline_sweep_is_delivered_later_with_its_parent(swept, run_json):
    from mlflow import MlflowClient

    code, answer = Call(swept, "--offline", "--limit", "1").answer()
    assert code == 0
    assert not (swept / ".gflowspec/mlflow.db").exists()
    assert run_json("sync").json["unsent"] == 0
    client = MlflowClient(f"sqlite:///{swept}/.gflowspec/mlflow.db")
    experiment = client.get_experiment_by_name("corner").experiment_id
    runs = {run.info.run_name: run for run in client.search_runs([experiment])}
    assert len(runs) == 2
    parent = runs.pop(answer["id"])
    assert parent.info.status == "KILLED"  # not all of its runs are done
    [child] = runs.values()
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
