"""Hashes see meaning, not text."""

import pytest
from texts import experiment

from gflowspec.ir.hashes import hashes, short

TEXT = """gfs 1.0
environment Grid(side: int[2..9] = 4) {
  state { x: array[2] of int[0..side - 1] = 0 }
  action step(i in index(x)) when sum(v for v in x) < 5 { x[i] += 1 }
  stop
}
reward Flat(height: real(0..) = 1) for Grid { R = height + 1 / 2 * sum(x[i] for i in index(x)) }
experiment e {
  environment = Grid()
  reward = Flat()
  objective = tb(lr_z = 0.1)
  train { steps = 10 }
}
"""


def of(text, *overrides):
    instance, config, found = experiment(text, *overrides)
    assert config is not None, [item.message for item in found]
    return hashes(instance, config)


BEFORE = of(TEXT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("stop", "stop   # a comment"),
        ("  stop", "\n\n\n     stop\n"),
        ("state", "## what it is\n  state"),
        ("step(i in index(x)) when", "step(place in 0..1) when"),
        ("sum(v for v in x)", "sum(w for w in x)"),
        ("sum(x[i] for i in index(x))", "sum(x[j] for j in 0..1)"),
        ("1 / 2", "0.5"),
        ("objective = tb(lr_z = 0.1)", "objective = tb"),
        ("environment = Grid()", "environment = Grid(side = 4)"),
        (
            "  stop",
            '  let total = sum(x)\n  assert side > 1, "large"\n  scope { side = 3 }\n  stop',
        ),
        ("train { steps = 10 }", "train { steps = 10 device = cpu budget = 1h }"),
        ("train { steps = 10 }", "train { steps = 10 } evaluate.final = [loss()] track.tags.a = x"),
        ("train { steps = 10 }", "train { steps = 10 } compile.scope_limit = 3"),
    ],
)
def test_what_does_not_count(old, new):
    assert old in TEXT
    text = TEXT.replace(old, new)
    if "place" in new:
        text = text.replace("{ x[i] += 1 }", "{ x[place] += 1 }")
    assert of(text) == BEFORE


@pytest.mark.parametrize(
    ("overrides", "changed"),
    [
        (("environment.side=5",), {"env", "task", "run"}),
        (("reward.height=2",), {"task", "run"}),
        (("train.seed=1",), {"run"}),
        (("train.steps=11",), {"run"}),
        (("policy.backward=tlm",), {"run"}),
        (("objective.lr_z=0.2",), {"run"}),
        (("compile.table_limit=3",), {"run"}),
        (("train.precision=float64",), {"run"}),
    ],
)
def test_what_counts(overrides, changed):
    after = of(TEXT, *overrides)
    assert {kind for kind in BEFORE if BEFORE[kind] != after[kind]} == changed


@pytest.mark.parametrize(
    ("old", "new"),
    [("< 5", "<= 5"), (" step(", " move("), ("stop", "stop when x[0] > 0"), ("+= 1", "+= 2")],
)
def test_other_environments_have_other_hashes(old, new):
    assert of(TEXT.replace(old, new))["env"] != BEFORE["env"]


def test_the_version_of_the_ir_stands_beside_the_hash():
    for kind, text in BEFORE.items():
        assert text.startswith(f"{kind}:1/")
        assert len(text.split("/")[1]) == 64
    assert short(BEFORE["run"]) == BEFORE["run"][: len("run:1/") + 6]
