"""``gflowspec sweep``: runs in processes of their own, here replaced by calls."""

import contextlib
import csv
import json
from itertools import pairwise

import attrs
import pytest

from gflowspec.cli.main import main
from gflowspec.runs import sweeping
from gflowspec.tracking.project import Project

from .conftest import GRID

SWEEP = (
    GRID
    + """
sweep rates of corner {
  grid train.optimizer.lr = [1e-3, 1e-2]
  seeds 0..1
}
"""
)


@attrs.define
class Ended:
    """A process that has ended with a code, or ends when it is looked at the n-th time."""

    code: int
    looks: int = 0

    def poll(self):
        if self.looks:
            self.looks -= 1
            return None
        return self.code

    def send_signal(self, sig):
        self.looks, self.code = 0, 128 + sig

    def kill(self):
        self.looks, self.code = 0, -9


@pytest.fixture
def sweep(project, run_json, monkeypatch):
    """The verb, with its children called in this process; ``started`` lists their command lines."""
    (project / "grid.gfs").write_text(SWEEP)
    monkeypatch.setattr(sweeping, "POLL", 0.0)
    started = []

    def start(arguments, stdout, stderr):
        started.append(list(arguments))
        with (
            stdout.open("w") as out,
            stderr.open("w") as err,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            return Ended(main(list(arguments)))

    monkeypatch.setattr(sweeping, "start_process", start)

    def call(*flags):
        return run_json("sweep", "grid.gfs:rates", "--tracker", "none", *flags)

    call.started = started
    return call


def statuses(said):
    return [item["status"] for item in said.json["runs"]]


def test_all_runs_are_done_once(sweep, project):
    said = sweep("-j", "2")
    answer = said.json
    assert said.code == 0
    assert {key: answer[key] for key in ("ok", "sweep", "total", "done", "cached", "failed")} == {
        "ok": True, "sweep": "rates", "total": 4, "done": 4, "cached": 0, "failed": 0,
    }  # fmt: skip
    paths = ("train.optimizer.lr", "train.seed")
    points = [tuple(item["point"][path] for path in paths) for item in answer["runs"]]
    assert points == [("1e-3", "0"), ("1e-3", "1"), ("1e-2", "0"), ("1e-2", "1")]
    for item in answer["runs"]:
        kept = Project.find().find_run(item["run_id"])
        assert kept.info.hashes["run"] == item["hash"]
        assert item["metrics"]["tv_exact"] == kept.info.exact["tv"]
    again = sweep()
    assert statuses(again) == ["cached"] * 4
    assert len(sweep.started) == 4
    text = next(project.glob(".gflowspec/sweeps/*/runs.csv")).read_text()
    table = list(csv.DictReader(text.splitlines()))
    assert [row["train.seed"] for row in table] == ["0", "1", "0", "1"]
    assert [row["status"] for row in table] == ["cached"] * 4


def test_a_run_that_was_done_alone_is_not_done_again(sweep, run_json):
    run_json("run", "grid.gfs:corner", "-s", "train.optimizer.lr=1e-2", "--tracker", "none")
    said = sweep()
    assert statuses(said) == ["finished", "finished", "cached", "finished"]


def test_the_plan_is_frozen_before_anything_runs(sweep, project):
    sweep("--limit", "1")
    plan = json.loads(next(project.glob(".gflowspec/sweeps/*/plan.json")).read_text())
    assert [item["point"]["train.optimizer.lr"] for item in plan["runs"]] == [
        "1e-3", "1e-3", "1e-2", "1e-2",
    ]  # fmt: skip
    assert len({item["hash"] for item in plan["runs"]}) == 4


def test_a_second_call_goes_on_where_a_limit_ended_the_first(sweep):
    assert statuses(sweep("--limit", "3")) == ["finished"] * 3 + ["waiting"]
    assert statuses(sweep()) == ["cached"] * 3 + ["finished"]


def test_only_some_runs(sweep):
    said = sweep("--only", "train.seed == 1 and train.optimizer.lr > 1 / 500")
    assert statuses(said) == ["waiting"] * 3 + ["finished"]
    assert said.json["done"] == 1
    assert sweep("--only", "train.seed == 7").codes == ["GFS600"]
    assert sweep("--only", "train.seed =").codes == ["GFS001"]


DIVERGES = SWEEP.replace("[1e-3, 1e-2]", "[1e-3, 1e30, 1e-2]")


def test_a_failed_run_marks_itself_and_ends_the_sweep(sweep, project):
    (project / "grid.gfs").write_text(DIVERGES)
    said = sweep("-j", "1")
    assert said.code == 3
    assert statuses(said) == ["finished", "finished", "failed", "waiting", "waiting", "waiting"]
    assert said.json["failed"] == 1


def test_other_runs_go_on_if_that_is_wished(sweep, project):
    (project / "grid.gfs").write_text(DIVERGES)
    said = sweep("-j", "1", "--keep-going")
    assert said.code == 3
    assert statuses(said) == ["finished"] * 2 + ["failed"] * 2 + ["finished"] * 2
    # What failed is tried again, what is done is not.
    before = len(sweep.started)
    assert statuses(sweep("--keep-going")) == ["cached"] * 2 + ["failed"] * 2 + ["cached"] * 2
    assert len(sweep.started) == before + 2


def test_a_file_that_changes_meanwhile_fails_the_run(sweep, project, monkeypatch):
    start = sweeping.start_process

    def changing(arguments, stdout, stderr):
        text = (project / "grid.gfs").read_text()
        (project / "grid.gfs").write_text(text.replace("hidden = [16]", "hidden = [8]"))
        return start(arguments, stdout, stderr)

    monkeypatch.setattr(sweeping, "start_process", changing)
    events = [json.loads(line) for line in sweep("-j", "1").out.splitlines()]
    failed = [item for item in events if item.get("status") == "failed"]
    assert failed
    assert events[-1]["failed"] == 1


def test_a_process_that_dies_says_nothing_but_its_code(sweep, monkeypatch, run):
    def dying(arguments, stdout, stderr):
        stdout.write_text('{"event": "progress"}\n')
        stderr.write_text("")
        return Ended(-11)

    monkeypatch.setattr(sweeping, "start_process", dying)
    said = run("sweep", "grid.gfs:rates", "--tracker", "none", "-j", "1")
    assert said.code == 3
    assert "its process ended with code -11" in said.err


def test_never_more_than_so_many_at_a_time(sweep, monkeypatch):
    running, most = set(), []

    class Counted(Ended):
        def poll(self):
            code = super().poll()
            if code is not None:
                running.discard(id(self))
            return code

    def start(arguments, stdout, stderr):
        stdout.write_text("")
        stderr.write_text("")
        process = Counted(130, looks=3)
        running.add(id(process))
        most.append(len(running))
        return process

    monkeypatch.setattr(sweeping, "start_process", start)
    said = sweep("-j", "3")
    assert max(most) == 3
    assert statuses(said) == ["interrupted"] * 4


def test_an_interrupt_is_passed_on_once_and_nothing_begins_after_it(sweep, project):
    from gflowspec.cli.jobs import frozen
    from gflowspec.runs.parent import NoParent
    from gflowspec.runs.sweep import Plan

    found = frozen("grid.gfs:rates", ("train.batch=8",))
    processes = []

    def start(arguments, stdout, stderr):
        stdout.write_text("")
        stderr.write_text("")
        processes.append(Ended(0, looks=10**9))
        return processes[-1]

    work = sweeping.Sweeping(
        plan=Plan.of(found, Project.find()),
        parent=NoParent(),
        project=Project.find(),
        wishes=sweeping.SweepWishes(jobs=2, should_stop=lambda: len(processes) == 2),
        start=start,
    )
    cells = work.carry_out()
    assert [str(cell.state) for cell in cells] == ["interrupted"] * 2 + ["waiting"] * 2
    assert [process.code for process in processes] == [130, 130]


def test_what_is_no_sweep_is_refused(run_json, sweep):
    said = run_json("sweep", "grid.gfs:corner")
    assert said.codes == ["GFS600"]
    assert said.code == 2
    assert run_json("sweep", "grid.gfs:rats").code == 2


def test_children_are_called_with_the_point_and_one_journal_each(sweep):
    sweep("--limit", "1", "-s", "train.batch=4")
    (arguments,) = sweep.started
    assert arguments[0] == "run"
    assert arguments[1].endswith("grid.gfs:corner")
    given = [b for a, b in pairwise(arguments) if a == "-s"]
    assert set(given[:2]) == {"train.optimizer.lr=1e-3", "train.seed=0"}
    assert given[2:4] == ["train.batch=4", "track.backend=none"]
    assert "--offline" in arguments
