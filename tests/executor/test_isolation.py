"""Gradient isolation: what each update may touch, for every objective with every backward rule."""

import pytest
import torch

from gflowspec.components.backward.tlm import TrajectoryLikelihoodMaximization
from gflowspec.executor.evaluate import Evaluator
from gflowspec.executor.packing import pack
from gflowspec.executor.rollout import rollout
from gflowspec.executor.updates import Learner, Lesson
from tests.executor.experiments import (
    CELLS,
    OBJECTIVES,
    SMALL,
    TRAINED,
    experiment_of,
    optimiser_state,
    same,
    snapshot,
)
from tests.executor.worlds import Grid, Slots

WORLDS = {"stop": Grid(2, 4), "forced": Slots(3, 2)}


def prepared(objective, rule, world="stop", **settings):
    experiment = experiment_of(WORLDS[world], objective, rule, **settings)
    learner = Learner(experiment=experiment, tables=Evaluator.of(experiment).tables)
    return experiment, learner


def batch_of(experiment):
    reuse = experiment.program.reuse
    record = rollout(
        experiment.environment,
        experiment.networks,
        8,
        generator=experiment.generators["rollout"],
        keep=reuse.forward or reuse.backward,
    )
    return pack(experiment.environment, record, experiment.dtype)


def warmed(experiment, learner):
    """A few iterations, so that moments exist and nothing is zero by accident."""
    for _ in range(3):
        batch = batch_of(experiment)
        for update in experiment.program.updates:
            if update == "backward":
                learner.update_backward(batch)
            else:
                learner.update_forward(Lesson(batch=batch), 1.0)
                learner.move_targets(1)


def changed(before, after):
    return {name for name in before if not torch.equal(before[name], after[name])}


def no_gradients(experiment):
    parts = [experiment.networks, experiment.backward_target]
    return all(
        parameter.grad is None
        for part in parts
        if part is not None
        for parameter in part.parameters()
    )


@pytest.mark.parametrize(("objective", "rule"), CELLS)
def test_every_tensor_has_one_owner_but_a_shared_trunk(objective, rule):
    experiment, _ = prepared(objective, rule)
    stepped = {}
    for name in ("forward", "backward"):
        optimizer = getattr(experiment, f"{name}_optimizer")
        for group in [] if optimizer is None else optimizer.param_groups:
            for parameter in group["params"]:
                stepped.setdefault(id(parameter), []).append(name)
    names = {id(item): name for name, item in experiment.networks.named_parameters()}
    assert set(stepped) == set(names), "an optimiser owns exactly the live parameters"
    for key, owners in stepped.items():
        if names[key].startswith("trunks"):
            assert owners == (["forward", "backward"] if rule in TRAINED else ["forward"])
        elif "backward_head" in names[key]:
            assert owners == (["backward"] if rule in TRAINED else ["forward"])
        else:
            assert owners == ["forward"]


@pytest.mark.parametrize(("objective", "rule"), CELLS)
@pytest.mark.parametrize("share", ["trunk", "none"])
def test_the_forward_step_leaves_the_backward_side_alone(objective, rule, share):
    experiment, learner = prepared(objective, rule, share=share)
    warmed(experiment, learner)
    batch = batch_of(experiment)
    before, target = snapshot(experiment.networks), snapshot(experiment.backward_target)
    moments = optimiser_state(experiment.backward_optimizer)
    learner.update_forward(Lesson(batch=batch), 1.0)
    moved = changed(before, snapshot(experiment.networks))
    assert any("forward_head" in name for name in moved)
    assert any("backward_head" in name for name in moved) == (rule == "naive")
    if share == "none" and rule in TRAINED:
        assert not any("backward_trunk" in name for name in moved)
    assert same(target, snapshot(experiment.backward_target))
    assert same(moments, optimiser_state(experiment.backward_optimizer))
    assert no_gradients(experiment)


@pytest.mark.parametrize(("objective", "rule"), [cell for cell in CELLS if cell[1] in TRAINED])
@pytest.mark.parametrize("share", ["trunk", "none"])
def test_the_backward_step_leaves_the_forward_side_alone(objective, rule, share):
    experiment, learner = prepared(objective, rule, share=share)
    warmed(experiment, learner)
    batch = batch_of(experiment)
    before, moments = snapshot(experiment.networks), optimiser_state(experiment.forward_optimizer)
    learner.update_backward(batch)
    moved = changed(before, snapshot(experiment.networks))
    assert any("backward_head" in name for name in moved)
    for name in moved:
        allowed = "backward_head" in name or "trunks.shared" in name or "backward_trunk" in name
        assert allowed, name
    assert same(moments, optimiser_state(experiment.forward_optimizer))
    assert no_gradients(experiment)


@pytest.mark.parametrize(("objective", "rule"), CELLS)
def test_a_left_over_gradient_has_no_effect(objective, rule):
    """A gradient that someone leaves on any parameter must not enter a step."""
    after = []
    for spoil in (False, True):
        experiment, learner = prepared(objective, rule)
        batch = batch_of(experiment)
        for update in experiment.program.updates:
            if spoil:
                for parameter in experiment.networks.parameters():
                    parameter.grad = torch.full_like(parameter, 1e3)
            if update == "backward":
                learner.update_backward(batch)
            else:
                learner.update_forward(Lesson(batch=batch), 1.0)
        after.append(snapshot(experiment.networks))
        assert no_gradients(experiment)
    assert same(*after)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_only_naive_sends_the_objective_into_the_backward_head(objective):
    for rule in [rule for other, rule in CELLS if other == objective]:
        experiment, learner = prepared(objective, rule)
        warmed(experiment, learner)
        learner.forward_loss(batch_of(experiment)).backward()
        networks = experiment.networks
        if "backward" not in networks.trunk_of:
            continue
        gradient = networks.head("backward").weight.grad
        assert (gradient is not None and bool(gradient.any())) == (rule == "naive")
        if experiment.backward_target is not None:
            assert all(not item.requires_grad for item in experiment.backward_target.parameters())
            assert all(item.grad is None for item in experiment.backward_target.parameters())


def test_the_target_moves_by_exactly_tau_and_never_shares_memory():
    experiment, learner = prepared("tb", "tlm", encoder=SMALL)
    warmed(experiment, learner)
    live = dict(experiment.networks.named_parameters())
    copies = dict(experiment.backward_target.named_parameters())
    assert copies.keys() == {name for name in live if "backward_head" in name or "trunk" in name}
    for name, item in copies.items():
        assert item.data_ptr() != live[name].data_ptr()
    before = snapshot(experiment.backward_target)
    learner.update_backward(batch_of(experiment))
    after, online = snapshot(experiment.backward_target), snapshot(experiment.networks)
    for name in copies:
        expected = before[name].double() + 0.25 * (online[name].double() - before[name].double())
        assert torch.allclose(after[name].double(), expected, atol=1e-7)
    assert any(not torch.equal(before[name], after[name]) for name in copies)


def test_the_learning_rate_of_the_backward_policy_decays_by_its_updates():
    experiment, learner = prepared("tb", TrajectoryLikelihoodMaximization(lr=0.01, lr_decay=0.97))
    for update in range(1, 6):
        learner.update_forward(Lesson(batch=batch_of(experiment)), 0.5)
        learner.update_backward(batch_of(experiment))
        rate = experiment.backward_optimizer.param_groups[0]["lr"]
        assert rate == pytest.approx(0.01 * 0.97**update, rel=1e-6)
    assert experiment.forward_optimizer.param_groups[0]["lr"] == pytest.approx(0.5 * 1e-2)
    assert experiment.forward_optimizer.param_groups[1]["lr"] == pytest.approx(0.5 * 0.1)


@pytest.mark.parametrize("rule", ["naive", *TRAINED])
def test_the_backward_policy_starts_uniform(rule):
    experiment, learner = prepared("tb", rule)
    batch = batch_of(experiment)
    assert not experiment.networks.head("backward").weight.any()
    hidden = experiment.networks.trunk("backward")(batch.trajectories.states)
    from gflowspec.executor.estimates import backward_log_probabilities

    name = experiment.networks.trunk_of["backward"]
    found = backward_log_probabilities(experiment.networks, {name: hidden}, batch)
    assert torch.allclose(found, -batch.backward_mask.sum(0).float().log(), atol=1e-6)
    if experiment.backward_target is not None:
        assert torch.allclose(learner._constant_log_pb(batch), found, atol=1e-6)


def test_a_random_start_is_not_uniform():
    rule = TrajectoryLikelihoodMaximization(lr=0.01, init="random")
    experiment, _ = prepared("tb", rule)
    assert experiment.networks.head("backward").weight.abs().max() > 0.01


def test_updates_come_in_the_declared_order():
    for update, order in (("before", ("backward", "forward")), ("after", ("forward", "backward"))):
        rule = TrajectoryLikelihoodMaximization(lr=0.01, update=update)
        experiment, _ = prepared("tb", rule)
        assert experiment.program.updates == order


@pytest.mark.parametrize("world", ["stop", "forced"])
@pytest.mark.parametrize("update", ["before", "after"])
@pytest.mark.parametrize("share", ["trunk", "none"])
@pytest.mark.parametrize("objective", ["tb", "db"])
def test_reused_activations_give_the_gradients_of_recomputed_ones(world, update, share, objective):
    rule = TrajectoryLikelihoodMaximization(lr=0.01, update=update)
    experiment, learner = prepared(objective, rule, world=world, share=share)
    warmed(experiment, learner)
    batch = batch_of(experiment)
    reuse = experiment.program.reuse
    assert reuse.forward == (update == "after" or share == "none")
    assert reuse.backward == (update == "before" and share == "trunk")
    from attrs import evolve

    losses = {"forward": learner.forward_loss, "backward": learner.backward_loss}
    for name, loss_of in losses.items():
        if not getattr(reuse, name):
            continue
        gradients = []
        for kept in (batch.kept, ()):
            learner._clear()
            loss_of(evolve(batch, kept=kept)).backward()
            found = experiment.networks.named_parameters()
            gradients.append({n: p.grad.clone() for n, p in found if p.grad is not None})
        assert gradients[0].keys() == gradients[1].keys()
        for key in gradients[0]:
            assert torch.allclose(gradients[0][key], gradients[1][key], rtol=1e-4, atol=1e-5), key


def test_activations_are_never_taken_after_the_trunk_has_moved():
    """With stale activations the P_F loss of an iteration would not see the P_B step before it."""
    experiment, learner = prepared("tb", "tlm")
    batch = batch_of(experiment)
    assert batch.kept
    before = learner.forward_loss(batch)
    with torch.no_grad():
        for parameter in experiment.networks.trunk("forward").parameters():
            parameter.mul_(1.5)
    assert not torch.isclose(before, learner.forward_loss(batch))
