"""Rollouts follow the policy; packing keeps valid states only."""

import math
from collections import Counter

import pytest
import torch

from gflowspec.components.encoders.tabular import Tabular
from gflowspec.components.exploration.epsilon import Epsilon
from gflowspec.components.exploration.tempered import Tempered
from gflowspec.executor import sampling
from gflowspec.executor.estimates import log_probabilities
from gflowspec.executor.packing import pack
from gflowspec.executor.rollout import rollout
from tests.executor.experiments import experiment_of
from tests.executor.worlds import Grid, Slots


def randomised(world, seed=0, **settings):
    """A tabular policy with random logits."""
    experiment = experiment_of(world, encoder=Tabular(), precision="float64", **settings)
    weight = experiment.networks.head("forward").weight
    torch.nn.init.normal_(weight.data, generator=torch.Generator().manual_seed(seed))
    return experiment


def paths(experiment, behaviour=None):
    """Probability of every trajectory, by walking all of them."""
    world, networks = experiment.environment, experiment.networks
    found = {}

    def walk(state, taken, log_p):
        states = torch.tensor([state])
        mask = world.forward_mask(states)
        values = networks.values("forward", states).t()
        if behaviour is not None:
            values = behaviour.behaviour(values, mask, has_stop=world.has_stop)
        logs = log_probabilities(values.t(), mask.t())[:, 0]
        for action in mask[0].nonzero().squeeze(1).tolist():
            after, done = world.step(states, torch.tensor([action]))
            log_q = log_p + logs[action].item()
            if done[0]:
                found[(*taken, action)] = math.exp(log_q)
            else:
                walk(tuple(after[0].tolist()), (*taken, action), log_q)

    walk(tuple(world.source(1)[0].tolist()), (), 0.0)
    return found


def sampled(experiment, n, exploration=None):
    world = experiment.environment
    generator = torch.Generator().manual_seed(7)
    record = rollout(world, experiment.networks, n, generator=generator, exploration=exploration)
    batch = pack(world, record, torch.float64)
    found = Counter()
    trajectories = batch.trajectories
    choices = batch.choices.tolist()
    for first, last, stopped in zip(
        trajectories.first.tolist(),
        trajectories.last.tolist(),
        trajectories.stopped.tolist(),
        strict=True,
    ):
        found[tuple(choices[first : last + stopped])] += 1
    return found


def chi_square(counts, law, n):
    """Statistic over trajectories with at least five expected; its degrees of freedom."""
    expected = {key: n * p for key, p in law.items() if n * p >= 5}
    assert set(counts) <= set(law), "an impossible trajectory was sampled"
    total = sum((counts[key] - e) ** 2 / e for key, e in expected.items())
    return total, len(expected) - 1


@pytest.mark.parametrize("world", [Grid(2, 3), Slots(2, 2)], ids=["stop", "forced"])
@pytest.mark.parametrize("sampler", ["gumbel", "cumulative"])
@pytest.mark.parametrize(
    "exploration",
    [
        None,
        Epsilon(probability=0.3),
        Epsilon(probability=0.3, actions="moves"),
        Epsilon(probability=0.3, actions="stop"),
        Tempered(policy_temperature=3.0),
    ],
    ids=["policy", "any", "moves", "stop", "tempered"],
)
def test_trajectories_have_the_probabilities_of_the_behaviour_policy(
    world, sampler, exploration, monkeypatch
):
    if sampler == "cumulative":
        monkeypatch.setattr(sampling, "MANY_ACTIONS", 1)
    experiment = randomised(world)
    law = paths(experiment, exploration)
    assert sum(law.values()) == pytest.approx(1.0)
    n = 4000
    total, freedom = chi_square(sampled(experiment, n, exploration), law, n)
    assert total < freedom + 5 * math.sqrt(2 * freedom)


def test_the_chi_square_can_fail():
    experiment = randomised(Grid(2, 3))
    counts = sampled(experiment, 4000)
    total, freedom = chi_square(counts, paths(randomised(Grid(2, 3), seed=1)), 4000)
    assert total > freedom + 5 * math.sqrt(2 * freedom)


@pytest.mark.parametrize("actions", ["any", "stop", "moves"])
def test_exploration_takes_legal_actions_only(actions):
    world = Grid(2, 3)
    experiment = randomised(world)
    exploration = Epsilon(probability=1.0, actions=actions)
    counts = sampled(experiment, 200, exploration)
    assert set(counts) <= set(paths(experiment))
    if actions == "stop":
        assert set(counts) == {(2,)}
    if actions == "moves":
        assert all(sum(a != 2 for a in taken) == 4 for taken in counts)


@pytest.mark.parametrize("world", [Grid(2, 3), Slots(3, 2)], ids=["stop", "forced"])
def test_packed_batches_hold_the_trajectories_in_order(world):
    experiment = randomised(world)
    generator = torch.Generator().manual_seed(3)
    record = rollout(world, experiment.networks, 50, generator=generator, keep=True)
    batch = pack(world, record, torch.float64)
    t = batch.trajectories
    assert t.states.shape[0] == int((t.lengths + 1).sum())
    assert torch.equal(t.child, t.parent + 1)
    assert torch.equal(t.states[t.first], world.source(50))
    assert torch.equal(t.edge_trajectory, torch.arange(50).repeat_interleave(t.lengths))
    assert torch.equal(t.state_trajectory, torch.arange(50).repeat_interleave(t.lengths + 1))
    after, done = world.step(t.states[t.parent], t.forward_actions)
    assert torch.equal(after, t.states[t.child])
    assert torch.equal(done, (t.child == t.last[t.edge_trajectory]) & ~t.stopped[t.edge_trajectory])
    assert torch.equal(world.backward_step(after, t.backward_actions), t.states[t.parent])
    assert torch.equal(t.log_reward, world.log_reward(t.states[t.last]))
    assert torch.equal(batch.backward_mask.t(), world.backward_mask(t.states[t.child]))
    acted = torch.ones(t.states.shape[0], dtype=torch.bool)
    acted[t.last[~t.stopped]] = False
    assert torch.equal(batch.forward_mask.t()[acted], world.forward_mask(t.states[acted]))
    assert not batch.forward_mask.t()[~acted].any()
    assert bool(t.stopped.all()) == world.has_stop


def test_a_trajectory_may_stop_at_the_source():
    world = Grid(2, 3)
    experiment = randomised(world)
    with torch.no_grad():
        experiment.networks.head("forward").weight[:, -1] = 100.0
    generator = torch.Generator().manual_seed(3)
    batch = pack(world, rollout(world, experiment.networks, 5, generator=generator), torch.float64)
    assert batch.trajectories.lengths.tolist() == [0] * 5
    assert batch.trajectories.parent.shape == (0,)
    assert torch.equal(batch.trajectories.states, world.source(5))


def test_noise_goes_on_when_a_trajectory_is_longer_than_a_chunk(monkeypatch):
    monkeypatch.setattr(sampling, "CHUNK", 2)
    experiment = randomised(Grid(2, 4))
    law = paths(experiment)
    total, freedom = chi_square(sampled(experiment, 3000), law, 3000)
    assert total < freedom + 5 * math.sqrt(2 * freedom)


def counted(trunk, monkeypatch):
    """Let a trunk count the rows it computes (not those it is given)."""
    count = {"rows": 0}
    forward, acting = trunk.forward, trunk.acting

    def counting_forward(states, kept=()):
        count["rows"] += 0 if kept else states.shape[0]
        return forward(states, kept)

    def counting_acting(rows):
        evaluate = acting(rows)

        def counting(states):
            count["rows"] += states.shape[0]
            return evaluate(states)

        return counting

    monkeypatch.setattr(trunk, "forward", counting_forward)
    monkeypatch.setattr(trunk, "acting", counting_acting)
    return count


@pytest.mark.parametrize("world", [Grid(2, 5), Slots(3, 2)], ids=["stop", "forced"])
def test_the_network_sees_valid_states_and_nothing_else(world, monkeypatch):
    from gflowspec.executor.evaluate import Evaluator
    from gflowspec.executor.updates import Learner, Lesson

    for rule, passes in (("tlm", 2), ("uniform", 1), ("naive", 1)):
        experiment = experiment_of(world, "tb", rule)
        learner = Learner(experiment=experiment, tables=Evaluator.of(experiment).tables)
        live = counted(experiment.networks.trunk("forward"), monkeypatch)
        record = rollout(
            world,
            experiment.networks,
            16,
            generator=experiment.generators["rollout"],
            keep=True,
        )
        batch = pack(world, record, experiment.dtype)
        rows = batch.trajectories.states.shape[0]
        assert live["rows"] == rows, "the rollout evaluates each valid state once"
        copied = None
        if experiment.backward_target is not None:
            copied = counted(experiment.backward_target.trunk("backward"), monkeypatch)
        for update in experiment.program.updates:
            if update == "backward":
                learner.update_backward(batch)
            else:
                learner.update_forward(Lesson(batch=batch), 1.0)
        assert live["rows"] == passes * rows
        if copied is not None:
            assert copied["rows"] == rows - batch.trajectories.size, "children only"


@pytest.mark.parametrize("sampler", ["gumbel", "cumulative"])
@pytest.mark.parametrize(
    "explore",
    [None, Epsilon(probability=0.3), Tempered(policy_temperature=2.0)],
    ids=["policy", "epsilon", "tempered"],
)
@pytest.mark.parametrize("world", [Grid(2, 3), Slots(2, 2)], ids=["stop", "forced"])
def test_a_policy_that_is_not_finite_still_takes_legal_actions(
    sampler, explore, world, monkeypatch
):
    if sampler == "cumulative":
        monkeypatch.setattr(sampling, "MANY_ACTIONS", 1)
    experiment = randomised(world)
    law = paths(experiment)
    with torch.no_grad():
        experiment.networks.head("forward").weight.fill_(float("nan"))
    assert set(sampled(experiment, 20, explore)) <= set(law)


@pytest.mark.parametrize("number", [0.0, 1.0])
@pytest.mark.parametrize("sampler", ["gumbel", "cumulative"])
@pytest.mark.parametrize(
    "explore",
    [None, Epsilon(probability=0.3), Tempered(policy_temperature=2.0)],
    ids=["policy", "epsilon", "tempered"],
)
@pytest.mark.parametrize("world", [Grid(2, 3), Slots(2, 2)], ids=["stop", "forced"])
def test_the_ends_of_the_uniform_numbers_take_legal_actions(
    number, sampler, explore, world, monkeypatch
):
    """In float32 an exact 0 comes once in 2^24 numbers."""
    if sampler == "cumulative":
        monkeypatch.setattr(sampling, "MANY_ACTIONS", 1)
    experiment = randomised(world)
    law = paths(experiment)
    monkeypatch.setattr(torch.Tensor, "uniform_", lambda tensor, *, generator: tensor.fill_(number))
    assert set(sampled(experiment, 20, explore)) <= set(law)


@pytest.mark.parametrize("number", [0.0, 1.0])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_gumbel_noise_is_finite(number, precision, monkeypatch):
    experiment = experiment_of(Grid(2, 3), precision=precision)
    monkeypatch.setattr(torch.Tensor, "uniform_", lambda tensor, *, generator: tensor.fill_(number))
    sampler = sampling.sampler_of(
        experiment.networks.head("forward"),
        rows=4,
        horizon=4,
        generator=torch.Generator(),
        exploration=None,
        has_stop=True,
    )
    assert isinstance(sampler, sampling.GumbelSampler)
    assert all(noise.isfinite().all() for noise in sampler._draw())


def test_logits_of_minus_infinity_still_take_legal_actions():
    experiment = randomised(Grid(2, 3))
    law = paths(experiment)
    with torch.no_grad():
        experiment.networks.head("forward").weight.fill_(float("-inf"))
    assert set(sampled(experiment, 20)) <= set(law)
