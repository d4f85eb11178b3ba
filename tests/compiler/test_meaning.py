"""Two specifications differ where their meaning does, and nowhere else."""

from fractions import Fraction

import pytest
from texts import loaded

from gflowspec.compiler.front import check_experiment
from gflowspec.compiler.meaning import parts_of
from gflowspec.core.source import SourceFile
from gflowspec.ir.diff import changes
from gflowspec.ir.hashes import hashes
from gflowspec.lang.formatter import format_source

TEXT = """gfs 1.0
enum Colour { red, green }
const STEP = 1
environment Grid(side: int[2..9] = 4) {
  let total = sum(v for v in x)
  state { x: array[2] of int[0..side - 1] = 0  paint: Colour? }
  action step(i in index(x)) when total < 5 and paint == empty { x[i] += STEP }
  action colour(c in [red, green]) { paint := c }
  stop when paint != empty
  invariant total <= 5
  invariant x[0] < side
  assert count(states) > 3
  scope { side = 3 }
}
reward Flat(height: real(0..) = 1) for Grid { R = height + x[0]  floor = 1e-3  mode when R > 2 }
reward Tall = Flat(height = 7)
experiment e {
  environment = Grid()
  reward = Flat(height = 2)
  objective = tb(lr_z = 0.1)
  train { steps = 10  batch = 8 }
}
"""


def checked(text):
    spec, found = loaded(text)
    assert spec is not None, found
    result, more = check_experiment(spec, "e")
    assert result is not None, [item.message for item in (*found, *more)]
    return result


BEFORE = checked(TEXT)


def compared(text):
    """The changes of ``TEXT`` to a text, and whether the run hashes are equal."""
    after = checked(text)
    one, other = (hashes(item.instance, item.config) for item in (BEFORE, after))
    return changes(parts_of(BEFORE), parts_of(after)), one["run"] == other["run"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("stop when", "stop   # a comment\n   when"),
        ("  state", "  ## what it is\n  state"),
        ("step(i in index(x))", "step(i in 0..1)"),
        ("v for v in x", "w for w in x"),
        ("const STEP = 1\n", "const STEP = 3 - 2\n"),
        ("{ x[i] += STEP }", "{ x[i] += 1 }"),
        ("objective = tb(lr_z = 0.1)", "objective = tb"),
        ("environment = Grid()", "environment = Grid(side = 4)"),
        ("reward = Flat(height = 2)", "reward = Tall  reward.height = 2"),
        ("  assert count(states) > 3\n", ""),
        ("scope { side = 3 }", "scope { side = 2 }"),
    ],
)
def test_what_is_no_change(old, new):
    assert old in TEXT
    found, equal = compared(TEXT.replace(old, new))
    assert found == ()
    assert equal


def test_renamed_binders_and_formatting_are_no_change():
    renamed = TEXT.replace("step(i in", "step(place in").replace("x[i]", "x[place]")
    renamed = renamed.replace("(c in [red, green]) { paint := c }", "(k in Colours) { paint := k }")
    renamed = renamed.replace("const STEP", "const Colours = [red, green]\nconst STEP")
    formatted, _ = format_source(SourceFile("text.gfs", renamed))
    assert formatted != renamed
    assert compared(formatted) == ((), True)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("batch = 8", "batch = 9", [("train.batch", 8, 9)]),
        ("steps = 10", "steps = 10 seed = 3", [("train.seed", 0, 3)]),
        (
            "tb(lr_z = 0.1)",
            "db",
            [
                ("objective", "tb", "db"),
                ("objective.leaf_weight", None, 1.0),
                ("objective.init_log_z", 0.0, None),
                ("objective.lr_z", 0.1, None),
            ],
        ),
        (
            "Grid(side: int[2..9] = 4)",
            "Grit(side: int[2..9] = 4)",
            [("environment", "Grid", "Grit")],
        ),
        (
            "when total < 5 and",
            "when total < 4 and",
            [
                (
                    "environment.action.step.guard",
                    "sum(x[v] for v in 0..1) < 5 and paint == empty",
                    "sum(x[v] for v in 0..1) < 4 and paint == empty",
                )
            ],
        ),
        (
            "x[i] += STEP",
            "x[1 - i] += STEP",
            [("environment.action.step.effects", "{ x[i] += 1 }", "{ x[1 - i] += 1 }")],
        ),
        (
            "step(i in index(x))",
            "step(i in 0..0)",
            [("environment.action.step.binders", "i in 0..1", "i in [0]")],
        ),
        (
            "stop when paint != empty",
            "stop",
            [("environment.stop", "stop when paint != empty", "stop")],
        ),
        (
            "  invariant total <= 5\n",
            "",
            [("environment.invariant", "sum(x[v] for v in 0..1) <= 5", None)],
        ),
        (
            "  invariant total <= 5\n",
            "  invariant x[1] < side\n  invariant total <= 5\n",
            [("environment.invariant", None, "x[1] < 4")],
        ),
        (
            "paint: Colour? }",
            "paint: Colour?  done: bool }",
            [
                ("environment.state", "x, paint", "x, paint, done"),
                ("environment.state.done.type", None, "bool"),
                ("environment.state.done.initial", None, "false"),
            ],
        ),
        (
            "x: array[2] of int[0..side - 1] = 0  paint: Colour?",
            "paint: Colour?  x: array[2] of int[0..side - 1] = 0",
            [("environment.state", "x, paint", "paint, x")],
        ),
        (
            "R = height + x[0]",
            "R = x[0] + height",
            [
                ("reward.R", "2 + x[0]", "x[0] + 2"),
                ("reward.mode", "2 + x[0] > 2", "x[0] + 2 > 2"),
            ],
        ),
        ("floor = 1e-3", "floor = 1e-2", [("reward.floor", Fraction(1, 1000), Fraction(1, 100))]),
        ("  floor = 1e-3", "", [("reward.floor", Fraction(1, 1000), None)]),
        ("mode when R > 2", "beta = 2  mode when R > 2", [("reward.beta", 1, 2)]),
        ("mode when R > 2", "", [("reward.mode", "2 + x[0] > 2", None)]),
        ("train {", "track.every = 3  train {", [("track.every", 10, 3)]),
        ("train {", "train { device = cpu ", [("train.device", "auto", "cpu")]),
    ],
)
def test_changes(old, new, expected):
    text = TEXT.replace(old, new)
    if "Grit" in new:
        text = text.replace("Grid", "Grit")
    assert text != TEXT
    found, equal = compared(text)
    shown = [
        (item.path, *(part and part.value for part in (item.before, item.after))) for item in found
    ]
    assert sorted(shown, key=str) == sorted(expected, key=str)
    assert equal == (not any(item.affects_run for item in found))


def test_parameters_reach_all_that_depends_on_them():
    found, _ = compared(TEXT.replace("Grid()", "Grid(side = 5)"))
    assert [item.path for item in found] == [
        "environment.side",
        "environment.state.x.type",
        "environment.invariant",
    ]
    assert found[1].before.value == "array[2] of int[0..3]"
    assert found[1].after.value == "array[2] of int[0..4]"


def test_changes_say_where_both_sides_are_written():
    found, _ = compared(TEXT.replace("when total < 5", "when total < 4"))
    [change] = found
    assert change.before.span.text == "total < 5 and paint == empty"
    assert change.after.span.text == "total < 4 and paint == empty"


def test_collections_are_shown_as_they_are_written():
    text = TEXT.replace("paint: Colour? }", "paint: Colour?  S: set of int[1..3] }")
    text = text.replace("  stop when", "  action put(v in 1..3) { S.add(v) }\n  stop when")
    before, after = checked(text), checked(text.replace("S.add(v)", "S.add(4 - v)"))
    [change] = changes(parts_of(before), parts_of(after))
    assert (change.before.value, change.after.value) == ("{ S.add(v) }", "{ S.add(4 - v) }")
