"""Rewards: names of the environment, narrowing at the end, values that must be constant."""

from fractions import Fraction
from itertools import product

import pytest
from texts import codes, library, words

from gflowspec.compiler.elaborate import elaborate_library, instantiate
from gflowspec.core.resources import std_directory
from gflowspec.lang.spec import load
from gflowspec.semantics.evaluate import evaluate

FILL = """gfs 1.0
environment Fill(n: int[1..9] = 2) {
  state { w: array[n] of int[0..3]? }
  action put(p in index(w), v in 0..3) { w[p] := v }
  terminal when filled(w)
  let total = sum(w)
}
"""


def reward(body, head=FILL, name="Q"):
    return library(f"{head}reward {name}() for Fill {{ {body} }}\n")


def test_slots_are_filled_at_the_end():
    instances, found = reward("R = 1 + w[0] * total mode when w[1] > 2 and R > 3")
    assert not codes(found)
    made = instances[0].rewards[0]
    assert evaluate(made.value, instances[0].environment, ((2, 3),)) == 11
    assert evaluate(made.mode, instances[0].environment, ((2, 3),)) is True


@pytest.mark.parametrize(
    ("ending", "filled"),
    [
        ("terminal when filled(w)", True),
        ("stop when filled(w)", True),
        ("terminal when filled(w) and n > 1", True),
        ("terminal when count_filled(w) == n", True),
        ("terminal when all(w[p] != empty for p in index(w))", True),
        ("stop", False),
        ("stop when w[0] != empty", False),
        ("terminal when filled(w) stop", False),
        ("stop invariant filled(w)", True),
    ],
)
def test_what_the_end_implies(ending, filled):
    head = FILL.replace("terminal when filled(w)", ending).replace("let total = sum(w)", "")
    found = codes(reward("R = 1 + w[1]", head)[1])
    assert found == ([] if filled else ["GFS334"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("R = true", "GFS120"),
        ('R = "a"', "GFS120"),
        ("R = w", "GFS120"),
        ("R = 1 mode when 1", "GFS120"),
        ("R = 1 beta = w[0]", "GFS126"),
        ("R = 1 beta = 0", "GFS121"),
        ("R = 1 floor = -1", "GFS121"),
        ("R = 1 floor = true", "GFS120"),
        ("R = 1 assert w[0] > 0", "GFS334"),
        ("R = 1 assert filled(w)", "GFS126"),
        ("R = 1 assert n > 5", "GFS130"),
        ("R = 1 assert count(states) > 5", "GFS120"),
        ("R = w[n]", "GFS123"),
    ],
)
def test_rewards_that_are_refused(body, code):
    instances, found = reward(body)
    assert codes(found) == [code]
    assert [item.rewards for item in instances] == [()]


def test_beta_and_floor_are_constants():
    instances, _ = reward("logR = -sum(w) beta = n / 4 floor = exp(-2)")
    made = instances[0].rewards[0]
    assert made.value is None
    assert made.beta == Fraction(1, 2)
    assert made.floor == pytest.approx(0.1353, abs=1e-4)
    assert reward("R = 1")[0][0].rewards[0].beta == 1


def test_own_names_come_before_those_of_the_environment_and_of_the_file():
    head = FILL.replace("gfs 1.0\n", "gfs 1.0\nconst n = 8\nconst k = 9\n")
    instances, found = library(head + "reward Q(k: int = 7) for Fill { R = 100 * n + k }\n")
    assert set(codes(found)) == {"GFS105"}
    assert instances[0].rewards[0].value.value == 207


def test_an_error_of_the_environment_hides_none_of_the_reward():
    head = FILL.replace("w[p] := v", "w[p] := v + 1")
    assert codes(reward("R = 1 + true", head)[1]) == ["GFS120", "GFS121"]


def test_a_reward_is_checked_for_each_environment():
    other = (
        FILL.replace("gfs 1.0\n", "")
        .replace("Fill", "Loose")
        .replace("terminal when", "stop when w[0] != empty invariant true or")
    )
    text = FILL + other + "reward Q() for Fill, Loose { R = 1 + w[1] }\n"
    instances, found = library(text)
    assert codes(found) == ["GFS334"]
    assert [len(item.rewards) for item in instances] == [1, 0]


def test_rewards_whose_asserts_fail_at_the_scope_are_left_out_there():
    head = FILL.replace("let total = sum(w)", "scope { n = 1 }")
    text = head + "reward A() for Fill { R = 1 }\nreward B() for Fill { R = 1 assert n > 1 }\n"
    instances, found = library(text)
    assert not codes(found)
    assert [r.name for r in instances[0].rewards] == ["A", "B"]
    assert [r.name for r in instances[0].scope.rewards] == ["A"]


# ---- the standard library, against closed forms -------------------------------------------------


def standard(file):
    spec, found = load(str(std_directory() / file), (), words())
    assert not found
    return spec


def instance(file, name, parameters, target, values=None):
    made, found = instantiate(standard(file), name, parameters, target, values or {})
    assert made is not None, [item.message for item in found]
    return made


@pytest.mark.parametrize("file", ["hypergrid.gfs", "bitseq.gfs", "permutations.gfs"])
def test_the_standard_library_is_free_of_findings(file):
    spec = standard(file)
    assert spec.experiments == ()
    instances, found = elaborate_library(spec)
    assert not found
    assert all(item.scope is not None and item.rewards and item.scope.rewards for item in instances)
    assert all(item.environment.doc for item in instances)


def corners(side, cell, r0, r1, r2):
    """R by integer comparisons: a = |2 s - (side - 1)|, e = 2 (side - 1)."""
    edge = 2 * (side - 1)
    places = [abs(2 * s - (side - 1)) for s in cell]
    outer = all(4 * a > edge for a in places)
    band = all(3 * edge < 10 * a < 4 * edge for a in places)
    return r0 + r1 * outer + r2 * band


@pytest.mark.parametrize("side", [2, 5, 8, 11, 16, 20, 21])
def test_corners_is_the_integer_formula(side):
    levels = (Fraction(1, 1000), Fraction(1, 2), Fraction(2))
    names = dict(zip(("R0", "R1", "R2"), levels, strict=True))
    made = instance("hypergrid.gfs", "Hypergrid", {"dim": 2, "side": side}, "Corners", names)
    value = made.rewards[0].value
    for cell in product(range(side), repeat=2):
        assert evaluate(value, made.environment, (cell,)) == corners(side, cell, *levels)


@pytest.mark.parametrize(("side", "z"), [(16, Fraction(656, 10)), (11, Fraction(301, 10))])
def test_the_partition_function_is_exact(side, z):
    names = {"R0": 0.1, "R1": 0.5, "R2": 2}
    made = instance("hypergrid.gfs", "Hypergrid", {"dim": 2, "side": side}, "Corners", names)
    cells = product(range(side), repeat=2)
    total = sum(evaluate(made.rewards[0].value, made.environment, (cell,)) for cell in cells)
    assert total == z


@pytest.mark.parametrize(("name", "z"), [("Corners", 5672), ("CornersHard", 10784)])
def test_z_of_the_published_grids(name, z):
    made = instance("hypergrid.gfs", "Hypergrid", {}, name)
    value, environment = made.rewards[0].value, made.environment
    # Every axis alone is outer, in the band, or neither: one representative each suffices.
    axis = {}
    for s in range(20):
        a = abs(2 * s - 19)
        axis.setdefault((4 * a > 38, 3 * 38 < 10 * a < 4 * 38), []).append(s)
    total = sum(
        evaluate(value, environment, (tuple(cells[0] for cells in choice),))
        * len(choice[0])
        * len(choice[1])
        * len(choice[2])
        * len(choice[3])
        for choice in product(axis.values(), repeat=4)
    )
    assert total == z


def test_sparse_targets():
    made = instance("hypergrid.gfs", "Hypergrid", {"dim": 3, "side": 6}, "Sparse")
    value, environment = made.rewards[0].value, made.environment
    high = [c for c in product(range(6), repeat=3) if evaluate(value, environment, (c,)) > 0.5]
    assert len(high) == 2**3 - 1
    assert codes(
        instantiate(standard("hypergrid.gfs"), "Hypergrid", {"side": 3}, "Sparse", {})[1]
    ) == ["GFS130"]


def test_modes_of_the_bit_sequences():
    made = instance("bitseq.gfs", "BitSeq", {}, "ModeSet")
    (modes,) = (made.rewards[0].lets, made.environment.lets)[:1]
    assert "d" in modes
    generators = modes["d"].generators
    assert len(generators[0].carrier) == 60
    patterns = {0x00, 0xFF, 0xF0, 0x0F, 0x3C}
    for mode in generators[0].carrier:
        assert len(mode) == 120
        for start in range(0, 120, 8):
            assert int("".join(map(str, mode[start : start + 8])), 2) in patterns
    words_of_first = tuple(
        int("".join(map(str, generators[0].carrier[0][i : i + 8])), 2) for i in range(0, 120, 8)
    )
    assert evaluate(made.rewards[0].log_value, made.environment, (words_of_first,)) == 0
    flipped = (words_of_first[0] ^ 0b101, *words_of_first[1:])
    assert evaluate(made.rewards[0].log_value, made.environment, (flipped,)) == -2


def test_mallows_counts_inversions():
    made = instance("permutations.gfs", "Permutation", {"n": 4}, "Mallows", {"theta": 1})
    value = made.rewards[0].log_value
    assert evaluate(value, made.environment, ((0, 1, 2, 3),)) == 0
    assert evaluate(value, made.environment, ((3, 2, 1, 0),)) == -6
    assert evaluate(value, made.environment, ((1, 0, 2, 3),)) == -1


@pytest.mark.parametrize("name", ["Permutation", "Ordering"])
def test_footrule_is_for_both_orders(name):
    made = instance("permutations.gfs", name, {"n": 3}, "Footrule", {"theta": 1})
    order = (2, 1, 0)
    state = (order,) if name == "Permutation" else (3, order)
    assert evaluate(made.rewards[0].log_value, made.environment, state) == -4


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (("Hypergird", {}, "Corners", {}), "GFS101"),
        (("Hypergrid", {"sid": 3}, "Corners", {}), "GFS111"),
        (("Hypergrid", {"side": 300}, "Corners", {}), "GFS121"),
        (("Hypergrid", {"side": 2.5}, "Corners", {}), "GFS120"),
        (("Hypergrid", {"side": object()}, "Corners", {}), "GFS120"),
        (("Hypergrid", {}, "Cornerss", {}), "GFS101"),
        (("Hypergrid", {}, "Corners", {"R0": 0}), "GFS121"),
        (("Corners", {}, None, {}), "GFS101"),
    ],
)
def test_calls_from_python_are_checked(call, code):
    made, found = instantiate(standard("hypergrid.gfs"), *call)
    assert made is None
    assert codes(found) == [code]


def test_floats_from_python_are_the_decimals_they_print_as():
    made = instance("hypergrid.gfs", "Hypergrid", {}, "Corners", {"R0": 0.1})
    assert made.rewards[0].parameters["R0"] == Fraction(1, 10)
