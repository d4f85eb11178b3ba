"""Backward rollouts: their law, and the estimate of a probability that they give."""

from collections import Counter, defaultdict

import pytest
import torch
from scipy.stats import chisquare

from gflowspec.executor import exact
from gflowspec.executor.backward_rollout import backward_rollout, estimated_log_p, log_weights
from gflowspec.executor.packing import Steps, assembled, pack
from gflowspec.executor.replay import joined
from gflowspec.executor.rollout import rollout
from gflowspec.executor.tables import Tables
from gflowspec.executor.views import exact_view
from tests.executor.experiments import experiment_of
from tests.executor.worlds import Grid, Slots

WORLDS = {"stop": Grid(2, 3), "forced": Slots(3, 2)}
each_world = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
each_rule = pytest.mark.parametrize("rule", ["uniform", "maxent", "tlm"])


def randomised(world, rule):
    """Policies that are far from uniform."""
    experiment = experiment_of(world, "tb", rule, precision="float64")
    for number, item in enumerate(experiment.networks.parameters()):
        generator = torch.Generator().manual_seed(number)
        item.data.add_(0.5 * torch.randn(item.shape, generator=generator, dtype=item.dtype))
    return experiment


def ends(tables):
    return tables.table.states[tables.table.terminating]


def drawn(experiment, tables, objects, seed=0):
    generator = torch.Generator().manual_seed(seed)
    log_reward = experiment.environment.log_reward(objects)
    return backward_rollout(experiment, experiment.networks, tables, objects, log_reward, generator)


def histories(tables, log_pb, end):
    """Probability under P_B of every trajectory into a state, as rows of edges."""
    found = {(): 1.0} if end == 0 else {}
    for edge in (tables.table.child == end).nonzero().squeeze(1).tolist():
        for path, chance in histories(tables, log_pb, int(tables.table.parent[edge])).items():
            found[(*path, edge)] = chance * float(log_pb[edge].exp())
    return found


@each_world
@each_rule
def test_trajectories_lead_to_their_objects_by_legal_steps(world, rule):
    experiment = randomised(world, rule)
    tables = Tables.of(world, 100)
    objects = ends(tables).repeat(5, 1)
    batch = assembled(world, drawn(experiment, tables, objects))
    trajectories = batch.trajectories
    assert torch.equal(trajectories.states[trajectories.last], objects)
    source = world.source(1).expand(len(objects), -1)
    assert torch.equal(trajectories.states[trajectories.first], source)
    before = trajectories.states[trajectories.parent]
    after, _ = world.step(before, trajectories.forward_actions)
    assert torch.equal(after, batch.children)
    assert world.forward_mask(before)[torch.arange(len(before)), trajectories.forward_actions].all()
    assert torch.equal(trajectories.forced, world.is_terminal(objects))
    assert torch.equal(trajectories.log_reward, world.log_reward(objects))


@each_world
@each_rule
def test_each_trajectory_has_the_frequency_of_its_probability(world, rule):
    experiment = randomised(world, rule)
    tables = Tables.of(world, 100)
    view = exact_view(experiment, tables)
    end = int(tables.table.terminating.nonzero()[-1])
    law = histories(tables, view.log_pb, end)
    assert sum(law.values()) == pytest.approx(1)
    count = 4_000
    steps = drawn(experiment, tables, tables.table.states[end].expand(count, -1), seed=1)
    batch = assembled(world, steps).trajectories
    edge = {
        (parent, action): number
        for number, (parent, action) in enumerate(
            zip(tables.table.parent.tolist(), tables.table.forward_actions.tolist(), strict=True)
        )
    }
    rows = tables.rows(batch.states)[batch.parent].tolist()
    paths = defaultdict(list)
    actions = batch.forward_actions.tolist()
    for owner, row, action in zip(batch.edge_trajectory.tolist(), rows, actions, strict=True):
        paths[owner].append(edge[row, action])
    counts = Counter(map(tuple, paths.values()))
    assert set(counts) <= set(law)
    expected = [count * chance for chance in law.values()]
    assert chisquare([counts[path] for path in law], expected).pvalue > 1e-3


@each_world
@each_rule
def test_weights_average_to_the_exact_probability(world, rule):
    """Over all trajectories, sum of P_B(tau | x) P_F(tau) / P_B(tau | x) is p(x), exactly."""
    experiment = randomised(world, rule)
    tables = Tables.of(world, 100)
    view = exact_view(experiment, tables)
    log_p = exact.evaluate(tables.graph, view).log_p
    for end in tables.table.terminating.nonzero().squeeze(1).tolist():
        law = histories(tables, view.log_pb, end)
        pieces = []
        for path in law:
            rows = [0, *(int(tables.table.child[edge]) for edge in path)]
            forced = tables.table.forced[end : end + 1]
            last = 0 if forced else world.sizes.forward_actions - 1
            actions = [int(tables.table.forward_actions[edge]) for edge in path]
            pieces.append(
                Steps(
                    lengths=torch.tensor([len(path)]),
                    states=tables.table.states[rows],
                    choices=torch.tensor([*actions, last]),
                    stopped=~forced,
                    forced=forced,
                    log_reward=world.log_reward(tables.table.states[end : end + 1]),
                )
            )
        weights = log_weights(experiment, tables, assembled(world, joined(pieces)))
        chances = torch.tensor(list(law.values()), dtype=torch.float64).log()
        assert float((weights + chances).logsumexp(0)) == pytest.approx(float(log_p[end]), abs=1e-9)


@each_world
def test_the_estimate_converges_to_the_exact_probability(world):
    experiment = randomised(world, "uniform")
    tables = Tables.of(world, 100)
    log_p = exact.evaluate(tables.graph, exact_view(experiment, tables)).log_p
    generator = torch.Generator().manual_seed(2)
    found = estimated_log_p(experiment, tables, ends(tables), 2_000, generator)
    assert (found - log_p[tables.table.terminating]).abs().max() < 0.1
    assert estimated_log_p(experiment, tables, ends(tables)[:0], 3, generator).shape == (0,)


def test_log_probabilities_are_those_of_forward_sampling():
    world = Grid(2, 3)
    experiment = randomised(world, "tlm")
    generator = torch.Generator().manual_seed(0)
    record = rollout(world, experiment.networks, 50, generator=generator)
    batch = pack(world, record, torch.float64)
    again = assembled(world, Steps.of(batch))
    assert torch.equal(log_weights(experiment, None, batch), log_weights(experiment, None, again))
