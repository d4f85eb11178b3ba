"""Tracking with real MLflow stores and real processes; counts and statuses are exact."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gflowspec.tracking import journal, records
from gflowspec.tracking.base import Status
from gflowspec.tracking.heartbeat import SILENT_HERE
from gflowspec.tracking.history import History
from gflowspec.tracking.location import StoreLocation, resolve
from gflowspec.tracking.project import Project
from gflowspec.tracking.records import Metric
from gflowspec.tracking.repair import Repair
from gflowspec.tracking.server import serving
from gflowspec.tracking.sync import Syncer, SyncResult

from .training import KEYS, Plan, Training

pytestmark = [
    pytest.mark.tracking,
    pytest.mark.filterwarnings("ignore"),  # those of mlflow and its dependencies
]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables, made once; copying it is quicker than migrating."""
    from gflowspec.tracking.store.client import MlflowStore

    folder = tmp_path_factory.mktemp("migrated")
    MlflowStore.open(StoreLocation(f"sqlite:///{folder / 'mlflow.db'}", folder / "artifacts"))
    return folder / "mlflow.db"


@pytest.fixture
def prepared(project: Project, migrated: Path) -> Project:
    """A project with an empty store."""
    (project.folder / "mlflow.db").write_bytes(migrated.read_bytes())
    return project


def query(project: Project, text: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(project.folder / "mlflow.db")) as database:
        return database.execute(text).fetchall()


def stored_metrics(project: Project) -> set[tuple[str, int, int, float]]:
    rows = query(project, "select key, timestamp, step, value from metrics")
    found = {(key, moment, step, value) for key, moment, step, value in rows}
    assert len(found) == len(rows)
    return found


def journaled_metrics(project: Project, run_id: str) -> set[tuple[str, int, int, float]]:
    path = project.runs_folder / run_id / "journal.jsonl"
    expanded = (item for line in journal.read_all(path) for item in records.expand(line))
    return {(m.key, m.time, m.step, m.value) for m in expanded if isinstance(m, Metric)}


def sync(project: Project, uri: str | None = None) -> SyncResult:
    return Syncer(project, {}, uri).sync(run.directory for run in project.runs())


def statuses(project: Project) -> list[str]:
    return [status for (status,) in query(project, "select status from runs order by start_time")]


def tag(project: Project, key: str) -> list[str]:
    return [value for (value,) in query(project, f"select value from tags where key = '{key}'")]


@pytest.mark.parametrize("trial", range(3))
def test_four_processes_open_one_new_database_at_once(project: Project, trial: int) -> None:
    trainings = [Training(Plan(root=str(project.root), steps=10)) for _ in range(4)]
    accounts = [training.finish() for training in trainings]
    for account in accounts:
        assert account["accepted"] == account["delivered"]
        assert (account["unsent"], account["rejected"], account["message"]) == (0, 0, "")
        assert account["imported"] == []
    assert len({account["mlflow_run_id"] for account in accounts}) == 4
    assert query(project, "pragma integrity_check") == [("ok",)]
    assert statuses(project) == ["FINISHED"] * 4
    assert query(project, "select count(*) from experiments where name = 'grid'") == [(1,)]
    per_run = query(project, "select count(*) from metrics group by run_uuid")
    assert per_run == [(60,)] * 4
    for training in trainings:
        assert journaled_metrics(project, training.run_id) <= stored_metrics(project)


def test_kill_9_loses_no_accepted_row(prepared: Project) -> None:
    chance = random.Random(os.getpid())
    killed = []
    for trial in range(3):
        training = Training(Plan(root=str(prepared.root), steps=10**6, pause=0.002))
        time.sleep(chance.uniform(0.1, 5.0))
        training.kill(uploader=trial != 1)
        killed.append(training)
    wait_until(lambda: not os.path.exists(f"/proc/{killed[1].uploader}"))  # noqa: PTH110 - a process
    live = Training(Plan(root=str(prepared.root), steps=300, hold=200))
    assert live.line() == {"at": 200}

    delivered = sync(prepared)
    assert {run.reason for run in delivered.runs} <= {"", "its own process delivers it"}
    expected = set()
    for training in killed:
        rows = journaled_metrics(prepared, training.run_id)
        assert len({row for row in rows if row[0] in KEYS}) % len(KEYS) == 0
        expected |= rows
    mine = {row for row in stored_metrics(prepared) if row in expected}
    assert mine == expected

    repair = Repair(Syncer(prepared, {}), clock=lambda: time.time() + SILENT_HERE + 60)
    found = repair.find()
    assert {dead.run_id for dead in found} == {training.run_id for training in killed}
    for dead in found:
        repair.apply(dead)
    live.go_on()
    assert live.finish()["unsent"] == 0
    by_run = dict(
        query(
            prepared,
            "select t.value, r.status from runs r join tags t on t.run_uuid = r.run_uuid "
            "where t.key = 'gflowspec.run_id'",
        )
    )
    assert by_run.pop(live.run_id) == "FINISHED"
    assert set(by_run.values()) == {"KILLED"}
    assert repair.find() == ()


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_dead_run_that_only_the_store_knows_is_repaired(prepared: Project) -> None:
    training = Training(Plan(root=str(prepared.root), steps=10**6, pause=0.01))
    wait_until(lambda: bool(tag(prepared, "gflowspec.heartbeat")))
    training.kill()
    sync(prepared)
    other = Project(prepared.root / "other")
    uri = resolve(prepared, {}).uri
    late = Repair(Syncer(other, {}, uri), clock=lambda: time.time() + SILENT_HERE + 60)
    assert Repair(Syncer(other, {}, uri)).find() == ()
    (dead,) = late.find()
    assert (dead.run_id, dead.directory) == (training.run_id, None)
    late.apply(dead)
    assert statuses(prepared) == ["KILLED"]


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED"])
def test_the_end_is_stored_with_its_sentence(prepared: Project, status: str) -> None:
    account = Training(Plan(root=str(prepared.root), steps=3, status=status)).finish()
    assert account["unsent"] == 0
    assert statuses(prepared) == [status]
    assert tag(prepared, "gflowspec.outcome") == [f"ended as {status}"]
    (ended,) = query(prepared, "select end_time >= start_time from runs")
    assert ended == (1,)
    expected = f"accepted={account['accepted']} delivered={account['accepted']} unsent=0 rejected=0"
    assert tag(prepared, "gflowspec.records") == [expected]


def test_a_leftover_mlruns_does_not_matter(prepared: Project) -> None:
    leftover = prepared.root / "mlruns" / "0"
    leftover.mkdir(parents=True)
    (leftover / "meta.yaml").write_text("experiment_id: '0'\nname: Default\n")
    account = Training(Plan(root=str(prepared.root), steps=3), cwd=prepared.root).finish()
    assert (account["unsent"], account["rejected"]) == (0, 0)
    assert statuses(prepared) == ["FINISHED"]
    assert sorted(item.name for item in (prepared.root / "mlruns").iterdir()) == ["0"]


def test_a_resumed_run_has_the_rows_of_an_uninterrupted_one(prepared: Project) -> None:
    root = str(prepared.root)
    training = Training(Plan(root=root, steps=10**6, pause=0.005))
    time.sleep(1.0)
    training.kill()
    path = prepared.runs_folder / training.run_id / "journal.jsonl"
    last = History.read(path).last_step
    assert last > 10
    resumed = Training(Plan(root=root, run_id=training.run_id, first=last // 2, steps=last + 50))
    account = resumed.finish()
    assert (account["unsent"], account["rejected"], account["drift"]) == (0, 0, None)
    rows = query(prepared, "select key, step, count(*), value from metrics group by key, step")
    plain = {(key, step): (count, value) for key, step, count, value in rows if key in KEYS}
    assert plain == {
        (key, step): (1, (step + 1) / (place + 7))
        for step in range(last + 50)
        for place, key in enumerate(KEYS)
    }
    assert statuses(prepared) == ["FINISHED"]
    assert tag(prepared, "gflowspec.resumed_at") == [str(last // 2)]


@pytest.fixture
def log(project: Project) -> Path:
    return project.folder / "ui.log"


def test_an_outage_loses_nothing_and_training_never_waits(prepared: Project, log: Path) -> None:
    location = resolve(prepared, {})
    with serving(location, log=log) as first:
        port = int(first.base_url.rsplit(":", 1)[1])
        plan = Plan(root=str(prepared.root), uri=first.base_url, steps=600, hold=150)
        training = Training(plan)
        assert training.line() == {"at": 150}
        wait_until(lambda: len(stored_metrics(prepared)) >= 150 * len(KEYS))
    training.go_on()
    time.sleep(1.5)  # the uploader meets a server that is gone
    with serving(location, log=log, port=port):
        account = training.finish()
    assert (account["unsent"], account["rejected"]) == (0, 0)
    rows = {row for row in stored_metrics(prepared) if row[0] in KEYS}
    assert len(rows) == 600 * len(KEYS)
    assert rows <= journaled_metrics(prepared, training.run_id)
    assert statuses(prepared) == ["FINISHED"]


def test_a_server_that_never_comes_back_is_given_up_and_sync_delivers(
    prepared: Project, log: Path
) -> None:
    plan = Plan(root=str(prepared.root), uri="http://127.0.0.1:9", steps=200, patience=3.0)
    training = Training(plan)
    account = training.finish()
    directory = prepared.runs_folder / training.run_id
    assert account["delivered"] == account["rejected"] == 0
    expected = f"{account['accepted']:,} records unsent; run: gflowspec sync {directory}"
    assert account["message"] == expected
    result = sync(prepared, uri=resolve(prepared, {}).uri)
    assert (result.delivered, result.unsent, result.rejected) == (account["accepted"], 0, 0)
    assert stored_metrics(prepared) == journaled_metrics(prepared, training.run_id)
    assert statuses(prepared) == ["FINISHED"]


def test_what_the_store_refuses_is_bisected_out(prepared: Project) -> None:
    from gflowspec.tracking.journal import JournalWriter

    training = Training(Plan(root=str(prepared.root), steps=5))
    assert training.finish()["rejected"] == 0
    directory = prepared.runs_folder / training.run_id
    writer = JournalWriter.open(directory / "journal.jsonl")
    for step in range(5, 40):
        values = {"train/log_z": 1.0, "train/grad_norm": 2.0}
        if step == 23:
            values["a key; that MLflow refuses"] = 1.0
        writer.append("metrics", records.metrics_payload(step, values))
    writer.append("params", {"train.lr": "0.5", "train.batch": "16"})  # one of them is set already
    writer.close()
    result = sync(prepared)
    assert (result.delivered, result.rejected, result.unsent) == (71, 2, 0)
    rows = [json.loads(row) for row in (directory / "rejected.jsonl").read_text().splitlines()]
    assert [row["key"] for row in rows] == ["a key; that MLflow refuses", "train.lr"]
    assert query(prepared, "select count(*) from metrics where step >= 5") == [(70,)]
    assert dict(query(prepared, "select key, value from params"))["train.batch"] == "16"


def test_the_server_shows_the_run_refuses_foreign_hosts_and_ends(
    prepared: Project, log: Path
) -> None:
    account = Training(Plan(root=str(prepared.root), steps=50)).finish()
    assert account["unsent"] == 0
    with serving(resolve(prepared, {}), log=log) as shown:
        link = shown.page("grid")
        assert link.endswith("/#/experiments/1/runs?workflowType=machine_learning")
        (run,) = ask_for_runs(shown.base_url)
        foreign = urllib.request.Request(f"{shown.base_url}/", headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            urllib.request.urlopen(foreign)
        refused.value.close()
        assert shown._process is not None
        group = shown._process.pid
        assert len(group_members(group)) >= 2
    assert group_members(group) == []
    assert not (prepared.root / "mlruns").exists()
    assert not (prepared.folder / "mlruns").exists()
    assert run["info"]["run_name"] == "grid-subtb.tlm-s1-3f9c2a"
    assert {item["key"]: item["value"] for item in run["data"]["params"]} == {
        "train.lr": "0.001",
        "policy.backward": "tlm",
    }
    assert {item["key"] for item in run["data"]["metrics"]} == set(KEYS)


def ask_for_runs(base_url: str) -> list[dict[str, Any]]:
    request = urllib.request.Request(
        f"{base_url}/api/2.0/mlflow/runs/search",
        data=json.dumps({"experiment_ids": ["1"]}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        found: list[dict[str, Any]] = json.load(answer)["runs"]
    return found


def group_members(group: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def test_status_words_are_those_of_mlflow() -> None:
    from mlflow.entities import RunStatus

    words = {RunStatus.to_string(number) for number in RunStatus.all_status()}
    assert {status.value for status in Status} <= words
