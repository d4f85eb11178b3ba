"""Log-probabilities: masks, and P_B as a function of the child alone."""

import pytest
import torch

from gflowspec.executor import estimates
from gflowspec.executor.evaluate import Evaluator
from gflowspec.executor.packing import pack
from gflowspec.executor.rollout import rollout
from gflowspec.executor.summaries import summarise, summary
from gflowspec.executor.updates import Learner
from tests.executor.experiments import CELLS, experiment_of
from tests.executor.worlds import Grid, Slots


def batch_of(experiment, size=8):
    record = rollout(
        experiment.environment,
        experiment.networks,
        size,
        generator=experiment.generators["rollout"],
    )
    return pack(experiment.environment, record, experiment.dtype)


def test_log_probabilities_are_those_of_the_softmax_over_legal_actions():
    values = torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.5, 0.0]])
    mask = torch.tensor([[True, True], [False, True], [True, False]])
    found = estimates.log_probabilities(values, mask)
    assert found[0, 0].exp() + found[2, 0].exp() == pytest.approx(1.0)
    assert found[0, 0] - found[2, 0] == pytest.approx(0.5)
    assert found[1, 0].exp() == 0
    assert found.isfinite().all()


@pytest.mark.parametrize("illegal", [-1e4, 1e4, 3e38])
def test_illegal_logits_change_nothing(illegal):
    values = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    mask = torch.rand(5, 7, generator=torch.Generator().manual_seed(1)) < 0.6
    mask[:, 3] = False
    mask[0, :3] = True
    results = []
    for filled in (values, values.masked_fill(~mask, illegal)):
        leaf = filled.clone().requires_grad_()
        found = estimates.log_probabilities(leaf, mask)
        legal = torch.where(mask, found, 0.0)
        legal.sum().backward()
        results.append((legal.detach(), leaf.grad))
    assert torch.equal(results[0][0], results[1][0])
    assert torch.equal(results[0][1], results[1][1])
    assert results[1][1].isfinite().all()
    assert not results[1][1][~mask].any(), "illegal logits get no gradient"


@pytest.mark.parametrize("world", [Grid(2, 4), Slots(3, 2)], ids=["stop", "forced"])
@pytest.mark.parametrize(("objective", "rule"), CELLS)
def test_gradients_are_finite_and_reach_every_parameter(world, objective, rule):
    experiment = experiment_of(world, objective, rule)
    learner = Learner(experiment=experiment, tables=Evaluator.of(experiment).tables)
    batch = batch_of(experiment)
    learner.forward_loss(batch).backward()
    for name, parameter in experiment.networks.named_parameters():
        trained = rule == "naive" or "backward" not in name
        assert (parameter.grad is not None) == trained, name
        if trained:
            assert parameter.grad.isfinite().all(), name


def test_one_child_with_two_parents_has_one_backward_policy():
    """The rows of P_B of two edges into the same child are the same row."""
    experiment = experiment_of(Grid(2, 3), "tb", "naive")
    torch.nn.init.normal_(experiment.networks.head("backward").weight.data)
    batch = batch_of(experiment, 200)
    table = summary_table(experiment, batch)
    children = [tuple(row) for row in batch.children.tolist()]
    parents = [tuple(row) for row in batch.trajectories.states[batch.trajectories.parent].tolist()]
    meeting = [i for i, child in enumerate(children) if child == (1, 1)]
    assert {parents[i] for i in meeting} == {(0, 1), (1, 0)}
    for i in meeting:
        assert torch.allclose(table[:, i], table[:, meeting[0]], atol=1e-6)
    assert torch.allclose(table.exp().sum(0), torch.ones(len(children)).double())


def summary_table(experiment, batch):
    from gflowspec.executor.summaries import backward_log_table

    with torch.no_grad():
        return backward_log_table(
            experiment, experiment.networks, None, batch.children, batch.backward_mask
        )


@pytest.mark.parametrize("world", [Grid(2, 4), Slots(3, 2)], ids=["stop", "forced"])
def test_the_flow_into_a_state_is_that_of_all_edges_of_the_table_into_it(world):
    experiment = experiment_of(world, "flow_matching", "uniform", precision="float64")
    table, networks = Evaluator.of(experiment).tables.table, experiment.networks
    batch = batch_of(experiment, 30)
    with torch.no_grad():
        logits = networks.logits(table.states, world.forward_mask(table.states).t())
        found = estimates.log_inflows(networks, experiment.environment, batch)
    flows = logits[table.forward_actions, table.parent]
    several = 0
    for child, flow in zip(batch.children, found, strict=True):
        into = (table.states[table.child] == child).all(1)
        several += int(into.sum()) > 1
        assert flow == pytest.approx(float(flows[into].logsumexp(0)), abs=1e-12)
    assert several > 10


@pytest.mark.parametrize("world", [Grid(2, 3), Slots(2, 2)], ids=["stop", "forced"])
@pytest.mark.parametrize("rule", ["uniform", "maxent", "naive", "tlm"])
def test_a_summary_agrees_with_the_estimates_of_the_losses(world, rule):
    experiment = experiment_of(world, "db", rule, precision="float64")
    tables = Evaluator.of(experiment).tables
    learner = Learner(experiment=experiment, tables=tables)
    batch = batch_of(experiment, 20)
    found = summary(experiment, tables, batch)
    with torch.no_grad():
        hidden = estimates.hidden_states(experiment.networks, ["forward"], batch, reuse=False)
        edges, stops = estimates.forward_log_probabilities(
            estimates.policy_logits(experiment.networks, hidden, batch), batch
        )
        constants = learner._constant_log_pb(batch)
    owner = batch.trajectories.edge_trajectory
    zeros = torch.zeros(20, dtype=torch.float64)
    assert torch.allclose(found.log_pf, zeros.index_add(0, owner, edges) + stops, atol=1e-10)
    assert torch.allclose(found.log_pb, zeros.index_add(0, owner, constants), atol=1e-6)
    assert torch.equal(found.decisions, batch.trajectories.lengths + batch.trajectories.stopped)
    assert torch.equal(
        tables.table.states[found.objects], batch.trajectories.states[batch.trajectories.last]
    )


def test_the_uniform_policy_has_the_entropy_of_its_choices():
    """By hand on a grid of two by one: from (0) go or stop, then stop."""
    world = Grid(1, 2)
    experiment = experiment_of(world, "tb", "uniform")
    with torch.no_grad():
        for parameter in experiment.networks.head("forward").parameters():
            parameter.zero_()
    found = summarise(experiment, None, 50, torch.Generator().manual_seed(0))
    assert torch.allclose(found.forward_entropy, torch.full((50,), 2.0).double().log())
    assert not found.backward_entropy.any()
    assert torch.allclose(found.log_pf, torch.full((50,), 0.5).double().log())
    assert set(found.lengths.tolist()) == {0, 1}
    assert found.objects is None


def randomise(networks, seed):
    """Random weights and biases everywhere."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in networks.parameters():
        torch.nn.init.normal_(parameter.data, std=0.5, generator=generator)


def edge_by_edge(networks, world, batch):
    """Log P_B [E], from each child alone."""
    found = []
    trajectories = batch.trajectories
    for edge, action in enumerate(trajectories.backward_actions.tolist()):
        child = trajectories.states[trajectories.child[edge]].unsqueeze(0)
        legal = world.backward_mask(child)[0]
        logits = networks.values("backward", child)[:, 0]
        found.append(logits[action] - logits[legal].logsumexp(0))
    return torch.stack(found)


@pytest.mark.parametrize("world", [Grid(2, 4), Slots(3, 2)], ids=["stop", "forced"])
@pytest.mark.parametrize("rule", ["naive", "tlm"])
def test_log_pb_of_an_edge_is_read_at_its_child(world, rule):
    experiment = experiment_of(world, "tb", rule, precision="float64")
    networks = experiment.networks
    batch = batch_of(experiment, 30)
    randomise(networks, 5)
    with torch.no_grad():
        hidden = estimates.hidden_states(networks, ["backward"], batch, reuse=False)
        found = estimates.backward_log_probabilities(networks, hidden, batch)
        expected = edge_by_edge(networks, world, batch)
    assert torch.allclose(found, expected, atol=1e-10)
    assert expected.unique().numel() > 4, "a flat P_B would hide which state is read"


@pytest.mark.parametrize("world", [Grid(2, 4), Slots(3, 2)], ids=["stop", "forced"])
def test_the_forward_loss_reads_the_target_copy(world):
    """Trajectory balance by hand: (log Z + log P_F - log R - log P_B of the target)^2."""
    experiment = experiment_of(world, "tb", "tlm", precision="float64")
    batch = batch_of(experiment, 30)
    networks, trajectories = experiment.networks, batch.trajectories
    randomise(networks, 5)
    randomise(experiment.backward_target, 6)
    with torch.no_grad():
        hidden = estimates.hidden_states(networks, ["forward"], batch, reuse=False)
        edges, stops = estimates.forward_log_probabilities(
            estimates.policy_logits(networks, hidden, batch), batch
        )
        losses = []
        for copy in (experiment.backward_target, networks):
            log_pb = edge_by_edge(copy, world, batch)
            residual = networks.log_z + stops - trajectories.log_reward
            residual = residual.index_add(0, trajectories.edge_trajectory, edges - log_pb)
            losses.append(residual.square().mean())
        found = Learner(experiment=experiment).forward_loss(batch)
    assert found.item() == pytest.approx(losses[0].item(), rel=1e-9)
    assert losses[1].item() != pytest.approx(losses[0].item(), rel=1e-3)
