"""Dropout acts in training alone, and its noise comes back with a checkpoint."""

import pytest
import torch

from gflowspec.components.encoders.transformer import Transformer
from gflowspec.executor.dropout import dropping
from gflowspec.executor.trainer import train
from tests.executor.experiments import experiment_of, same
from tests.executor.test_resume import everything
from tests.executor.worlds import Slots

ENCODER = Transformer(width=8, heads=2, layers=1, feed_forward=8, dropout=0.3)
STATES = torch.tensor([[0, 1, 0], [2, 0, 1]])


def fresh(objective="tb", rule="tlm", **settings):
    settings = {"encoder": ENCODER, "steps": 8, "ema": 0.9} | settings
    return experiment_of(Slots(3, 2), objective, rule, **settings)


def test_copies_and_evaluation_never_drop():
    experiment = fresh("soft_dqn")
    copies = (experiment.backward_target, experiment.forward_target, experiment.average)
    for networks in (experiment.networks, *copies):
        assert not any(part.training for part in networks.modules())
    with dropping(experiment):
        for networks in copies:
            assert not any(part.training for part in networks.modules())
        assert all(part.training for part in experiment.networks.modules())
        one, two = (experiment.networks.values("forward", STATES) for _ in range(2))
        assert not torch.equal(one, two)
    one, two = (experiment.networks.values("forward", STATES) for _ in range(2))
    assert torch.equal(one, two)


def test_the_generator_of_torch_is_left_alone():
    experiment, before = fresh(), torch.get_rng_state()
    with dropping(experiment):
        experiment.networks.values("forward", STATES)
    assert torch.equal(torch.get_rng_state(), before)


def test_an_error_ends_it():
    experiment, before = fresh(), torch.get_rng_state()
    with pytest.raises(IndexError), dropping(experiment):
        experiment.networks.values("forward", STATES + 9)
    assert torch.equal(torch.get_rng_state(), before)
    assert not experiment.networks.training


@pytest.mark.parametrize(
    ("objective", "rule"), [("tb", "tlm"), ("subtb", "naive"), ("soft_dqn", "pessimistic")]
)
def test_a_resumed_run_is_the_uninterrupted_one(tmp_path, objective, rule):
    whole, first, second = (fresh(objective, rule) for _ in range(3))
    train(whole)
    asked = iter(range(1, 99))
    train(first, checkpoint_dir=tmp_path, should_stop=lambda: next(asked) == 5)
    torch.manual_seed(123)
    train(second, resume_from=tmp_path)
    one, two = everything(whole), everything(second)
    assert all(same(one[name], two[name]) for name in one)


def test_the_noise_is_that_of_the_seed_and_no_other():
    one, two, other = fresh(), fresh(), fresh()
    other.generators["dropout"].manual_seed(1)
    torch.manual_seed(5)
    train(one)
    torch.manual_seed(6)
    train(two)
    train(other)
    first, second = (everything(item)["networks"] for item in (one, two))
    assert same(first, second)
    assert not same(first, everything(other)["networks"])
