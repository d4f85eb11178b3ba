"""Interpreter and tensor program: two executions, one meaning.

Every environment of the standard library at its scope and at sizes where tables, pieces and large
action sets matter, and random small ones.
"""

import tempfile
from functools import cache
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings

from conformance.random_specs import specs
from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import elaborate_library, instantiate
from gflowspec.compiler.environment import Environment
from gflowspec.components.discover import vocabulary
from gflowspec.core.errors import TooManyStates
from gflowspec.core.resources import std_directory
from gflowspec.lang.spec import load
from gflowspec.semantics.explore import explore

FILES = sorted(path.name for path in std_directory().glob("*.gfs"))
# File, environment, reward, parameters: larger than any scope.
LARGER = (
    ("hypergrid.gfs", "Hypergrid", "Corners", {"dim": 4, "side": 20}),
    ("hypergrid.gfs", "Hypergrid", "Cosine", {"dim": 3, "side": 11}),
    ("hypergrid.gfs", "Hypergrid", "Sparse", {"dim": 3, "side": 9}),
    ("hypergrid.gfs", "Hypergrid", "Deceptive", {"dim": 2, "side": 33}),
    ("bitseq.gfs", "BitSeq", "ModeSet", {"n": 24, "k": 4}),
    ("bitseq.gfs", "BitSeq", "ModeSet", {"n": 120, "k": 8}),
    ("bitseq.gfs", "BitSeqBothEnds", "ModeSet", {"n": 120, "k": 8}),
    ("sequences.gfs", "Anywhere", "Motif", {"length": 12, "alphabet": "ACGT"}),
    ("sequences.gfs", "Sequence", "Motif", {"max_length": 30, "vocab": 300}),
    ("permutations.gfs", "Permutation", "Mallows", {"n": 9}),
    ("permutations.gfs", "Ordering", "Footrule", {"n": 9}),
    ("bayesnet.gfs", "Structure", "Chain", {"d": 7, "max_parents": 3}),
    ("ising.gfs", "Spins", "Ising", {"side": 5}),
)
METHODS = ("forward_mask", "backward_mask", "is_terminal", "can_stop")


@cache
def loaded(file):
    spec, found = load(str(std_directory() / file), (), vocabulary())
    assert spec is not None, found
    return spec


@cache
def at_scope(file):
    """(derived, reward) of every environment and reward of a file, at its scope."""
    instances, found = elaborate_library(loaded(file))
    assert instances, found
    small = [instance.scope or instance for instance in instances]
    derived = [(derive(instance.environment)[0], instance.rewards) for instance in small]
    return tuple((one, reward) for one, rewards in derived for reward in rewards)


def larger(file, environment, reward, parameters):
    instance, found = instantiate(loaded(file), environment, parameters, reward)
    assert instance is not None, found
    return derive(instance.environment)[0], instance.rewards[0]


def pair(derived, reward):
    return (
        Environment.of(derived, reward),
        Environment.of(derived, reward, backend="reference"),
    )


def visited(environment, walks, seed):
    """States along random walks, the last ones included; each once."""
    generator = torch.Generator().manual_seed(seed)
    states, seen = environment.source(walks), [environment.source(1)]
    for _ in range(environment.sizes.horizon):
        mask = environment.forward_mask(states)
        if environment.has_stop:
            mask = mask[:, :-1]
        alive = mask.any(1)
        states, mask = states[alive], mask[alive]
        if not len(states):
            break
        actions = mask.float().multinomial(1, generator=generator).squeeze(1)
        states, _ = environment.step(states, actions)
        seen.append(states)
    return torch.cat(seen).unique(dim=0)


def few(states, count=40):
    """At most ``count`` of the states, from all over."""
    if len(states) <= count:
        return states
    return states[torch.linspace(0, len(states) - 1, count).long()]


def check_rewards(compiled, reference, states):
    ends = few(states[compiled.is_terminal(states) | compiled.can_stop(states)])
    found, expected = compiled.log_reward(ends), reference.log_reward(ends)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert torch.equal(compiled.is_mode(ends), reference.is_mode(ends))


def check_moves(compiled, reference, states, generator):
    """Masks, and one legal move of each state in each direction."""
    for name in METHODS:
        assert torch.equal(getattr(compiled, name)(states), getattr(reference, name)(states)), name
    forward, backward = compiled.forward_mask(states), compiled.backward_mask(states)
    free, bound = states[forward.any(1)], states[backward.any(1)]
    if len(free):
        weights = forward[forward.any(1)].float()
        actions = weights.multinomial(1, generator=generator).squeeze(1)
        for found, expected in zip(
            compiled.step(free, actions), reference.step(free, actions), strict=True
        ):
            assert torch.equal(found, expected)
        assert torch.equal(
            compiled.backward_of(free, actions), reference.backward_of(free, actions)
        )
    if len(bound):
        weights = backward[backward.any(1)].float()
        actions = weights.multinomial(1, generator=generator).squeeze(1)
        parents = compiled.backward_step(bound, actions)
        assert torch.equal(parents, reference.backward_step(bound, actions))
        redone = compiled.forward_of(bound, actions)
        assert torch.equal(redone, reference.forward_of(bound, actions))
        assert torch.equal(compiled.step(parents, redone)[0], bound)
        assert torch.equal(compiled.backward_of(parents, redone), actions)


@pytest.mark.parametrize("file", FILES)
def test_at_scope_everything_agrees(file):
    for derived, reward in at_scope(file):
        compiled, reference = pair(derived, reward)
        table = compiled.enumerate(20_000)
        found = explore(derived, 20_000)
        assert set(compiled.decode(table.states)) == set(found.states)
        assert len(table.parent) == len(found.edges)
        generator = torch.Generator().manual_seed(1)
        for _ in range(3):
            check_moves(compiled, reference, table.states, generator)
        check_rewards(compiled, reference, table.states)


@pytest.mark.parametrize(
    "case", LARGER, ids=lambda case: f"{case[1]} {case[2]} {list(case[3].values())}"
)
def test_along_random_walks_larger_instances_agree(case):
    compiled, reference = pair(*larger(*case))
    states = few(visited(compiled, walks=4, seed=0))
    check_moves(compiled, reference, states, torch.Generator().manual_seed(2))
    check_rewards(compiled, reference, states)


@given(text=specs())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_environments_agree(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "e.gfs")
        path.write_text(text)
        spec, _ = load(str(path), (), vocabulary())
        instance, found = instantiate(spec, "E", {}, "G")
    assert instance is not None, found
    derived, found = derive(instance.environment)
    assert derived is not None, found
    compiled, reference = pair(derived, instance.rewards[0])
    try:
        table = compiled.enumerate(150)
    except TooManyStates:
        states = visited(compiled, walks=3, seed=0)
    else:
        states = table.states
        assert len(states) == len(explore(derived, 150).states)
    states = states[:60]
    for name in METHODS:
        assert torch.equal(getattr(compiled, name)(states), getattr(reference, name)(states)), name
    check_forward(compiled, reference, states)
    check_rewards(compiled, reference, states)


def check_forward(compiled, reference, states):
    """Every legal step, and its inverse."""
    row, action = compiled.forward_mask(states).nonzero(as_tuple=True)
    for found, expected in zip(
        compiled.step(states[row], action), reference.step(states[row], action), strict=True
    ):
        assert torch.equal(found, expected)
    moves = action != (-1 if compiled.stop_action is None else compiled.stop_action)
    row, action = row[moves], action[moves]
    children = compiled.step(states[row], action)[0]
    undone = compiled.backward_of(states[row], action)
    assert torch.equal(compiled.backward_step(children, undone), states[row])
    assert torch.equal(compiled.forward_of(children, undone), action)
    assert torch.equal(reference.backward_of(states[row], action), undone)
    assert torch.equal(reference.forward_of(children, undone), action)


@pytest.mark.parametrize("file", FILES)
def test_a_row_does_not_depend_on_its_batch(file):
    derived, reward = at_scope(file)[0]
    environment = Environment.of(derived, reward)
    states = environment.enumerate(20_000).states
    order = torch.randperm(len(states), generator=torch.Generator().manual_seed(0))
    for method in (environment.forward_mask, environment.backward_mask, environment.features):
        whole = method(states)
        assert torch.equal(method(states[order]), whole[order])
        assert torch.equal(torch.cat([method(part) for part in states.split(11)]), whole)
