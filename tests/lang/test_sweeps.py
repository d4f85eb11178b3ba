"""Sweeps as texts: axes, draws, conditions, and what can be wrong with a line."""

import itertools
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import codes, loaded

from gflowspec.compiler.elaborate import elaborate_sweep
from gflowspec.core.diagnostics import DiagnosticBag
from gflowspec.core.source import SourceFile
from gflowspec.lang.literals import number
from gflowspec.lang.settings.sweeping.draws import distribution, draw
from gflowspec.lang.settings.sweeping.literals import literal, spelled
from gflowspec.lang.settings.sweeping.points import MAX_POINTS, axes_of
from gflowspec.lang.syntax.parser import parse, parse_expression
from lang.test_settings import HEAD

BASE = "experiment e { environment = Grid() reward = Flat() objective = tb() }\n"


def made(items, *overrides, head=HEAD, base=BASE):
    spec, found = loaded(f"{head}{base}sweep s of e {{ {items} }}\n", *overrides)
    sweep, more = elaborate_sweep(spec, "s")
    return sweep, [*found, *more]


def points(items, *overrides):
    """What each run of the sweep ``items`` sets."""
    sweep, found = made(items, *overrides)
    assert sweep is not None, [item.message for item in found]
    return [dict(cell.point) for cell in sweep.cells]


def axes(items):
    """The axes of a sweep over literal values."""
    tree, _ = parse(SourceFile("s.gfs", f"gfs 1.0\nsweep s of e {{ {items} }}\n"))
    bag = DiagnosticBag()
    found = axes_of(tree.items[0], "s.gfs", constants, bag)
    assert found is not None, [item.message for item in bag]
    return found


def constants(node, _module):
    """The value of a number or of a range of numbers."""
    text = node.span.text
    if ".." in text:
        low, high = (int(part) for part in text.split(".."))
        return (tuple(range(low, high + 1)),)
    value = number(text)
    return None if value is None else (value,)


# ---- the order of points ------------------------------------------------------------------------

LISTS = st.lists(st.integers(1, 3), max_size=3)


@settings(deadline=None, max_examples=30)
@given(LISTS, st.integers(0, 2), st.integers(1, 3), st.integers(0, 2))
def test_points_come_in_the_order_of_nested_loops(grids, zips, seeds, also):
    lines, loops = [], []
    for place, size in enumerate(grids):
        lines.append(f"grid a{place} = [{', '.join(str(v) for v in range(size))}]")
        loops.append([{f"a{place}": str(v)} for v in range(size)])
    for place in range(zips):
        lines.append(f"zip (b{place}, c{place}) = [(1, 2), (3, 4)]")
        loops.append([{f"b{place}": b, f"c{place}": c} for b, c in (("1", "2"), ("3", "4"))])
    added = [{"d": str(place)} for place in range(also)]
    text = [f"also {{ d = {place} }}" for place in range(also)]
    found = axes(" ".join([f"seeds 1..{seeds}", *text, *lines]))
    expected = []
    for combination in itertools.product(*loops):
        for seed in range(1, seeds + 1):
            flat = {key: value for part in combination for key, value in part.items()}
            expected.append({**flat, "train.seed": str(seed)})
    for move in added:
        expected += [{**move, "train.seed": str(seed)} for seed in range(1, seeds + 1)]
    assert [dict(point.shown) for point in found.points()] == expected
    assert found.size == len(expected)


def test_drawn_points_are_the_axis_behind_the_grids():
    found = axes("sample x ~ uniform(0, 1) grid a = [1, 2] samples 2 sample y ~ uniform(0, 1)")
    shown = [point.shown for point in found.points()]
    assert [item["a"] for item in shown] == ["1", "1", "2", "2"]
    assert [item["x"] for item in shown[:2]] == [item["x"] for item in shown[2:]]
    assert len({(item["x"], item["y"]) for item in shown}) == 2


def test_a_sweep_without_axes_has_the_experiment_itself_as_its_point():
    assert points("seeds 7..8") == [{"train.seed": "7"}, {"train.seed": "8"}]
    assert points("also { train.batch = 4 }") == [{}, {"train.batch": "4"}]


def test_constructors_are_set_before_their_arguments():
    (point,) = points("grid objective.lr_z = [0.5] grid objective = [tb(init_log_z = 3)]")
    assert list(point) == ["objective", "objective.lr_z"]


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("[1, 2 + 2]", ["1", "2 + 2"]),
        ("1..3", ["1", "2", "3"]),
        ("[2 ^ i for i in 3..5]", ["8", "16", "32"]),
        ("SIZES", ["4", "9"]),
        ("([WIDTH, 5])", ["WIDTH", "5"]),
    ],
)
def test_what_a_line_can_go_through(written, values):
    head = f"{HEAD}const SIZES = [4, 9]\n"
    sweep, found = made(f"grid train.batch = {written}", head=head)
    assert sweep is not None, [item.message for item in found]
    assert [cell.point["train.batch"] for cell in sweep.cells] == values


# ---- draws --------------------------------------------------------------------------------------


def quantile(text):
    call, _ = parse_expression(text)
    bag = DiagnosticBag()
    found = distribution(call, "s.gfs", constants, bag)
    assert found is not None, [item.message for item in bag]
    return lambda u: spelled(found.quantile(u))


def test_quantiles_of_the_distributions():
    assert quantile("uniform(2, 6)")(0.25) == "3.0"
    assert quantile("uniform(0.5, 1)")(0.5) == "0.75"
    assert quantile("log_uniform(1e-4, 1e-2)")(0.5) == "0.001"
    assert quantile("log_uniform(0.01, 100)")(0.75) == "10.0"
    assert [quantile("int_uniform(3, 5)")(u) for u in (0, 0.33, 0.34, 0.67, 0.999)] == list("33455")
    assert [quantile("choice([a, b()])")(u) for u in (0.0, 0.49, 0.5)] == ["a", "a", "b()"]


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 1, exclude_max=True))
def test_rounding_stays_within_the_bounds(u):
    low, high = 0.000123456789, 0.000123456799
    assert low <= float(quantile(f"uniform({low:.12f}, {high:.12f})")(u)) <= high
    assert 1 <= int(quantile("int_uniform(1, 3)")(u)) <= 3


def test_a_seed_gives_the_same_values_everywhere():
    drawn = points("sample train.optimizer.lr ~ log_uniform(1e-4, 1e-1) samples 3 seed 7")
    assert [item["train.optimizer.lr"] for item in drawn] == PINNED
    default = points("sample train.optimizer.lr ~ log_uniform(1e-4, 1e-1) samples 3")
    assert default == points("sample train.optimizer.lr ~ log_uniform(1e-4, 1e-1) samples 3 seed 0")
    assert default != drawn


#: Written down once: a frozen plan must be the same on every machine.
PINNED = ["0.00121607", "0.000419134", "0.00421056"]


def test_a_further_line_and_more_samples_move_no_value():
    one = points("sample train.ema ~ uniform(0, 0.9) samples 3")
    lines = "sample train.batch ~ int_uniform(1, 64) sample train.ema ~ uniform(0, 0.9)"
    more = points(f"{lines} samples 5")
    assert [item["train.ema"] for item in more][:3] == [item["train.ema"] for item in one]


def test_draws_fill_their_range():
    call, _ = parse_expression("log_uniform(1e-3, 1e3)")
    of = distribution(call, "", constants, DiagnosticBag())
    values = [math.log10(float(spelled(node))) for node in draw("p", of, 2_000, 1)]
    counts = [sum(low <= value < low + 1 for value in values) for low in range(-3, 3)]
    # 2,000 draws into six equal cells: 333 each, standard deviation 17
    assert all(abs(count - 2_000 / 6) < 5 * 17 for count in counts)


@settings(deadline=None, max_examples=50)
@given(
    st.recursive(
        st.one_of(st.integers(), st.booleans(), st.text(max_size=5), st.fractions()),
        lambda inner: st.lists(inner, max_size=3).map(tuple),
        max_leaves=6,
    )
)
def test_literals_mean_their_value(value):
    here, _ = parse_expression("0")
    node = literal(value, here.span)
    again, found = parse_expression(spelled(node))
    assert not found
    assert again == node


# ---- conditions ---------------------------------------------------------------------------------

GRIDS = "grid objective = [tb, subtb(lambda = 0.5)] grid environment.side = [4, 8] "


def kept(condition, grids=GRIDS):
    return [
        (item["objective"].partition("(")[0], int(item["environment.side"]))
        for item in points(f"{grids} skip when {condition}")
    ]


ALL = [("tb", 4), ("tb", 8), ("subtb", 4), ("subtb", 8)]


@pytest.mark.parametrize(
    ("condition", "skipped"),
    [
        ("objective is tb", lambda o, _: o == "tb"),
        ("objective is not tb", lambda o, _: o != "tb"),
        ("not (objective is tb)", lambda o, _: o != "tb"),
        ("environment.side == 8", lambda _, s: s == 8),
        ("environment.side != 8", lambda _, s: s != 8),
        ("4 < environment.side < 9", lambda _, s: 4 < s < 9),
        ("environment.side in [3, 4]", lambda _, s: s in (3, 4)),
        ("environment.side not in 5..9", lambda _, s: s not in range(5, 10)),
        ("2 * environment.side + 1 > WIDTH / 2", lambda _, s: 2 * s + 1 > 16),
        ("objective is tb and environment.side == 8", lambda o, s: o == "tb" and s == 8),
        ("objective is tb or environment.side == 8", lambda o, s: o == "tb" or s == 8),
        ("objective is tb => environment.side == 8", lambda o, s: o != "tb" or s == 8),
        (
            "environment.side == 8 if objective is tb else environment.side == 4",
            lambda o, s: s == 8 if o == "tb" else s == 4,
        ),
        # `tb` has no lambda: every comparison with it is false there, its denial is true
        ("objective.lambda == 0.5", lambda o, _: o == "subtb"),
        ("objective.lambda < 1", lambda o, _: o == "subtb"),
        ("objective.lambda != 0.5", lambda o, _: o != "subtb"),
        ("2 * objective.lambda == 1", lambda o, _: o == "subtb"),
        # settings that the sweep does not move can be read as well
        ("train.batch == 16 and environment.side == 4", lambda _, s: s == 4),
        ("policy.share == trunk and objective is tb", lambda o, _: o == "tb"),
        ("train.deterministic", lambda *_: False),
        ("train.budget == none and objective is tb", lambda o, _: o == "tb"),
        ("reward is Flat and objective is tb", lambda o, _: o == "tb"),
        ("reward.height < 1", lambda *_: False),
    ],
)
def test_conditions(condition, skipped):
    assert kept(condition) == [item for item in ALL if not skipped(*item)]


def test_several_conditions_each_remove_points():
    text = "objective is tb skip when environment.side == 8"
    assert kept(text) == [("subtb", 4)]


def test_what_also_adds_is_not_skipped():
    found = points(
        "grid train.batch = [2, 4] skip when train.batch < 9 also { train.batch = 4 } seeds 1..2"
    )
    assert [(item["train.batch"], item["train.seed"]) for item in found] == [("4", "1"), ("4", "2")]


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("objective is tbb", "GFS101"),
        ("tb is objective", "GFS406"),
        ("train.batch is tb", "GFS120"),
        ("objective is 3", "GFS120"),
        ("train.btch == 3", "GFS406"),
        ("environment.sid == 3", "GFS406"),
        ("train.batch", "GFS120"),
        ("objective < 3", "GFS120"),
        ("train.batch in 3", "GFS120"),
        ("nothing == 3", "GFS101"),
    ],
)
def test_mistakes_in_conditions(condition, code):
    sweep, found = made(f"{GRIDS} skip when {condition}")
    assert sweep is None
    assert codes(found) == [code]


# ---- lines --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "runs"),
    [
        ("grid objective = [tb, db(), subtb(lambda = 0.5)]", 3),
        ("grid objective = [subtb] grid objective.lambda = [0.1, 0.2]", 2),
        ("grid reward = [Flat(), Tall] grid environment.side = [4, 8]", 4),
        ("zip (environment.side, train.steps) = [(4, 10), (8, 20)]", 2),
        ("zip (train.batch) = [4, 8]", 2),
        ("sample train.optimizer.lr ~ log_uniform(1e-4, 1e-2) samples 8 seed 7 seeds 1..3", 24),
        (
            "grid policy.backward = [uniform, tlm(lr = 1e-3)] skip when policy.backward is uniform",
            1,
        ),
        ("also { environment = Grid(side = 9) train { steps = 5 } }", 2),
        ("also { evaluate { every 5 { metrics = [loss()] } } train.batch = 4 }", 2),
        ("grid track.tags.note = [a, b]", 1),  # tags are not in the run hash
        ("seeds [3, 5, 3]", 2),
    ],
)
def test_sound_sweeps(items, runs):
    assert len(points(items)) == runs


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ("grid train.btch = [1, 2]", "GFS406"),
        ("grid objective.lamda = [1, 2]", "GFS406"),
        ("grid environment.sid = [1, 2]", "GFS406"),
        ("sample train.optimiser.lr ~ uniform(0, 1) samples 1", "GFS406"),
        ("zip (train.batch, train.ema) = [(1, 2), (3,)]", "GFS407"),
        ("zip (train.batch, train.ema) = [1]", "GFS407"),
        ("grid objective = [tb, tbb]", "GFS101"),
        ("grid reward = [Flat(), Missing()]", "GFS101"),
        ("grid train.batch = [1, 0]", "GFS121"),
        ("sample train.batch ~ choice([1, 0]) samples 9", "GFS121"),
        ('grid train.batch = [1, "a"]', "GFS120"),
        ("grid train.batch = 3", "GFS120"),
        ("also { train.btch = 3 }", "GFS406"),
        ("grid train.batch = [1] grid train.batch = [2]", "GFS113"),
        ("grid train.batch = [1] zip (train.ema, train.batch) = [(0, 2)]", "GFS113"),
        ("grid train.seed = [1] seeds 1..3", "GFS113"),
        ("seeds 1..3 seeds 4..5", "GFS113"),
        ("sample train.ema ~ uniform(0, 0.5) samples 3 samples 4", "GFS113"),
        ("seeds [-1]", "GFS121"),
        ("seeds 3", "GFS120"),
        ("sample train.ema ~ uniform(0, 1)", "GFS112"),
        ("samples 3", "GFS112"),
        ("sample train.ema ~ uniform(0, 1) samples -3", "GFS120"),
        ("sample train.ema ~ uniform(0, 1) samples 3 seed 0.5", "GFS120"),
        ("sample train.ema ~ uniform(0) samples 3", "GFS120"),
        ("sample train.ema ~ uniform(low = 0, high = 1) samples 3", "GFS120"),
        ("sample train.ema ~ uniform(1, 0) samples 3", "GFS121"),
        ("sample train.ema ~ log_uniform(0, 1) samples 3", "GFS121"),
        ("sample train.batch ~ int_uniform(1, 5 / 2) samples 3", "GFS121"),
        ("sample train.ema ~ normal(0, 1) samples 3", "GFS101"),
        ("", "GFS408"),
        ("grid train.batch = []", "GFS408"),
        ("seeds 3..1", "GFS408"),
        ("sample train.ema ~ uniform(0, 0.5) samples 0", "GFS408"),
        ("sample train.ema ~ choice([]) samples 2", "GFS408"),
        ("grid train.batch = [1, 2] skip when train.batch < 3", "GFS408"),
        (f"seeds 1..{MAX_POINTS + 1}", "GFS409"),
        ("seeds 1..1_000_000_000", "GFS131"),
        ("sample train.ema ~ uniform(0, 0.5) samples 1_000_000_000", "GFS409"),
        ("grid train.batch = 1..101 grid train.steps = 1..100", "GFS409"),
    ],
)
def test_mistakes_in_sweeps(items, code):
    sweep, found = made(items)
    assert sweep is None
    assert codes(found) == [code]


def test_several_mistakes_are_reported_together():
    _, found = made("grid train.btch = [1] grid objective = [tbb] seeds [0.5]")
    assert codes(found) == ["GFS101", "GFS120", "GFS406"]


def test_the_base_must_be_an_experiment():
    for base, code in (("Grid", "GFS104"), ("f", "GFS101")):
        _, found = loaded(f"{HEAD}{BASE}sweep s of {base} {{ }}\n")
        assert codes(found) == [code]


def test_suggestions_for_paths():
    _, (found,) = made("grid train.btch = [1, 2]")
    assert found.primary.text == "did you mean `train.batch`?"
    assert found.primary.span.text == "train.btch"


def test_lists_have_a_help_that_works():
    _, (found,) = made("grid train.batch = 3")
    wrapped = re.search("`(.*)`", found.helps[0])[1]
    assert points(f"grid train.batch = {wrapped}") == [{"train.batch": "3"}]
