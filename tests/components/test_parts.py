"""Residuals, exploration, schedules, backward rules, devices and optimisers."""

from __future__ import annotations

import math

import pytest
import torch
from tables import TABLES
from walks import pack, random_walks

from gflowspec.components.backward.maxent import MaximumEntropyBackward
from gflowspec.components.backward.tlm import TrajectoryLikelihoodMaximization
from gflowspec.components.backward.uniform import UniformBackward
from gflowspec.components.contracts import BackwardFacts
from gflowspec.components.devices.auto import Auto
from gflowspec.components.devices.cpu import CPU
from gflowspec.components.devices.cuda import CUDA
from gflowspec.components.discover import vocabulary
from gflowspec.components.exploration.epsilon import Epsilon
from gflowspec.components.exploration.tempered import Tempered
from gflowspec.components.optimizers.adam import Adam
from gflowspec.components.residuals.huber import Huber
from gflowspec.components.residuals.squared import Squared
from gflowspec.components.schedules.constant import Constant
from gflowspec.components.schedules.cosine import Cosine
from gflowspec.components.schedules.exponential import Exponential
from gflowspec.components.schedules.half_life import HalfLife
from gflowspec.components.schedules.linear import Linear
from gflowspec.core.errors import UsageError

POINTS = torch.tensor([-3.0, -0.5, 0.0, 1.0, 4.0], dtype=torch.float64)


def test_squared():
    assert Squared().rho(POINTS).tolist() == [9.0, 0.25, 0.0, 1.0, 16.0]


@pytest.mark.parametrize("delta", [0.5, 1.0, 2.0])
def test_huber(delta):
    expected = [
        d * d / 2 if abs(d) <= delta else delta * (abs(d) - delta / 2) for d in POINTS.tolist()
    ]
    assert Huber(delta=delta).rho(POINTS).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("name", vocabulary().names("residual"))
def test_every_residual_is_zero_at_zero_alone_and_smooth(name):
    residual = vocabulary().find("residual", name)()
    rho = residual.rho(POINTS)
    assert (rho[POINTS != 0] > 0).all()
    assert rho[2] == 0
    points = POINTS.clone().requires_grad_()
    torch.autograd.gradcheck(residual.rho, points[[0, 1, 2, 4]])


# ---- exploration --------------------------------------------------------------------------------

LOGITS = torch.tensor([[1.0, 2.0, 0.5, -1.0]] * 3, dtype=torch.float64)
#: All legal; no stop; only stop.
MASK = torch.tensor(
    [[True, True, False, True], [True, False, True, False], [False, False, False, True]]
)


def policy():
    return LOGITS.masked_fill(~MASK, -math.inf).softmax(-1)


@pytest.mark.parametrize(
    ("actions", "explored"),
    [
        ("any", [[1 / 3, 1 / 3, 0, 1 / 3], [1 / 2, 0, 1 / 2, 0], [0, 0, 0, 1]]),
        ("stop", [[0, 0, 0, 1], None, [0, 0, 0, 1]]),
        ("moves", [[1 / 2, 1 / 2, 0, 0], [1 / 2, 0, 1 / 2, 0], None]),
    ],
)
def test_epsilon_mixes_in_the_explored_actions(actions, explored):
    exploration = Epsilon(probability=0.3, actions=actions)
    behaviour = exploration.behaviour(LOGITS, MASK, has_stop=True).softmax(-1)
    assert not exploration.is_policy
    for row, target, law in zip(behaviour, explored, policy(), strict=True):
        uniform = law if target is None else torch.tensor(target, dtype=torch.float64)
        torch.testing.assert_close(row, 0.7 * law + 0.3 * uniform)


def test_without_a_stop_column_the_last_action_is_a_move():
    mask = MASK[:1]
    moves = Epsilon(probability=1.0, actions="moves").behaviour(LOGITS[:1], mask, has_stop=False)
    torch.testing.assert_close(moves.softmax(-1)[0, 3], torch.tensor(1 / 3, dtype=torch.float64))
    stop = Epsilon(probability=1.0, actions="stop").behaviour(LOGITS[:1], mask, has_stop=False)
    torch.testing.assert_close(stop.softmax(-1), policy()[:1])


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 0.4), (25, 0.3), (50, 0.2), (100, 0.0), (1000, 0.0)]
)
def test_exploration_follows_its_schedule(step, expected):
    explored = Epsilon(probability=0.4, actions="moves", schedule=Linear()).at(step, 100)
    assert explored.probability == pytest.approx(expected)
    assert explored.actions == "moves"
    assert explored.is_policy == (expected == 0.0)


def test_a_schedule_never_explores_more_than_always():
    growing = Epsilon(probability=0.5, schedule=Linear(start=1.0, end=9.0))
    assert growing.at(100, 100).probability == 1.0


def test_exploration_without_a_schedule_stays():
    for exploration in (Epsilon(probability=0.1), Tempered(policy_temperature=2.0)):
        assert exploration.at(7, 100) is exploration


@pytest.mark.parametrize("exploration", [Epsilon(), Tempered()])
def test_no_exploration_is_the_policy(exploration):
    assert exploration.is_policy
    logits = exploration.behaviour(LOGITS, MASK, has_stop=True)
    torch.testing.assert_close(logits.softmax(-1), policy())


def test_tempered_divides_logits():
    hot = Tempered(policy_temperature=2.0)
    assert not hot.is_policy
    expected = (LOGITS / 2).masked_fill(~MASK, -math.inf).softmax(-1)
    torch.testing.assert_close(hot.behaviour(LOGITS, MASK, has_stop=True).softmax(-1), expected)


@pytest.mark.parametrize("name", vocabulary().names("exploration"))
def test_no_exploration_takes_an_illegal_action(name):
    for exploration in (vocabulary().find("exploration", name)(), Epsilon(probability=1.0)):
        logits = exploration.behaviour(torch.full_like(LOGITS, 1e4), MASK, has_stop=True)
        assert (logits[~MASK] == -math.inf).all()
        assert (logits[MASK] > -math.inf).all()


# ---- schedules ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        (Constant(), [1, 1, 1, 1]),
        (Exponential(gamma=0.5), [1, 0.5, 0.25, 0.125]),
        (HalfLife(iterations=2), [1, 0.5**0.5, 0.5, 0.5**1.5]),
        (Linear(), [1, 0.75, 0.5, 0.25]),
        (Linear(start=0.0, end=2.0, steps=2), [0, 1, 2, 2]),
        (Cosine(), [1, (1 + 0.5**0.5) / 2, 0.5, (1 - 0.5**0.5) / 2]),
        (Cosine(steps=2), [1, 0.5, 0, 0]),
    ],
)
def test_schedules(schedule, factors):
    assert [schedule.factor(step, 4) for step in range(4)] == pytest.approx(factors)


# ---- backward rules -----------------------------------------------------------------------------


def test_uniform_counts_the_choices_of_the_child():
    log_pb = UniformBackward().log_pb(BackwardFacts(choices=torch.tensor([1, 2, 5])))
    assert log_pb.exp().tolist() == pytest.approx([1, 0.5, 0.2])
    assert log_pb.dtype == torch.float64


def test_maxent_is_a_ratio_of_path_counts():
    facts = BackwardFacts(
        choices=torch.tensor([2]),
        log_paths_parent=torch.tensor([3.0]).log(),
        log_paths_child=torch.tensor([4.0]).log(),
    )
    assert MaximumEntropyBackward().log_pb(facts).exp().tolist() == pytest.approx([0.75])
    with pytest.raises(TypeError, match="path counts"):
        MaximumEntropyBackward().log_pb(BackwardFacts(choices=torch.tensor([2])))


def test_tlm_is_the_mean_over_trajectories_of_sums_over_edges():
    packed = pack(TABLES["grid 5x5"](), random_walks(TABLES["grid 5x5"](), 10, seed=1))
    log_pb = -torch.arange(1.0, len(packed.edges) + 1).double()
    rule = TrajectoryLikelihoodMaximization(lr=0.1)
    loss = rule.loss(packed.trajectories, log_pb)
    assert float(loss) == pytest.approx(-float(log_pb.sum()) / 10)


def test_tlm_says_how_it_is_optimised():
    rule = TrajectoryLikelihoodMaximization(lr=0.1, lr_decay=0.5, target_tau=1.0, update="after")
    found = rule.optimisation
    assert (found.lr, found.lr_decay, found.target_tau, found.before) == (0.1, 0.5, 1.0, False)
    assert TrajectoryLikelihoodMaximization(lr=0.1).optimisation.before


# ---- devices, optimisers ------------------------------------------------------------------------


def test_devices(monkeypatch):
    assert CPU().resolve() == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert Auto().resolve() == "cpu"
    with pytest.raises(UsageError, match=r"cuda\(1\)"):
        CUDA(index=1).resolve()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert Auto().resolve() == "cuda:0"
    assert CUDA(index=1).resolve() == "cuda:1"


def test_adam_takes_its_settings():
    weight = torch.nn.Parameter(torch.ones(2))
    other = torch.nn.Parameter(torch.ones(2))
    adam = Adam(lr=0.5, weight_decay=0.25, betas=(0.5, 0.75), eps=0.125)
    made = adam.make([{"params": [weight]}, {"params": [other], "lr": 2.0}])
    assert [group["lr"] for group in made.param_groups] == [0.5, 2.0]
    group = made.param_groups[0]
    assert (group["betas"], group["eps"], group["weight_decay"]) == ((0.5, 0.75), 0.125, 0.25)
    assert group["fused"]
