"""What components declare about themselves."""

from __future__ import annotations

import inspect
import subprocess
import sys
from fractions import Fraction
from importlib.metadata import EntryPoint

import attrs
import pytest

from gflowspec.components.backward.tlm import TrajectoryLikelihoodMaximization
from gflowspec.components.discover import FOLDERS, built_in, vocabulary
from gflowspec.components.needs import BackwardNeed, Estimate, Owner
from gflowspec.core.errors import UsageError
from gflowspec.core.schema import KINDS, REQUIRED, ComponentCall, Vocabulary, call_of, parameters

COMPONENTS = [cls for names in vocabulary().components.values() for cls in names.values()]
CLASSES = [*COMPONENTS, *vocabulary().sections.values()]

EXPECTED = {
    "objective": (
        "db",
        "flow_matching",
        "forward_looking_db",
        "modified_db",
        "modified_subtb",
        "munchausen_dqn",
        "soft_dqn",
        "subtb",
        "tb",
        "vargrad",
    ),
    "backward": ("maxent", "naive", "pessimistic", "tlm", "uniform"),
    "forward": ("learned",),
    "head": ("additive", "autoregressive", "joint"),
    "encoder": ("mlp", "tabular", "transformer"),
    "exploration": ("epsilon", "tempered"),
    "residual": ("huber", "squared"),
    "replay": ("objects", "prioritized", "uniform"),
    "test_set": ("flips", "rows", "samples", "seen", "target", "uniform"),
    "optimizer": ("adam",),
    "schedule": ("constant", "cosine", "exponential", "half_life", "linear"),
    "tracker": ("mlflow", "none"),
    "device": ("auto", "cpu", "cuda"),
}


def test_names_of_every_kind():
    for kind, names in EXPECTED.items():
        assert vocabulary().names(kind) == names
    assert set(EXPECTED) | {"metric"} == set(KINDS)
    assert {"tv_exact", "kl_exact", "tv_empirical", "modes_found"} <= set(
        vocabulary().names("metric")
    )


def test_the_vocabulary_needs_neither_torch_nor_numpy_nor_mlflow():
    program = (
        "import sys; from gflowspec.components.discover import vocabulary; vocabulary();"
        "from gflowspec.components.conflicts import find;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'numpy', 'mlflow', 'networkx')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_name_declared_twice_is_refused():
    with pytest.raises(ValueError, match="two components are called 'tlm'"):
        Vocabulary.of([TrajectoryLikelihoodMaximization] * 2, {})


OTHER = attrs.make_class(
    "Other", [], class_body={"component_kind": "residual", "component_name": "other"}
)


def with_announced(monkeypatch, value):
    entry = EntryPoint("mine", value, "gflowspec.components")
    monkeypatch.setattr("gflowspec.components.discover.is_extended", lambda: True)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [entry])
    return vocabulary.__wrapped__()


def test_third_parties_announce_components(monkeypatch):
    found = with_announced(monkeypatch, f"{__name__}:OTHER")
    assert found.names("residual") == ("huber", "other", "squared")


@pytest.mark.parametrize(
    ("value", "message"),
    [("no.such.module:Thing", "cannot be imported"), ("math:sin", "is not a component")],
)
def test_a_broken_announcement_is_explained(monkeypatch, value, message):
    with pytest.raises(UsageError, match=message) as caught:
        with_announced(monkeypatch, value)
    assert value in caught.value.diagnostic.message


@pytest.mark.parametrize("cls", COMPONENTS, ids=lambda cls: cls.component_name)
def test_a_component_explains_itself(cls):
    assert inspect.getdoc(cls)
    assert cls.__doc__
    module = cls.__module__.rsplit(".", 2)
    assert module[-2] in FOLDERS
    if cls.component_kind != "metric":
        assert module[-1] == cls.component_name


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_settings_are_documented_and_their_defaults_are_legal(cls):
    for item in parameters(cls):
        assert item.doc
        assert not item.doc.endswith(".")
        if item.type == "component" and item.default not in (None, REQUIRED):
            assert item.default.component_kind == item.kind
        if item.choices:
            assert item.default in item.choices
        if item.default in (None, REQUIRED):
            assert item.default is REQUIRED or item.optional
        elif item.range is not None:
            values = item.default if isinstance(item.default, tuple) else (item.default,)
            assert all(item.range.contains(value) for value in values)


@pytest.mark.parametrize("cls", COMPONENTS, ids=lambda cls: cls.component_name)
def test_a_component_survives_its_call(cls):
    required = {"lr": 0.5, "gamma": 0.5, "iterations": 10, "of": "band", "via": "bits"}
    names = [item.name for item in parameters(cls) if item.default is REQUIRED]
    made = cls(**{name: required[name] for name in names})
    call = call_of(made)
    assert (call.kind, call.name) == (cls.component_kind, cls.component_name)
    assert vocabulary().build(call) == made


def test_exact_numbers_of_a_configuration_become_floats():
    arguments = {
        "lr": Fraction(1, 1000),
        "lr_decay": Fraction(999, 1000),
        "target_tau": 1,
        "init": "uniform",
        "update": "after",
    }
    rule = vocabulary().build(ComponentCall("backward", "tlm", arguments))
    assert (rule.lr, rule.lr_decay, rule.target_tau) == (0.001, 0.999, 1.0)
    assert all(isinstance(x, float) for x in (rule.lr, rule.lr_decay, rule.target_tau))
    adam = vocabulary().find("optimizer", "adam")(lr=1, betas=(0, Fraction(1, 2)))
    assert adam.betas == (0.0, 0.5)
    assert vocabulary().find("optimizer", "adam")().clip_norm is None


def test_objectives_and_backward_rules_declare_what_they_need():
    for name in vocabulary().names("objective"):
        objective = vocabulary().find("objective", name)()
        assert Estimate.LOG_PF in objective.requires
        assert (Estimate.LOG_PB in objective.requires) == (name != "flow_matching")
    for name, owner, needs in (
        ("uniform", Owner.NOBODY, set()),
        ("maxent", Owner.NOBODY, {BackwardNeed.PATH_COUNTS}),
        ("naive", Owner.OBJECTIVE, {BackwardNeed.HEAD}),
        ("tlm", Owner.BACKWARD, {BackwardNeed.HEAD, BackwardNeed.TARGET}),
        ("pessimistic", Owner.BACKWARD, {BackwardNeed.HEAD}),
    ):
        rule = vocabulary().find("backward", name)
        assert rule.owner is owner
        assert rule.needs == needs


def test_the_learning_rate_of_tlm_follows_that_of_the_optimiser():
    (lr,) = [p for p in parameters(TrajectoryLikelihoodMaximization) if p.key == "lr"]
    assert lr.follows == "train.optimizer.lr"
    assert lr.default is REQUIRED
    assert not lr.range.contains(0)


def test_lambda_is_called_so():
    keys = [p.key for p in parameters(vocabulary().find("objective", "subtb"))]
    assert keys == ["lambda", "weighting", "residual"]


def test_modules_are_found_in_order():
    names = [cls.component_name for cls in built_in() if cls.component_kind == "backward"]
    assert names == ["maxent", "naive", "pessimistic", "tlm", "uniform"]
