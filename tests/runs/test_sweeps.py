"""Frozen plans, ledgers and the loop of a sweep, without processes."""

import queue
from pathlib import Path

import attrs
import pytest

from gflowspec.compiler.front import check_experiment
from gflowspec.components.discover import vocabulary
from gflowspec.lang.spec import load
from gflowspec.runs.frozen import freeze_sweep
from gflowspec.runs.job import Job
from gflowspec.runs.prior import Prior, Work
from gflowspec.runs.sweeps.conduct import Conductor
from gflowspec.runs.sweeps.ledger import Entry, Ledger, State, standing, waiting
from gflowspec.runs.sweeps.plan import SweepFolder, freeze, plan_of, sweep_folders
from gflowspec.runs.sweeps.pool import Handle, Message
from gflowspec.tracking.project import Project
from gflowspec.tracking.rundir import Run, RunInfo

SPEC = """gfs 1.0

environment Grid(side: int[2..64] = 3) {
  state { x: array[2] of int[0..side - 1] = 0 }
  action step(i in index(x)) { x[i] += 1 }
  stop
}

reward Corner(ground: real(0..) = 1 / 2) for Grid { R = ground + x[0] * x[1] }

experiment corner {
  environment = Grid()
  reward = Corner()
  objective = tb()
  policy { encoder = mlp(hidden = [8]) }
  train { trajectories = 16  batch = 8 }
}

sweep s of corner {
  grid policy.backward = [uniform, tlm(lr_decay = 0.9)]
  zip (objective, environment.side) = [(tb(lr_z = 1e-2), 3), (subtb(lambda = 0.8), 4)]
  seeds 1..2
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".gflowspec").mkdir()
    (tmp_path / "grid.gfs").write_text(SPEC)
    return tmp_path


def frozen(folder, *overrides, text=None):
    path = folder / "grid.gfs"
    if text is not None:
        path.write_text(text)
    spec, found = load(str(path), overrides, vocabulary())
    assert spec is not None, found
    project = Project(folder)
    return freeze_sweep(spec, "s", spec_path=str(path), project=project, overrides=overrides)


# ---- the plan -----------------------------------------------------------------------------------


def test_the_overrides_of_a_cell_alone_give_its_run(folder):
    """``resume`` and ``sample`` find a cell again without knowing of the sweep."""
    made = frozen(folder, "train.batch=4")
    assert len(made.runs) == 8
    for item in made.runs:
        spec, _ = load(str(folder / "grid.gfs"), item.job.overrides, vocabulary())
        checked, found = check_experiment(spec, "corner")
        assert checked is not None, found
        again = Job.of(spec, checked, spec_path="", overrides=item.job.overrides)
        assert again.hashes == item.job.hashes


def test_the_same_content_is_one_plan_and_another_content_another(folder):
    project = Project(folder)
    first = freeze(frozen(folder), project)
    again = freeze(frozen(folder), project)
    assert again == first  # the time of its creation included: it was read, not written
    assert SweepFolder.read(first.path).plan == first.plan
    assert first.spec.read_text() == SPEC
    spaced = freeze(
        frozen(folder, text=SPEC.replace("seeds", "  seeds") + "\n# nothing\n"), project
    )
    assert spaced.plan.id == first.plan.id
    longer = freeze(frozen(folder, text=SPEC.replace("1..2", "1..3")), project)
    assert longer.plan.id != first.plan.id
    measured = SPEC.replace("  train {", "  evaluate.final = [tv_exact()]\n  train {")
    assert plan_of(frozen(folder, text=measured)).digest != first.plan.digest
    assert {item.plan.id for item in sweep_folders(project)} == {first.plan.id, longer.plan.id}


def test_a_torn_plan_is_written_again(folder):
    project = Project(folder)
    first = freeze(frozen(folder), project)
    (first.path / "plan.json").write_text("{")
    assert freeze(frozen(folder), project).plan.digest == first.plan.digest
    assert SweepFolder.read(first.path).plan.cells == first.plan.cells


# ---- where cells stand --------------------------------------------------------------------------


def run_of(folder, run_id):
    info = RunInfo(run_id=run_id, name="n", experiment="corner", hashes={}, created=1.0)
    return Run(folder, info)


@pytest.fixture
def plan(folder):
    return plan_of(frozen(folder))


def test_where_cells_stand_when_a_call_begins(folder, plan):
    cells = [cell.hash for cell in plan.cells]
    run = run_of(folder, "r")
    new, cached = Prior(work=Work.NEW, reason=""), Prior(work=Work.CACHED, reason="", run=run)
    half = Prior(work=Work.RESUMABLE, reason="", run=run)
    alive = Prior(work=Work.RUNNING, reason="", run=run)
    told = {
        cells[0]: (Entry(), new, State.WAITING),
        cells[1]: (Entry(), cached, State.CACHED),  # somebody else trained it
        cells[2]: (Entry(state=State.DONE, run_id="r"), cached, State.DONE),
        cells[3]: (Entry(state=State.RUNNING, run_id="r"), half, State.WAITING),
        cells[4]: (Entry(state=State.FAILED, reason="why"), new, State.FAILED),
        cells[5]: (Entry(state=State.KILLED), half, State.KILLED),
        cells[6]: (Entry(state=State.FAILED), cached, State.CACHED),  # run by hand since
        cells[7]: (Entry(), alive, State.ELSEWHERE),
    }
    ledger = Ledger(folder / "ledger.json", {key: item[0] for key, item in told.items()})
    priors = {key: item[1] for key, item in told.items()}
    found = standing(plan, ledger, priors)
    assert {key: item.state for key, item in found.items()} == {
        key: item[2] for key, item in told.items()
    }
    assert found[cells[4]].reason == "why"
    assert waiting(plan, found) == (cells[0], cells[3])
    again = standing(plan, ledger, priors, retry=True)
    assert waiting(plan, again) == (cells[0], *cells[3:6])
    assert waiting(plan, again, only={cells[4], cells[5]}, limit=1) == (cells[4],)


def test_a_ledger_is_read_as_it_was_written_and_a_damaged_one_is_empty(tmp_path):
    ledger = Ledger.read(tmp_path)
    ledger.set("a", Entry(state=State.KILLED, run_id="r", reason="why"))
    assert Ledger.read(tmp_path)["a"] == Entry(state=State.KILLED, run_id="r", reason="why")
    (tmp_path / "ledger.json").write_text('{"a": {"state": "lost"}}')
    assert Ledger.read(tmp_path)["a"] == Entry()


# ---- the loop -----------------------------------------------------------------------------------


class Script:
    """Workers that do what is written down for each cell."""

    def __init__(self, ends, dies_at_start=()):
        self.ends, self.dies_at_start = ends, dies_at_start
        self.inbox, self.workers = queue.Queue(), {}
        self.given, self.starts = [], 0

    def say(self, number, event, **values):
        self.inbox.put(Message(number, {"event": event, **values}))

    def start(self, number):
        self.starts += 1
        self.workers[number] = Worker(number, self)
        if number in self.dies_at_start:
            self.say(number, "gone", code=1)
        else:
            self.say(number, "ready")

    def give(self, handle, cell):
        handle.cell = cell
        self.given.append(cell)
        self.say(handle.number, "started", cell=cell)
        match self.ends[cell]:
            case "killed":
                self.say(handle.number, "gone", code=-9)
            case "broken":
                self.say(handle.number, "broken", cell=cell, reason="why")
            case outcome:
                self.say(
                    handle.number, "ended", cell=cell, run_id="r", outcome=outcome, reason=outcome
                )

    def end(self):
        for handle in self.workers.values():
            handle.close()

    def kill(self):
        assert not self.workers


class Worker(Handle):
    def __init__(self, number, script):
        super().__init__(number, None)
        self.script = script

    def close(self):
        if self.cell is None:
            self.script.say(self.number, "gone", code=0)


@attrs.define
class Seen:
    states: list = attrs.field(factory=list)

    def cell(self, _cell, entry):
        self.states.append(str(entry.state))

    def progress(self, *_):
        """Not told."""


def conducted(folder, plan, script, *, keep_going=True, stop=lambda: False, processes=1):
    closed = []
    ledger = Ledger(folder / "ledger.json")
    conductor = Conductor(
        folder=SweepFolder(folder, plan),
        ledger=ledger,
        pool=script,
        watcher=Seen(),
        should_stop=stop,
        on_ended=closed.append,
        close_dead=lambda _cell: "dead",
        keep_going=keep_going,
    )
    conductor.run([cell.hash for cell in plan.cells], processes)
    assert Ledger.read(folder).entries == ledger.entries
    return ledger, conductor, closed


def test_every_cell_is_given_once_and_a_killed_worker_is_replaced(folder, plan):
    cells = [cell.hash for cell in plan.cells]
    ends = dict.fromkeys(cells, "finished") | {cells[1]: "killed", cells[2]: "failed"}
    script = Script(ends | {cells[4]: "broken"})
    ledger, _, ended = conducted(folder, plan, script, processes=2)
    assert sorted(script.given) == sorted(cells)
    assert sorted(ended) == sorted(cells)
    found = [str(ledger[cell].state) for cell in cells]
    expected = ["done", "killed", "failed", "done", "failed", *["done"] * 3]
    assert found == expected
    assert ledger[cells[1]].run_id == "dead"
    assert "SIGKILL" in ledger[cells[1]].reason
    assert script.starts == 3


def test_without_keep_going_nothing_is_started_after_a_failure(folder, plan):
    cells = [cell.hash for cell in plan.cells]
    script = Script(dict.fromkeys(cells, "finished") | {cells[2]: "broken"})
    ledger, _, _ = conducted(folder, plan, script, keep_going=False)
    assert script.given == cells[:3]
    assert ledger[cells[3]] == Entry()


def test_an_end_that_was_asked_for_leaves_cells_to_be_continued(folder, plan):
    cells = [cell.hash for cell in plan.cells]
    script = Script(dict.fromkeys(cells, "finished") | {cells[1]: "interrupted"})
    ledger, _, _ = conducted(folder, plan, script, stop=lambda: len(script.given) == 2)
    assert script.given == cells[:2]
    assert ledger[cells[1]].state is State.INTERRUPTED


def test_workers_that_cannot_start_end_the_call(folder, plan):
    script = Script({}, dies_at_start={0, 1})
    _, conductor, _ = conducted(folder, plan, script, processes=2)
    assert conductor.could_not_start
    assert not script.given
    assert script.starts <= 4
