"""A run that is killed and resumed is the uninterrupted run, bit for bit."""

import pytest
import torch

from gflowspec.components.exploration.epsilon import Epsilon
from gflowspec.components.metrics.correlation import Spearman
from gflowspec.components.metrics.diversity import Diversity
from gflowspec.components.metrics.exact_bounds import Regret
from gflowspec.components.metrics.exact_distances import ExactTotalVariation
from gflowspec.components.metrics.trajectories import ELBO
from gflowspec.components.metrics.visited import MeanReward, TopK, UniqueObjects
from gflowspec.components.replay.objects import ObjectReplay
from gflowspec.components.schedules.cosine import Cosine
from gflowspec.core.errors import CheckpointMismatch
from gflowspec.executor import checkpoint
from gflowspec.executor.trainer import train
from tests.executor.experiments import (
    CELLS,
    STOPPING,
    experiment_of,
    optimiser_state,
    same,
    snapshot,
)
from tests.executor.worlds import Grid, Slots

METRICS = [
    (7, ExactTotalVariation(), Regret(), ELBO(samples=20)),
    (5, UniqueObjects(), TopK(k=3), MeanReward(samples=30)),
]


def fresh(objective, rule, world, **settings):
    settings = {"steps": 24, "metrics": METRICS, "schedule": Cosine(), "ema": 0.9} | settings
    return experiment_of(world, objective, rule, explore=Epsilon(probability=0.1), **settings)


def everything(experiment):
    return {
        "networks": snapshot(experiment.networks),
        "backward target": snapshot(experiment.backward_target),
        "forward target": snapshot(experiment.forward_target),
        "average": snapshot(experiment.average),
        "forward": moments(experiment.forward_optimizer),
        "backward": moments(experiment.backward_optimizer),
        "noise": {name: item.get_state() for name, item in experiment.generators.items()},
    }


def moments(optimizer):
    """Moments in the order of the parameters, comparable between two processes."""
    return {str(i): value for i, value in enumerate(optimiser_state(optimizer).values())}


def collector(rows):
    def record(step, values):
        kept = {name: value for name, value in values.items() if not name.startswith("perf/")}
        rows.setdefault(step, {}).update(kept)

    return record


@pytest.mark.parametrize(
    ("objective", "rule", "killed", "world"),
    [
        (
            objective,
            rule,
            2 + (7 * number) % 21,
            Grid(2, 4) if number % 2 or objective in STOPPING else Slots(3, 2),
        )
        for number, (objective, rule) in enumerate(CELLS)
    ],
)
def test_a_resumed_run_is_the_uninterrupted_one(tmp_path, objective, rule, killed, world):
    whole, rows = fresh(objective, rule, world), {}
    expected = train(whole, record=collector(rows))
    first, again, steps = fresh(objective, rule, world), {}, []
    train(
        first,
        record=collector(again),
        checkpoint_dir=tmp_path,
        should_stop=lambda: steps.append(0) or len(steps) >= killed,
    )
    second = fresh(objective, rule, world)
    found = train(second, record=collector(again), checkpoint_dir=tmp_path, resume_from=tmp_path)
    assert found.steps == 24
    one, two = everything(whole), everything(second)
    for part in one:
        assert same(one[part], two[part]), part
    assert again == rows
    assert found.metrics == expected.metrics
    assert found.exact == expected.exact


def test_a_checkpoint_of_another_experiment_is_refused(tmp_path):
    train(fresh("tb", "tlm", Grid(2, 4)), checkpoint_dir=tmp_path)
    for other in (("tb", "uniform"), ("db", "tlm")):
        with pytest.raises(CheckpointMismatch):
            train(fresh(*other, Grid(2, 4)), resume_from=tmp_path)
    with pytest.raises(CheckpointMismatch):
        train(fresh("tb", "tlm", Grid(2, 5)), resume_from=tmp_path)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    train(fresh("tb", "tlm", Grid(2, 4)), checkpoint_dir=tmp_path, identity={"run_hash": "1/aa"})
    with pytest.raises(CheckpointMismatch, match="1/aa"):
        train(fresh("tb", "tlm", Grid(2, 4)), resume_from=tmp_path, identity={"run_hash": "1/bb"})


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    torch.save({"format": 0}, tmp_path / "checkpoint.pt")
    with pytest.raises(CheckpointMismatch):
        checkpoint.load(tmp_path)


def test_a_checkpoint_survives_a_kill_between_its_two_renames(tmp_path):
    checkpoint.save(tmp_path, {"step": 1})
    checkpoint.save(tmp_path, {"step": 2})
    (tmp_path / checkpoint.NEWEST).unlink()
    assert checkpoint.load(tmp_path)["step"] == 1


def test_a_failed_write_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    checkpoint.save(tmp_path, {"step": 1})

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="space"):
        checkpoint.save(tmp_path, {"step": 2})
    monkeypatch.undo()
    assert checkpoint.load(tmp_path)["step"] == 1
    assert [path.name for path in tmp_path.iterdir()] == [checkpoint.NEWEST]


def test_a_checkpoint_holds_tensors_and_plain_containers_only(tmp_path):
    """``weights_only`` refuses anything else, so that opening one never runs code."""
    train(fresh("subtb", "tlm", Grid(2, 4)), checkpoint_dir=tmp_path)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert state["step"] == 24


@pytest.mark.parametrize("kept", [0, 40])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, kept):
    checkpoint.save(tmp_path, {"step": 1})
    newest = checkpoint.save(tmp_path, {"step": 2})
    assert checkpoint.load(tmp_path)["step"] == 2
    newest.write_bytes(newest.read_bytes()[:kept])
    assert checkpoint.load(newest)["step"] == 1
    (tmp_path / checkpoint.PREVIOUS).write_bytes(b"")
    with pytest.raises(CheckpointMismatch, match="damaged"):
        checkpoint.load(tmp_path)


def test_there_is_a_checkpoint_at_every_moment(tmp_path, monkeypatch):
    checkpoint.save(tmp_path, {"step": 1})
    seen = []
    replace = type(tmp_path).replace

    def watched(self, target):
        seen.append(checkpoint.load(tmp_path)["step"])
        return replace(self, target)

    monkeypatch.setattr(type(tmp_path), "replace", watched)
    checkpoint.save(tmp_path, {"step": 2})
    assert seen == [1, 1]
    assert checkpoint.load(tmp_path)["step"] == 2


@pytest.mark.parametrize("world", [Grid(2, 4), Slots(3, 2)], ids=["stop", "forced"])
def test_stored_objects_and_the_best_ones_survive(world, tmp_path):
    settings = {"replay": ObjectReplay(size=30), "metrics": [(5, Diversity(k=5), Spearman())]}
    whole, rows = fresh("tb", "tlm", world, **settings), {}
    train(whole, record=collector(rows))
    first, again = fresh("tb", "tlm", world, **settings), {}
    calls = iter(range(24))
    train(first, record=collector(again), checkpoint_dir=tmp_path,
          should_stop=lambda: next(calls) == 11)  # fmt: skip
    second = fresh("tb", "tlm", world, **settings)
    train(second, record=collector(again), resume_from=tmp_path)
    for name, found in everything(second).items():
        assert same(everything(whole)[name], found), name
    assert {row: values for row, values in rows.items() if row > 20} == {
        row: values for row, values in again.items() if row > 20
    }
