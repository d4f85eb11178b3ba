"""What is stored and drawn: recent batches, trajectories, transitions."""

from collections import Counter

import attrs
import pytest
import torch
from scipy.stats import chisquare

from gflowspec.components.backward.pessimistic import PessimisticBackward
from gflowspec.components.backward.tlm import TrajectoryLikelihoodMaximization
from gflowspec.components.objectives.munchausen_dqn import MunchausenDQN
from gflowspec.components.objectives.soft_dqn import SoftDQN
from gflowspec.components.replay.objects import ObjectReplay
from gflowspec.components.replay.prioritized import PrioritizedReplay
from gflowspec.components.replay.uniform import UniformReplay
from gflowspec.executor.evaluate import Evaluator
from gflowspec.executor.iteration import Iteration
from gflowspec.executor.packing import Steps, assembled, pack
from gflowspec.executor.replay import (
    ObjectBuffer,
    Recent,
    TrajectoryBuffer,
    TransitionBuffer,
    joined,
    piece,
    transitions,
)
from gflowspec.executor.rollout import rollout
from gflowspec.executor.updates import Learner, Lesson
from tests.executor.experiments import experiment_of, optimiser_state, same, snapshot
from tests.executor.worlds import Grid, Slots

WORLDS = {"stop": Grid(2, 4), "forced": Slots(3, 2)}
each_world = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)


def sampled(experiment, size=12):
    record = rollout(
        experiment.environment,
        experiment.networks,
        size,
        generator=experiment.generators["rollout"],
    )
    return pack(experiment.environment, record, experiment.dtype)


def iteration_of(experiment):
    return Iteration.of(experiment, Evaluator.of(experiment).tables)


def listed(steps):
    """Every trajectory or piece as plain values."""
    found, row = [], 0
    for b, length in enumerate(steps.lengths.tolist()):
        rows = slice(row, row + length + 1)
        ends = bool(steps.stopped[b] or steps.forced[b])
        found.append(
            (
                tuple(map(tuple, steps.states[rows].tolist())),
                tuple(steps.choices[rows].tolist()),
                bool(steps.stopped[b]),
                bool(steps.forced[b]),
                float(steps.log_reward[b]) if ends else None,
            )
        )
        row += length + 1
    return found


def apart(whole):
    """The transitions of listed trajectories."""
    for states, choices, stopped, forced, reward in whole:
        for t in range(len(states) - 1):
            last = t == len(states) - 2 and forced
            yield states[t : t + 2], (choices[t], 0), False, last, reward if last else None
        if stopped:
            yield states[-1:], choices[-1:], True, False, reward


@each_world
def test_transitions_are_all_edges_and_stops(world):
    steps = Steps.of(sampled(experiment_of(world, "soft_dqn", "uniform")))
    found = listed(transitions(steps))
    assert Counter(found) == Counter(apart(listed(steps)))


@each_world
@pytest.mark.parametrize("rule", ["uniform", "maxent", "naive", "tlm", "pessimistic"])
@pytest.mark.parametrize(
    "objective",
    [SoftDQN(leaf_weight=2.0), MunchausenDQN(alpha=0.5, double=True), SoftDQN(dueling=True)],
    ids=["soft", "munchausen double", "dueling"],
)
def test_a_batch_costs_what_its_transitions_cost(world, rule, objective):
    experiment = experiment_of(world, objective, rule, precision="float64")
    learner = iteration_of(experiment).learner
    batch = sampled(experiment)
    for part in (experiment.networks, experiment.forward_target, experiment.backward_target):
        for number, item in enumerate([] if part is None else part.parameters()):
            generator = torch.Generator().manual_seed(number)
            item.data.add_(torch.randn(item.shape, generator=generator, dtype=item.dtype))
    single = assembled(world, transitions(Steps.of(batch)))
    whole = learner.forward_loss(batch).item()
    loss, errors = learner.losses(Lesson(batch=single, stored=True))
    assert loss.item() == pytest.approx(whole, rel=1e-12)
    assert errors.mean().item() == pytest.approx(whole, rel=1e-12)
    weights = torch.linspace(0, 1, len(errors), dtype=torch.float64)
    loss, again = learner.losses(Lesson(batch=single, stored=True, importance=weights))
    assert loss.item() == pytest.approx((weights * errors).mean().item(), rel=1e-12)
    assert torch.equal(errors, again), "priorities are not weighted"


@each_world
def test_a_batch_is_assembled_from_its_steps(world):
    batch = sampled(experiment_of(world, "tb", "uniform"))
    again = assembled(world, Steps.of(batch))
    for name, value in attrs.asdict(batch.trajectories, recurse=False).items():
        assert torch.equal(value, getattr(again.trajectories, name)), name
    assert torch.equal(batch.forward_mask, again.forward_mask)
    assert torch.equal(batch.backward_mask, again.backward_mask)


@each_world
def test_pieces_join_to_the_whole(world):
    steps = Steps.of(sampled(experiment_of(world, "tb", "uniform")))
    count = len(steps.lengths)
    assert listed(joined([piece(steps, b) for b in range(count)])) == listed(steps)


def numbered(first, count, dtype=torch.float32):
    """Stop transitions that are told apart by their state and reward."""
    numbers = torch.arange(first, first + count)
    flags = torch.ones(count, dtype=torch.bool)
    return Steps(
        lengths=torch.zeros(count, dtype=torch.int64),
        states=numbers.unsqueeze(1),
        choices=numbers,
        stopped=flags,
        forced=~flags,
        log_reward=numbers.to(dtype),
    )


def stored(buffer):
    return set(buffer.state()["columns"]["before"].squeeze(1).tolist())


def test_the_oldest_transitions_give_way():
    buffer = TransitionBuffer(UniformReplay(size=10), 4)
    for first in range(0, 35, 7):
        buffer.push(numbered(first, 7), None)
        assert stored(buffer) == set(range(max(0, first - 3), first + 7))
    buffer.push(numbered(100, 25), None)
    assert stored(buffer) == set(range(115, 125))


def test_the_oldest_trajectories_give_way():
    buffer = TrajectoryBuffer(UniformReplay(size=10), 400)
    generator = torch.Generator().manual_seed(0)
    for first in range(0, 28, 7):
        buffer.push(numbered(first, 7), None)
        drawn = set(buffer.draw(generator).steps.choices.tolist())
        assert drawn == set(range(max(0, first - 3), first + 7))


def test_memory_is_constant_once_the_buffer_is_full():
    buffer = TransitionBuffer(PrioritizedReplay(size=10, batch=4), 4)
    sizes = set()
    for first in range(0, 70, 7):
        buffer.push(numbered(first, 7), torch.ones(7, dtype=torch.float64))
        sizes.add(sum(item.numel() for item in buffer._columns.values()))
    assert len(sizes) == 1


def frequencies(buffer, draws, size):
    generator = torch.Generator().manual_seed(3)
    rows = torch.cat([buffer.draw(generator).rows for _ in range(draws)])
    return rows.bincount(minlength=size).double()


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_prioritised_draws_have_their_frequencies(alpha):
    size = 12
    replay = PrioritizedReplay(size=size, batch=500, alpha=alpha)
    buffer = TransitionBuffer(replay, 500)
    priorities = torch.arange(size, dtype=torch.float64) / 3
    buffer.push(numbered(0, size), torch.ones(size, dtype=torch.float64))
    buffer.refresh(torch.arange(size), priorities)
    expected = (priorities + 1e-8) ** alpha
    expected = expected / expected.sum()
    counts = frequencies(buffer, 100, size)
    drawable = expected * counts.sum() > 5
    assert counts[~drawable].sum() < 20
    scale = counts[drawable].sum() / expected[drawable].sum()
    found = chisquare(counts[drawable].numpy(), (expected[drawable] * scale).numpy())
    assert found.pvalue > 1e-3


@pytest.mark.parametrize("buffer", [TransitionBuffer, TrajectoryBuffer])
def test_uniform_draws_have_equal_frequencies(buffer):
    made = buffer(UniformReplay(size=20), 500)
    made.push(numbered(0, 20), None)
    assert chisquare(frequencies(made, 100, 20).numpy()).pvalue > 1e-3


def test_importance_weights_follow_their_formula():
    replay = PrioritizedReplay(size=5, batch=50, alpha=1.0, beta=0.7, weighted=True)
    buffer = TransitionBuffer(replay, 50)
    priorities = torch.tensor([0.5, 1.0, 2.0, 4.0, 2.5], dtype=torch.float64)
    buffer.push(numbered(0, 5), priorities)
    drawn = buffer.draw(torch.Generator().manual_seed(0))
    chances = priorities / priorities.sum()
    weights = (5 * chances) ** -0.7
    expected = weights[drawn.rows] / weights[drawn.rows].max()
    torch.testing.assert_close(drawn.importance, expected, rtol=1e-6, atol=0)
    for plain in (PrioritizedReplay(weighted=True), PrioritizedReplay(beta=0.5)):
        assert plain.importance(chances, 5) is None


def test_recent_batches_are_equally_likely_and_no_older_one_is_seen():
    recent = Recent(4)
    generator = torch.Generator().manual_seed(5)
    for first in range(0, 70, 10):
        recent.push(numbered(first, 10))
    seen = Counter(int(recent.draw(generator).states[0]) for _ in range(4000))
    assert set(seen) == {30, 40, 50, 60}
    assert chisquare(list(seen.values())).pvalue > 1e-3


class Watched(Learner):
    """Notes the batches of P_B's updates."""

    def update_backward(self, batch):
        self.seen.append(batch)
        return super().update_backward(batch)


def watched(experiment):
    made = iteration_of(experiment)
    learner = Watched(experiment=experiment, tables=made.learner.tables)
    object.__setattr__(learner, "seen", [])
    return attrs.evolve(made, learner=learner), learner.seen


@pytest.mark.parametrize("objective", ["tb", "soft_dqn"])
def test_tlm_sees_the_batch_just_sampled(objective):
    experiment = experiment_of(Grid(2, 4), objective, "tlm")
    made, seen = watched(experiment)
    batches = [sampled(experiment) for _ in range(6)]
    for step, batch in enumerate(batches):
        made.learn(batch, step, measure=False)
    start = experiment.settings.objective.optimisation.start
    assert len(seen) == 6 - start
    assert all(one is two for one, two in zip(seen, batches[start:], strict=True))


@pytest.mark.parametrize("objective", ["db", "soft_dqn"])
def test_pessimistic_sees_recent_batches(objective):
    rule = PessimisticBackward(lr=1e-3, buffer=3, updates=4)
    experiment = experiment_of(Grid(2, 4), objective, rule)
    made, seen = watched(experiment)
    batches = []
    for step in range(30):
        batch = sampled(experiment)
        batches.append(listed(Steps.of(batch)))
        before = len(seen)
        made.learn(batch, step, measure=False)
        for item in seen[before:]:
            assert listed(Steps.of(item)) in batches[-3:]
    start = experiment.settings.objective.optimisation.start
    assert len(seen) == 4 * (30 - start)
    newest = [listed(Steps.of(item)) == batches[start + i // 4] for i, item in enumerate(seen)]
    assert 0.15 < sum(newest) / len(newest) < 0.55, "each third one is the newest"


def test_the_loss_reads_the_live_pessimistic_policy():
    experiment = experiment_of(Grid(2, 4), "tb", "pessimistic", precision="float64")
    made = iteration_of(experiment)
    batch = sampled(experiment)
    before = made.learner.forward_loss(batch).item()
    experiment.networks.head("backward").bias.data[0] += 1.0
    assert made.learner.forward_loss(batch).item() != pytest.approx(before, rel=1e-6)


@pytest.mark.parametrize("rule", ["tlm", "pessimistic"])
def test_the_backward_policy_leaves_the_uniform_one(rule):
    experiment = experiment_of(Grid(2, 4), "tb", rule)
    made = iteration_of(experiment)
    for step in range(50):
        made.learn(sampled(experiment), step, measure=False)
    batch = sampled(experiment)
    uniform = -batch.backward_mask.sum(0).float().log()
    assert float((made.learner._constant_log_pb(batch) - uniform).abs().mean()) > 0.01


@pytest.mark.parametrize("objective", ["tb", "soft_dqn"])
def test_stored_steps_are_judged_by_the_present_backward_policy(objective):
    replay = UniformReplay(size=100, batch=50)
    experiment = experiment_of(Grid(2, 4), objective, "tlm", precision="float64", replay=replay)
    made = iteration_of(experiment)
    made.learn(sampled(experiment), 5, measure=False)
    state = experiment.generators["replay"].get_state()
    losses = []
    for change in (0.0, 1.0):
        experiment.backward_target.head("backward").bias.data[0] += change
        experiment.generators["replay"].set_state(state)
        drawn = made.buffer.draw(experiment.generators["replay"])
        lesson = Lesson(batch=assembled(experiment.environment, drawn.steps), stored=True)
        losses.append(made.learner.losses(lesson)[0].item())
    assert losses[0] != pytest.approx(losses[1], rel=1e-6)


@pytest.mark.parametrize("rule", ["naive", "tlm", "pessimistic"])
def test_nothing_is_learned_before_the_start(rule):
    experiment = experiment_of(Grid(2, 4), SoftDQN(start=4), rule, ema=0.5)
    made = iteration_of(experiment)

    def everything():
        parts = (
            snapshot(experiment.networks),
            snapshot(experiment.forward_target),
            snapshot(experiment.backward_target),
            snapshot(experiment.average),
            optimiser_state(experiment.forward_optimizer),
            optimiser_state(experiment.backward_optimizer),
        )
        return {(number, name): x for number, part in enumerate(parts) for name, x in part.items()}

    before = everything()
    for step in range(4):
        assert made.learn(sampled(experiment), step, measure=True) == {}
        assert same(before, everything())
    assert len(made.buffer.state()["columns"]["choice"]) >= 4 * 12
    assert made.learn(sampled(experiment), 4, measure=True)
    assert not same(before, everything())


def close(one, two):
    return all(torch.allclose(one[name], two[name], atol=1e-7) for name in one)


def test_targets_move_together_by_tau_or_every_so_many_updates():
    objective = SoftDQN(start=0, hard_every=3, updates=2)
    rule = TrajectoryLikelihoodMaximization(lr=1e-2, target_tau=1.0)
    experiment = experiment_of(Grid(2, 4), objective, rule)
    made = iteration_of(experiment)
    live = lambda: snapshot(experiment.networks)  # noqa: E731 - read at different times
    copies = [experiment.forward_target, experiment.backward_target]
    before = [snapshot(copy) for copy in copies]
    made.learn(sampled(experiment), 0, measure=False)
    assert all(same(old, snapshot(copy)) for old, copy in zip(before, copies, strict=True))
    made.learn(sampled(experiment), 1, measure=False)  # updates 3 and 4: copied after the third
    assert not any(same(old, snapshot(copy)) for old, copy in zip(before, copies, strict=True))
    made.learn(sampled(experiment), 2, measure=False)  # updates 5 and 6: copied after the sixth
    for copy in copies:
        found = snapshot(copy)
        assert same(found, {name: live()[name] for name in found})


def test_the_target_of_q_moves_by_exactly_tau():
    experiment = experiment_of(Grid(2, 4), SoftDQN(start=0, target_tau=0.3), "uniform")
    made = iteration_of(experiment)
    made.learn(sampled(experiment), 0, measure=False)
    before = snapshot(experiment.forward_target)
    made.learn(sampled(experiment), 1, measure=False)
    after, live = snapshot(experiment.forward_target), snapshot(experiment.networks)
    expected = {name: x + 0.3 * (live[name] - x) for name, x in before.items()}
    assert close(after, expected)
    assert not close(after, before)


# ---- objects ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fraction", "count"), [(0.5, 12), (0.25, 4), (0.75, 36), (0.01, 1)])
def test_the_fraction_of_a_batch_that_is_sampled_backward(fraction, count):
    assert ObjectReplay(fraction=fraction).drawn(12) == count


@each_world
@pytest.mark.parametrize("rule", ["uniform", "maxent", "tlm"])
def test_objects_are_learned_from_beside_the_fresh_batch(world, rule):
    replay = ObjectReplay(size=30, fraction=0.5)
    experiment = experiment_of(world, "tb", rule, replay=replay)
    made = iteration_of(experiment)
    made.buffer.push(Steps.of(sampled(experiment)), None)
    seen = {tuple(row) for row in made.buffer.state()["columns"]["states"].tolist()}
    batch = sampled(experiment)
    made.buffer.push(Steps.of(batch), None)
    drawn = listed(made.buffer.draw(experiment.generators["replay"]).steps)
    fresh = listed(Steps.of(batch))
    assert drawn[:12] == fresh
    assert len(drawn) == 24
    seen |= {item[0][-1] for item in fresh}
    for states, choices, stopped, forced, reward in drawn[12:]:
        assert states[-1] in seen
        assert states[0] == tuple(world.source(1)[0].tolist())
        assert (stopped, forced) == (world.has_stop, not world.has_stop)
        end = torch.tensor([states[-1]])
        assert reward == pytest.approx(float(world.log_reward(end)), rel=1e-6)
        for before, choice, after in zip(states, choices, states[1:], strict=False):
            found, _ = world.step(torch.tensor([before]), torch.tensor([choice]))
            assert tuple(found[0].tolist()) == after


def test_the_oldest_objects_give_way_and_return_from_a_checkpoint():
    def refuse(*_):
        raise AssertionError

    buffer, again = (ObjectBuffer(ObjectReplay(size=10), refuse) for _ in range(2))
    for first in range(0, 28, 7):
        buffer.push(numbered(first, 7), None)
    again.restore(buffer.state())
    for made in (buffer, again):
        made.push(numbered(28, 2), None)
        kept = made.state()["columns"]
        assert set(kept["states"].squeeze(1).tolist()) == set(range(20, 30))
        assert kept["log_reward"].tolist() == kept["states"].squeeze(1).tolist()


def test_backward_trajectories_follow_the_present_backward_policy():
    experiment = experiment_of(Slots(3, 2), "tb", "tlm", replay=ObjectReplay(size=50))
    made = iteration_of(experiment)
    for step in range(3):
        made.learn(sampled(experiment), step, measure=False)
    experiment.networks.head("backward").bias.data[:] = torch.tensor([50.0, 0.0, -50.0])
    steps = made.buffer.draw(experiment.generators["replay"]).steps
    choices = torch.tensor([item[1][:3] for item in listed(steps)[12:]]) // 2
    assert choices.tolist() == [[2, 1, 0]] * 12, "slot 0 is emptied first, so it was filled last"


@pytest.mark.parametrize("objective", ["tb", "db", "subtb"])
def test_training_on_objects_reaches_the_target(objective):
    """The exact solution is a fixed point whatever the batches are; all of them train."""
    experiment = experiment_of(Grid(2, 3), objective, "tlm", replay=ObjectReplay(), batch=16)
    evaluator = Evaluator.of(experiment)
    made = Iteration.of(experiment, evaluator.tables)
    before = evaluator.summary().tv
    for step in range(150):
        made.learn(sampled(experiment, 16), step, measure=False)
    assert evaluator.summary().tv < 0.5 * before
