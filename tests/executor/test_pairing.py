"""Arms with one seed are pairs: they share initial weights of common parts, and the first noise."""

import itertools

import pytest
import torch

from gflowspec.compiler.passes.bind_seeds import STREAMS, derived_seed
from gflowspec.executor.rollout import rollout
from tests.executor.experiments import CELLS, experiment_of
from tests.executor.worlds import Grid


def arms(seed):
    """An experiment of every cell."""
    return {cell: experiment_of(Grid(), *cell, seed=seed) for cell in CELLS}


def weights(experiment):
    """Initial parameters by name."""
    return {name: item.detach() for name, item in experiment.networks.named_parameters()}


def first_actions(experiment):
    record = rollout(
        experiment.environment,
        experiment.networks,
        64,
        generator=experiment.generators["rollout"],
    )
    return record.states, record.actions


def test_arms_with_one_seed_share_common_weights_and_the_first_trajectories():
    experiments = arms(seed=3)
    shared = set()
    for first, second in itertools.combinations(experiments.values(), 2):
        ours, theirs = weights(first), weights(second)
        common = ours.keys() & theirs.keys()
        shared |= common
        assert all(torch.equal(ours[name], theirs[name]) for name in common)
    # trunk and forward head are in all of them, the heads of flow and P_B in several
    assert len({name.split(".")[0] for name in shared}) >= 2
    assert {name for name in shared if "forward" in name}
    assert {name for name in shared if "backward" in name}
    drawn = [first_actions(item) for item in experiments.values()]
    for states, actions in drawn[1:]:
        assert torch.equal(states, drawn[0][0])
        assert torch.equal(actions, drawn[0][1])


def test_another_seed_gives_other_weights_and_other_trajectories():
    one, other = (experiment_of(Grid(), "tb", "uniform", seed=seed) for seed in (3, 4))
    ours, theirs = weights(one), weights(other)
    drawn = [name for name in ours if ours[name].abs().sum() > 0 and "log_z" not in name]
    assert drawn
    assert not any(torch.equal(ours[name], theirs[name]) for name in drawn)
    assert not torch.equal(first_actions(one)[1], first_actions(other)[1])


@pytest.mark.parametrize("seed", [0, 1, 2**62])
def test_every_purpose_has_a_stream_of_its_own(seed):
    names = [*STREAMS, "trunk.forward", "head.forward", "head.backward", "head.log_flow"]
    seeds = {derived_seed(seed, name) for name in names} | {derived_seed(seed + 1, names[0])}
    assert len(seeds) == len(names) + 1
    assert all(0 <= item < 2**63 for item in seeds)


def test_noise_of_sampling_leaves_initial_weights_alone():
    """Drawing from one stream moves no other: the same experiment is built before and after."""
    before = experiment_of(Grid(), "db", "tlm", seed=5)
    first_actions(before)
    torch.rand(100)
    after = experiment_of(Grid(), "db", "tlm", seed=5)
    ours, theirs = weights(before), weights(after)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
