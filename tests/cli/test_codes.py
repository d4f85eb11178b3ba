"""The codes that no program shows: each is provoked in another way."""

import hashlib
import json
from pathlib import Path

import attrs
import pytest
from compiler.proofs import worlds
from runs.past import leave

import gflowspec
from cli.test_trust import SPEC
from gflowspec.compiler.algebra.terms import FALSE
from gflowspec.compiler.environment import Environment
from gflowspec.compiler.obligations.ground import full_ground
from gflowspec.compiler.obligations.parents import check_parents
from gflowspec.core.codes import CODES
from gflowspec.core.errors import SpecInvalid
from gflowspec.semantics.machine import State
from gflowspec.tracking.base import Status, TrackingSummary
from gflowspec.tracking.null import NullTracker
from gflowspec.tracking.project import Project

DEAD_END = """gfs 1.0
environment E() {
  state { x: array[2] of int[0..1] = 0 }
  action add(i in index(x)) when x[0] == 0 { x[i] += 1 }
  stop when x[0] == 0
}
reward R() for E { R = 1 + x[1] }
"""
NO_STORE = ("--tracker", "none")


def too_large(ask):
    Path("large.gfs").write_text("gfs 1.0\n" + "#" * 2**20)
    return ask("check", "large.gfs")


def a_lost_inverse(_):
    """A derived action whose backward mask was lost."""
    derived = worlds.derived(worlds.HYPERGRID)
    broken = [attrs.evolve(action, backward_mask=FALSE) for action in derived.actions]
    ground = full_ground(attrs.evolve(derived, actions=tuple(broken)), (), 1_000)
    return check_parents(ground).diagnostics


def a_wrong_result(ask):
    code = b"def score(x):\n    return -1.0\n"
    Path("scoring.py").write_bytes(code)
    Path("spec.gfs").write_text(SPEC.replace("SETTINGS", "pure = true"))
    trusted = hashlib.sha256(code).hexdigest()
    return ask("run", "spec.gfs", *NO_STORE, "--trust", f"sha256:{trusted}")


def divergence(ask):
    return ask("run", "grid.gfs", *NO_STORE, "-s", "train.optimizer.lr=1e30")


def another_specification(ask):
    done = ask("run", "grid.gfs", *NO_STORE, "-s", "train.steps=1").json
    file = Path(".gflowspec/runs") / done["run_id"] / "run.json"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps(kept | {"hashes": kept["hashes"] | {"run": "run:1/00"}}))
    return ask("resume", done["run_id"])


def a_dead_end(_):
    """The way of a run that was started without proofs."""
    derived = worlds.derived(DEAD_END)
    (reward,) = worlds.instance(DEAD_END).rewards
    environment = Environment.of(derived, reward, backend="watched")
    state: State = ((1, 0),)
    with pytest.raises(SpecInvalid) as error:
        environment.forward_mask(environment.encode([((0, 0),), state]))
    assert "x = [1, 0]" in error.value.diagnostics[0].message
    return error.value.diagnostics


class Unreachable(NullTracker):
    """A tracker whose store takes nothing."""

    def finish(self, status: Status, outcome: str) -> TrackingSummary:
        return TrackingSummary(accepted=3, unsent=3, uri="http://localhost:1", message="sync it")


def an_unreachable_store(_):
    spec = gflowspec.load("grid.gfs", overrides={"train.trajectories": 8})
    return gflowspec.run(gflowspec.compile(spec), tracker=Unreachable()).diagnostics


def an_unwritable_folder(ask):
    Path(".gflowspec/runs").write_text("in the way")
    return ask("run", "grid.gfs", *NO_STORE)


def two_experiments(ask):
    text = Path("grid.gfs").read_text()
    Path("two.gfs").write_text(text + "experiment other extends corner { train.seed = 1 }\n")
    return ask("plan", "two.gfs")


def a_bug(ask, monkeypatch):
    def broken(*_arguments, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr("gflowspec.cli.check._judge", broken)
    return ask("check", "grid.gfs")


ARM = "policy__backward"


def said_of(ask, *argv):
    """All findings of a comparison of the runs that were left, warnings too."""
    return tuple(item["code"] for item in ask("compare", "grid", *argv).json["diagnostics"])


def two_tasks(ask):
    leave(Project.find(), task="a")
    leave(Project.find(), task="b")
    return said_of(ask)


def an_unfinished_run(ask):
    leave(Project.find(), train__seed=1)
    leave(Project.find(), train__seed=2, status=Status.FAILED)
    return said_of(ask)


def five_and_six_seeds(ask):
    for seed in range(1, 7):
        leave(Project.find(), train__seed=seed, **{ARM: "uniform"})
        if seed < 6:
            leave(Project.find(), train__seed=seed, **{ARM: "tlm"})
    return said_of(ask)


def no_run_that_finished(ask):
    leave(Project.find(), status=Status.FAILED)
    return said_of(ask)


def two_perfect_samplers(ask):
    for seed in range(1, 6):
        found = {"tv_empirical": 0.2 + 0.001 * seed, "tv_empirical.floor": 0.2}
        for rule in ("uniform", "tlm"):
            leave(Project.find(), metrics=found, train__seed=seed, **{ARM: rule})
    return said_of(ask, "--metric", "tv_empirical", "--against", "policy.backward=uniform")


def two_arms_in_one_group(ask):
    for rule in ("uniform", "tlm"):
        leave(Project.find(), **{ARM: rule})
    return said_of(ask, "--by", "objective")


def one_seed_each(ask):
    for rule in ("uniform", "tlm"):
        leave(Project.find(), **{ARM: rule})
    return said_of(ask)


HUGE = "policy.encoder=mlp(hidden=[10_000_000, 10_000_000])"  # 400 TB of weights

CASES = {
    "GFS008": too_large,
    "GFS215": a_wrong_result,
    "GFS311": a_lost_inverse,
    "GFS420": two_tasks,
    "GFS421": an_unfinished_run,
    "GFS422": five_and_six_seeds,
    "GFS423": no_run_that_finished,
    "GFS424": two_perfect_samplers,
    "GFS425": two_arms_in_one_group,
    "GFS426": one_seed_each,
    "GFS501": divergence,
    "GFS502": another_specification,
    "GFS503": a_dead_end,
    "GFS504": an_unreachable_store,
    "GFS505": an_unwritable_folder,
    "GFS506": lambda ask: ask("run", "grid.gfs", *NO_STORE, "-s", HUGE),
    "GFS600": lambda ask: ask("chekc", "grid.gfs"),
    "GFS601": lambda ask: ask("check", "gird.gfs"),
    "GFS602": lambda ask: ask("show", "nothing"),
    "GFS603": lambda ask: ask("check", "grid.gfs", "-s", "train.steps"),
    "GFS604": two_experiments,
    "GFS700": a_bug,
}


@pytest.mark.parametrize("code", CASES)
def test_a_code_without_a_program_is_said(code, project, run_json, monkeypatch):
    case = CASES[code]
    wants_patch = case.__code__.co_argcount > 1
    found = case(run_json, monkeypatch) if wants_patch else case(run_json)
    if isinstance(found, tuple):
        told = [item if isinstance(item, str) else item.code for item in found]
    else:
        told = found.codes
    assert told == [code]


def test_each_code_without_a_program_has_a_case():
    assert CASES.keys() == {code.code for code in CODES.values() if code.without_program}
