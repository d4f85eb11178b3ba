"""Native and eager rollouts take the same decisions given the same noise."""

import copy
import tempfile
from functools import cache
from pathlib import Path

import attrs
import pytest
import torch
from compilers import needs_compiler
from conformance.random_specs import specs
from conformance.test_environments import FILES, at_scope
from fixtures_ir import const
from hypothesis import HealthCheck, Phase, assume, given, settings

from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import instantiate
from gflowspec.compiler.environment import Environment
from gflowspec.components.discover import vocabulary
from gflowspec.components.encoders.mlp import MLP
from gflowspec.components.encoders.tabular import Tabular
from gflowspec.components.exploration.epsilon import Epsilon
from gflowspec.components.exploration.tempered import Tempered
from gflowspec.core.errors import InternalError, SpecInvalid, TooManyStates
from gflowspec.executor import native, sampling
from gflowspec.executor.evaluate import Evaluator
from gflowspec.executor.packing import pack
from gflowspec.executor.rollout import rollout
from gflowspec.executor.trainer import train
from gflowspec.executor.updates import Learner
from gflowspec.lang.spec import load
from tests.executor.experiments import experiment_of, same
from tests.executor.test_resume import everything
from tests.executor.worlds import Grid

NETS = {
    "Hypergrid": MLP(hidden=(33, 7)),
    "BitSeq": MLP(hidden=(24, 16), activation="tanh", input="thermometer"),
    "Permutation": MLP(hidden=(16, 40), activation="gelu", input="ordinal"),
    "Ordering": MLP(hidden=(20, 20, 20), activation="silu", input="embedding"),
}
FILE = {"Hypergrid": "hypergrid.gfs", "BitSeq": "bitseq.gfs"}


@cache
def world(name="Hypergrid"):
    """An environment of the library at its scope."""
    pairs = at_scope(FILE.get(name, "permutations.gfs"))
    return Environment.of(*next(p for p in pairs if p[0].environment.name == name))


def experiment(name="Hypergrid", *cell, encoder=None, **more):
    """With a policy that is far from uniform."""
    chosen = {"encoder": encoder or NETS[name], "lowering": "native"} | more
    found = experiment_of(world(name), *(cell or ("tb", "tlm")), **chosen)
    head = found.networks.head("forward")
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        head.weight.normal_(generator=generator).mul_(1.5)
        head.bias.normal_(generator=generator)
        if found.environment.has_stop:
            head.bias[-1] -= 4  # long trajectories
    return found


policy = cache(experiment)


def sampled(found, size, *, library, exploration=None, keep=True):
    generator = torch.Generator().manual_seed(11)
    record = rollout(
        found.environment,
        found.networks,
        size,
        generator=generator,
        exploration=exploration,
        keep=keep,
        library=library,
    )
    return record, generator.get_state()


def both(found, size, **more):
    """The record of each lowering, after a check that they are the same."""
    library = found.lowering.library
    assert library is not None, found.lowering.reason
    (one, after), (two, after_too) = (
        sampled(found, size, library=which, **more) for which in (None, library)
    )
    assert torch.equal(after, after_too), "the same noise was drawn"
    for field in attrs.fields(type(one)):
        first, second = getattr(one, field.name), getattr(two, field.name)
        if field.name == "kept":
            assert len(first) == len(second)
            for a, b in zip(first, second, strict=True):
                torch.testing.assert_close(a, b, rtol=0, atol=2e-6)
        elif isinstance(first, torch.Tensor):
            assert torch.equal(first, second), field.name
            assert first.dtype == second.dtype, field.name
        else:
            assert first == second, field.name
    return one, two


@needs_compiler
@pytest.mark.parametrize("name", NETS)
def test_records_and_losses_are_the_same(name):
    found = experiment(name)
    learner = Learner(experiment=found, tables=Evaluator.of(found).tables)
    batches = [pack(found.environment, record, found.dtype) for record in both(found, 40)]
    for loss in (learner.forward_loss, learner.backward_loss):
        first, second = (loss(batch) for batch in batches)
        torch.testing.assert_close(first, second, rtol=2e-6, atol=0)
        gradients = []
        for value in (first, second):
            learner._clear()
            value.backward()
            gradients.append([p.grad for p in found.networks.parameters() if p.grad is not None])
        for one, two in zip(*gradients, strict=True):
            torch.testing.assert_close(one, two, rtol=2e-5, atol=2e-5)


def pairs_of(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "e.gfs")
        path.write_text(text)
        instance, _ = instantiate(load(str(path), (), vocabulary())[0], "E", {}, "G")
    return derive(instance.environment)[0], instance.rewards[0]


def check_whole(derived, reward):
    """Records and both losses of an environment, with any reward."""
    plain = attrs.evolve(reward, value=const(1), log_value=None, mode=None, lets={})
    chosen = {"encoder": MLP(hidden=(12, 20)), "lowering": "native"}
    found = experiment_of(Environment.of(derived, plain), "tb", "tlm", **chosen)
    if found.lowering.name == "eager":
        return False
    records = both(found, 12)
    learner = Learner(experiment=found)
    for loss in (learner.forward_loss, learner.backward_loss):
        one, two = (loss(pack(found.environment, item, found.dtype)) for item in records)
        torch.testing.assert_close(one, two, rtol=2e-6, atol=2e-6)
    return True


@needs_compiler
@pytest.mark.slow
def test_every_environment_of_the_library_is_sampled_alike():
    pairs = {pair[0].environment.name: pair for file in FILES for pair in at_scope(file)}
    assert len(pairs) >= 8
    for pair in pairs.values():
        assert check_whole(*pair)


@needs_compiler
@pytest.mark.slow
@given(text=specs())
@settings(max_examples=12, deadline=None, derandomize=True, database=None,
          phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
def test_random_environments_are_sampled_alike(text):
    derived, reward = pairs_of(text)
    world = Environment.of(derived, reward)
    try:
        table = world.enumerate(2000)
    except TooManyStates:
        return
    live = world.forward_mask(table.states).any(1) | world.is_terminal(table.states)
    # No dead end, and no end where trajectories begin.
    assume(bool(live.all()) and not bool(world.is_terminal(world.source(1))))
    check_whole(derived, reward)


DEAD_END = """gfs 1.0
environment E() {
  state { x: array[2] of int[0..2] = 0 }
  action step(i in index(x)) when x[0] < 1 { x[i] += 1 }
  stop when x[1] == 2
}
reward G() for E { R = 1 }
"""


@needs_compiler
@pytest.mark.parametrize("explore", [None, Epsilon(probability=1.0)])
@pytest.mark.parametrize(
    ("backend", "error"), [("watched", SpecInvalid), ("tensor", InternalError)]
)
def test_a_dead_end_is_refused(backend, error, explore):
    environment = Environment.of(*pairs_of(DEAD_END), backend=backend)
    chosen = {"encoder": NETS["Hypergrid"], "lowering": "native"}
    found = experiment_of(environment, "tb", "uniform", **chosen)
    with pytest.raises(error) as caught:
        sampled(found, 40, library=found.lowering.library, exploration=explore)
    if backend == "watched":
        assert [item.code for item in caught.value.diagnostics] == ["GFS503"]


@needs_compiler
def test_a_policy_without_hidden_layers_has_a_native_form():
    both(experiment(encoder=MLP(hidden=(), input="thermometer", activation="leaky_relu")), 30)


@needs_compiler
@pytest.mark.parametrize("size", [1, 5, 60])
@pytest.mark.parametrize("name", ["Hypergrid", "BitSeq"])
@pytest.mark.parametrize("keep", [True, False])
def test_any_number_of_rows(name, size, keep):
    both(policy(name), size, keep=keep)


@needs_compiler
@pytest.mark.parametrize("many", [1, 1000])
@pytest.mark.parametrize("name", ["Hypergrid", "BitSeq"])
@pytest.mark.parametrize("actions", ["any", "stop", "moves"])
@pytest.mark.parametrize("probability", [0.02, 0.5])
def test_steps_that_explore(name, many, actions, probability, monkeypatch):
    monkeypatch.setattr(sampling, "MANY_ACTIONS", many)
    both(policy(name), 20, exploration=Epsilon(probability=probability, actions=actions))


@needs_compiler
@pytest.mark.parametrize("many", [1, 1000])
@pytest.mark.parametrize(("chunk", "page"), [(2, 1 << 26), (3, 1), (64, 1)])
def test_noise_and_buffers_go_on_when_a_trajectory_is_longer(many, chunk, page, monkeypatch):
    monkeypatch.setattr(sampling, "MANY_ACTIONS", many)
    monkeypatch.setattr(sampling, "CHUNK", chunk)
    monkeypatch.setattr(native, "PAGE", page)
    for name in ("Hypergrid", "BitSeq"):
        both(policy(name), 16)
        both(policy(name), 16, exploration=Epsilon(probability=0.1))


@needs_compiler
@pytest.mark.parametrize("name", ["Hypergrid", "BitSeq"])
def test_a_record_within_the_horizon_is_written_in_place(name, monkeypatch):
    pages = []
    opened = native._Walker._open_page
    monkeypatch.setattr(
        native._Walker, "_open_page", lambda self, *a: pages.append(a) or opened(self, *a)
    )
    sampled(policy(name), 16, library=policy(name).lowering.library)
    assert len(pages) == 1


@needs_compiler
@pytest.mark.parametrize("horizon", [0, 2, None])
def test_a_horizon_that_is_wrong_or_unknown_breaks_nothing(horizon):
    found = experiment()
    derived = found.environment.derived
    sizes = attrs.evolve(derived.sizes, horizon=horizon)
    environment = copy.copy(found.environment)
    environment.derived = attrs.evolve(derived, sizes=sizes)
    found = attrs.evolve(found, environment=environment)
    one, _ = both(found, 16)
    assert len(one.counts) > 3


@needs_compiler
@pytest.mark.parametrize("many", [1, 1000])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_policy_that_is_not_finite_takes_legal_actions(many, value, monkeypatch):
    monkeypatch.setattr(sampling, "MANY_ACTIONS", many)
    for name in ("Hypergrid", "BitSeq"):
        found = experiment(name)
        with torch.no_grad():
            found.networks.head("forward").weight.fill_(value)
        record, _ = sampled(found, 20, library=found.lowering.library)
        legal = record.masks.gather(1, record.actions.unsqueeze(1))
        assert bool(legal.all())


@needs_compiler
def test_the_states_of_a_record_are_not_those_of_the_environment():
    found = experiment()
    before = found.environment.source(1).clone()
    sampled(found, 1, library=found.lowering.library)
    assert torch.equal(found.environment.source(1), before)


@needs_compiler
def test_training_takes_its_steps_in_the_library(monkeypatch):
    found = experiment(steps=9)
    assert found.lowering.name == "native"
    calls = []
    library = found.lowering.library
    go = library.go
    monkeypatch.setattr(library, "go", lambda walk, noise: calls.append(1) or go(walk, noise))
    trunk = found.networks.trunk("forward")
    monkeypatch.setattr(trunk, "acting", None)
    steps = []
    result = train(found, should_stop=lambda: steps.append(len(calls)) or len(steps) == 5)
    assert result.steps == 5
    assert steps == sorted(set(steps)), "every iteration calls it"


@needs_compiler
@pytest.mark.parametrize("name", ["Hypergrid", "BitSeq"])
def test_a_resumed_native_run_is_the_uninterrupted_one(name, tmp_path):
    def fresh():
        return experiment(name, steps=12, explore=Epsilon(probability=0.1))

    whole = fresh()
    train(whole)
    steps = []
    train(fresh(), checkpoint_dir=tmp_path, should_stop=lambda: steps.append(0) or len(steps) >= 5)
    second = fresh()
    assert second.lowering.name == "native"
    train(second, checkpoint_dir=tmp_path, resume_from=tmp_path)
    one, two = everything(whole), everything(second)
    for part in one:
        assert same(one[part], two[part]), part


# What decides


def test_short_runs_are_not_compiled():
    assert experiment(steps=10, lowering="auto").lowering.name == "eager"
    assert not experiment(steps=10, lowering="auto").lowering.reason


@needs_compiler
def test_long_runs_are_compiled():
    assert experiment(steps=10_000, lowering="auto").lowering.name == "native"
    assert experiment(steps=10_000, lowering="eager").lowering.name == "eager"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"encoder": Tabular()}, "tabular"),
        ({"precision": "float64"}, "float64"),
        ({"explore": Tempered(policy_temperature=2.0)}, "tempered"),
    ],
)
def test_what_has_no_native_form_is_eager_and_says_why(more, words):
    chosen = {"encoder": NETS["Hypergrid"], "lowering": "native"} | more
    found = experiment_of(world(), "tb", "uniform", **chosen)
    assert found.lowering.name == "eager"
    assert words in found.lowering.reason


def test_an_environment_that_is_not_compiled_is_eager():
    found = experiment_of(Grid(2, 3), lowering="native")
    assert found.lowering.name == "eager"


def test_without_a_compiler_runs_are_eager(monkeypatch, tmp_path):
    monkeypatch.setenv("CXX", str(tmp_path / "nothing"))
    found = experiment(steps=3)
    assert found.lowering.name == "eager"
    assert "nothing" in found.lowering.reason
    assert train(found).steps == 3
