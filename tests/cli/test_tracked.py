"""A run in a real store, from the command line: names, values, artifacts, late delivery."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

# The client is imported here, and warns about its own libraries.
pytestmark = [pytest.mark.tracking, pytest.mark.filterwarnings("ignore")]

PROGRAM = Path(sys.executable).with_name("gflowspec")


def ask(folder: Path, *argv: str) -> dict:
    """Run a command in a process of its own; its last line as JSON."""
    result = subprocess.run(
        [str(PROGRAM), *argv, "--format", "json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture
def store(project: Path):
    """A client of the store of the project."""
    from mlflow import MlflowClient

    return lambda: MlflowClient(f"sqlite:///{project}/.gflowspec/mlflow.db")


def test_a_run_is_in_the_store_with_everything(project, store):
    found = ask(project, "run", "grid.gfs")
    assert found["tracking"]["unsent"] == 0
    client = store()
    run = client.get_run(found["tracking"]["run_id"])
    assert run.info.status == "FINISHED"
    assert run.info.run_name == found["run_name"]
    assert client.get_experiment(run.info.experiment_id).name == "corner"
    assert run.data.params["policy.backward"] == "tlm"
    assert run.data.params["reward.ground"] == "0.5"
    tags = run.data.tags
    assert tags["gflowspec.run_id"] == found["run_id"]
    assert tags["gflowspec.hash.run"] == found["hashes"]["run"]
    assert tags["gflowspec.strength.O2"] == "proved"
    assert run.data.metrics["eval/tv_exact"] == pytest.approx(found["exact"]["tv"])
    history = client.get_metric_history(run.info.run_id, "train/log_z")
    assert [point.step for point in history] == [10, 20]
    paths = {
        item.path
        for folder in ("spec", "eval", "env")
        for item in client.list_artifacts(run.info.run_id, folder)
    }
    assert paths >= {
        "spec/source.gfs",
        "spec/formatted.gfs",
        "spec/resolved.json",
        "spec/ir.json",
        "spec/obligations.json",
        "spec/state_graph.svg",
        "eval/target_vs_learned.png",
        "eval/training_curves.svg",
        "eval/samples.json",
        "env/packages.txt",
    }


def test_an_offline_run_is_delivered_later(project, store):
    found = ask(project, "run", "grid.gfs", "--offline")
    assert found["tracking"]["run_id"] is None
    waiting = found["tracking"]["unsent"]
    assert waiting > 0
    sent = ask(project, "sync")
    assert (sent["delivered"], sent["unsent"], sent["rejected"]) == (waiting, 0, 0)
    assert ask(project, "sync")["delivered"] == 0
    [run] = store().search_runs(["1"])
    assert (run.info.status, run.info.run_name) == ("FINISHED", found["run_name"])


def test_repair_finds_nothing_where_all_is_well(project):
    ask(project, "run", "grid.gfs")
    assert ask(project, "runs", "repair")["repaired"] == []
