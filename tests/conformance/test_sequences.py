"""Random environments over sequences against models in plain Python: the masks are the edges."""

import math
from collections import Counter

import pytest
import torch
from hypothesis import HealthCheck, given, settings

from conformance.sequence_models import MOST, MOST_R, Model, held, models
from conformance.test_environments import METHODS, check_forward, check_rewards, pair
from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import instantiate
from gflowspec.components.discover import vocabulary
from gflowspec.lang.spec import load
from gflowspec.semantics.explore import explore
from gflowspec.semantics.masks import forward_mask
from gflowspec.semantics.transition import parents, successors


def compiled(model, folder):
    path = folder / "e.gfs"
    path.write_text(model.text)
    spec, _ = load(str(path), (), vocabulary())
    instance, found = instantiate(spec, "E", {}, "G")
    assert instance is not None, (model.text, found)
    derived, found = derive(instance.environment)
    assert derived is not None, (model.text, found)
    return derived, instance.rewards[0]


def plain(model, arguments):
    """Arguments as the interpreter holds them."""
    truth = model.element == "bool"
    return {k: bool(v) if truth and k == "v" else v for k, v in arguments.items()}


def key(name, arguments):
    return name, tuple(sorted(arguments.items()))


@given(model=models())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_masks_are_the_children_and_parents_of_the_model(model: Model, tmp_path):
    check_masks(model, tmp_path)


@pytest.mark.slow
@given(model=models())
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
def test_masks_of_many_models(model: Model, tmp_path):
    check_masks(model, tmp_path)


def check_masks(model, folder):
    """Forward masks are the children, backward masks those who have the state as a child."""
    derived, reward = compiled(model, folder)
    addresses = {move.name: move.addresses for move, _ in model.moves}
    children, back = {}, {}
    for x in model.states():
        steps = model.steps(x)
        children[x] = Counter(
            (*key(name, plain(model, arguments)), held(child, model))
            for name, arguments, child in steps
        )
        for name, arguments, child in steps:
            kept = {k: v for k, v in arguments.items() if k in addresses[name]}
            back.setdefault(child, Counter())[(*key(name, kept), held(x, model))] += 1
    few = model.states()[:: max(1, len(model.states()) // 60)]
    for x in few:
        found = successors(derived, held(x, model))
        assert Counter((*key(s.action, s.arguments), s.state) for s in found) == children[x]
        found = parents(derived, held(x, model))
        assert Counter((*key(s.action, s.arguments), s.state) for s in found) == back.get(
            x, Counter()
        ), (model.text, x)
    check_tensors(model, derived, reward)


def check_tensors(model, derived, reward):
    """The tensor program agrees with the interpreter, and both with the rewards of the model."""
    fast, slow = pair(derived, reward)
    exploration = explore(derived, 4_000)
    states = fast.encode(exploration.states[:60])
    for name in METHODS:
        assert torch.equal(getattr(fast, name)(states), getattr(slow, name)(states)), name
    check_forward(fast, slow, states)
    check_rewards(fast, slow, states)
    known = {held(x, model): x for x in model.states()}
    ends = fast.is_terminal(states) | fast.can_stop(states)
    wanted = [math.log(model.reward(known[state])) for state in fast.decode(states[ends])]
    found = fast.log_reward(states[ends])
    torch.testing.assert_close(found, torch.tensor(wanted, dtype=torch.float64))


@given(model=models())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_reached_is_what_the_model_reaches(model, tmp_path):
    derived, _ = compiled(model, tmp_path)
    source = ((), (), 0)
    reached, frontier = {source}, [source]
    while frontier:
        frontier = [c for x in frontier for _, _, c in model.steps(x) if c not in reached]
        frontier = list(dict.fromkeys(frontier))
        reached.update(frontier)
    found = explore(derived, 10_000)
    assert set(found.states) == {held(x, model) for x in reached}
    assert len(found.edges) == sum(len(model.steps(x)) for x in reached)
    assert all(len(state[0]) == MOST and len(state[1]) == MOST_R for state in found.states)
    assert sum(forward_mask(derived, found.states[0])) == len(model.steps(source)) + 1
