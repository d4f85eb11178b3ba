"""``runs repair``: runs whose process was killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gflowspec.tracking.rundir import Run

from .conftest import GRID

ROOT = Path(__file__).parents[2]
#: Writes the directory of a run that this very process trains, and then waits to be killed.
PROGRAM = """
import sys, time
from gflowspec.tracking.process import ProcessIdentity
from gflowspec.tracking.project import Project
from gflowspec.tracking.rundir import RunInfo
info = RunInfo(run_id="20260131-142233-3f9c2a-k7qd", name="n", experiment="e", created=1.0,
               hashes={"run": "run:1/3f9c2a", "task": "task:1/a", "env": "env:1/a"},
               tracker="none", process=ProcessIdentity.current().plain(), steps=7)
print(Project.find().create_run(info).directory, flush=True)
time.sleep(60)
"""


def started(project, *argv):
    """A process of its own, that writes to the project."""
    return subprocess.Popen(
        [sys.executable, *argv],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    process.stdout.close()


def test_a_run_is_repaired_when_its_process_is_dead(project, run, run_json):
    process = started(project, "-c", PROGRAM)
    directory = Path(process.stdout.readline().strip())
    try:
        assert run_json("runs", "repair").json["repaired"] == []  # it still trains
        assert run_json("ls").json["runs"][0]["status"] == "RUNNING"
    finally:
        kill(process)
    dead = [{"run_id": directory.name, "status": "KILLED"}]
    assert run_json("ls").json["runs"][0]["status"] == "KILLED"  # as it is seen
    assert Run.read(directory).info.status == "RUNNING"  # as it is written
    recent = f"{directory.name}: its process is gone; it is closed after 5 minutes of silence\n"
    assert run("runs", "repair").out == recent
    long_ago = time.time() - 400
    os.utime(directory / "run.json", (long_ago, long_ago))
    said = run("runs", "repair", "--dry-run")
    assert said.out == f"{directory.name} would become KILLED\n"
    assert Run.read(directory).info.status == "RUNNING"
    assert run_json("runs", "repair").json == {"ok": True, "repaired": dead}
    info = Run.read(directory).info
    assert (info.status, info.outcome, info.steps) == ("KILLED", "interrupted", 7)
    assert "repaired" in info.sentence
    assert run("runs", "repair").out == "nothing to repair\n"


@pytest.mark.slow
@pytest.mark.parametrize("flags", [["--tracker", "none"], ["--offline"]])
def test_a_training_that_was_killed_is_repaired_and_resumed(flags, project, run_json, monkeypatch):
    monkeypatch.setattr("gflowspec.tracking.heartbeat.SILENT_HERE", -1.0)
    text = GRID.replace("trajectories = 160", "trajectories = 400_000  checkpoint_every = 50")
    (project / "grid.gfs").write_text(text)
    process = started(project, "-m", "gflowspec", "run", "grid.gfs", *flags, "--format", "json")
    events = []
    try:
        for line in process.stdout:
            events.append(json.loads(line))
            if events[-1]["event"] == "checkpoint":
                break
    finally:
        kill(process)
    [row] = run_json("ls").json["runs"]
    found = run_json("runs", "repair").json["repaired"]
    assert found == [{"run_id": row["run_id"], "status": "KILLED"}]
    assert run_json("runs", "repair").json["repaired"] == []
    (project / "grid.gfs").write_text(
        text.replace("checkpoint_every", "budget = 1s  checkpoint_every")
    )
    ended = run_json("resume", row["run_id"], *[flag for flag in flags if flag == "--offline"])
    assert ended.json["outcome"] == "budget"
    assert ended.json["steps"] > events[-1]["step"]
