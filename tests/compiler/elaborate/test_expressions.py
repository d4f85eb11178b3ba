"""Expressions: values of constants, types, and what is refused."""

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import codes, environment, library, value

from gflowspec.core.types import IntType, RealType
from gflowspec.ir.expr import Aggregate, Binary, Compare, Const, Logic, walk


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 / 3 + 1 / 6", Fraction(1, 2)),
        ("0.1 + 0.2 == 0.3", True),
        ("2 ^ 10 - 1", 1023),
        ("2 ^ -2", Fraction(1, 4)),
        ("-7 // 2", -4),
        ("-7 % 3", 2),
        ("2 ^ 3 ^ 2", 512),
        ("-2 ^ 2", -4),
        ("0xff + 0b11 + 1_000 + 1e3", 2258),
        ("1e-3", Fraction(1, 1000)),
        ("sum(i * j for i in 1..3 for j in 1..i)", 25),
        ("sum(i for i in 0..9 if i % 2 == 0)", 20),
        ("prod(i for i in 1..5)", 120),
        ("max(3, 1 / 2, 2)", Fraction(3)),
        ("[i * i for i in 0..3]", (0, 1, 4, 9)),
        ("count(i > 2 for i in 0..4)", 2),
        ("all(i < 5 for i in 0..4) and not any(i > 4 for i in 0..4)", True),
        ("3 in 0..4 and 5 not in [1, 2]", True),
        ("1 < 2 <= 2 < 3", True),
        ("1 if 2 > 3 else 4", 4),
        ("true => false", False),
        ("false => 1 / 0 > 1", True),
        ("indicator(2 > 1) + 1", 2),
        ("concat(bits_of(b, 2) for b in [1, 2])", (0, 1, 1, 0)),
        ("number([1, 0, 2], 3)", 11),
        ("hamming([1, 2, 3], [1, 3, 3])", 1),
        ("reverse(sorted([2, 3, 1]))", (3, 2, 1)),
        ("[5, 6, 7, 8][1:2]", (6, 7)),
        ('len("abc") + len([1, 2])', 5),
        ("sum(a * b for a, b in [(1, 2), (3, 4)])", 14),
        ("[[1, 2], [3, 4]][1][0]", 3),
        ("clip(7, 0, 5) + round(2.5) + floor(-0.5) + ceil(0.5)", 7),
        ("quantile([1, 2, 3, 4], 0.5)", Fraction(5, 2)),
        ("mean([1, 2])", Fraction(3, 2)),
        ("draw_ints((2, 3), 0, 4, seed = 42, generator = mt19937)", (3, 4, 2, 4, 4, 1)),
    ],
)
def test_constants_are_folded_exactly(text, expected):
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_fractions_of_floats_are_inexact():
    assert value("cos(0) + 1") == 2.0
    assert isinstance(value("exp(1)"), float)


def test_functions_and_constants():
    prelude = """
    const A: real = 3
    fn half(x: real) -> real = x / 2
    fn twice(x: int[0..9] = 4) -> int[0..18] = x + x
    enum Colour { red, green }
    """
    assert value("half(A) + half(x = 1)", prelude) == 2
    assert value("twice() + twice(1)", prelude) == 10
    assert value("number_of(green)", prelude) == 2
    assert value("count(c == red for c in Colour)", prelude) == 1


@given(st.integers(-30, 30), st.integers(-30, 30), st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_arithmetic_is_that_of_rationals(a, b, c):
    assert value(f"({a} + {b}) * {a} / {c} - {b}") == Fraction((a + b) * a, c) - b
    assert value(f"({a}) // {c} * {c} + ({a}) % {c}") == a


GRID = "state { x: array[3] of int[0..4] = 0  w: array[3] of int[0..4]?  m: int[0..2] = 0 }"
REST = " action a(i in index(x)) { x[i] += 1 } stop "


def type_of(text):
    instances, found = library(environment(GRID + REST + f"let it = {text}"))
    assert not codes(found), [item.message for item in found]
    return instances[0].environment.lets["it"].type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x[0] + m", IntType(0, 6)),
        ("x[0] - m", IntType(-2, 4)),
        ("x[0] * (m - 1)", IntType(-4, 4)),
        ("-x[0]", IntType(-4, 0)),
        ("x[0] // 2", IntType(0, 2)),
        ("x[0] % 3", IntType(0, 2)),
        ("2 ^ m", IntType(1, 4)),
        ("(m - 1) ^ 2", IntType(0, 1)),
        ("(m + 1) ^ (1 / 2)", RealType(Fraction(1), Fraction(3), exact=False)),
        ("m ^ (3 / 2)", RealType(Fraction(0), Fraction(4), exact=False)),
        ("(m - 1) ^ (1 / 2)", RealType(exact=False)),
        ("10 ^ (200 * m) ^ (3 / 2)", RealType(Fraction(0), exact=False)),
        ("abs(m - 2)", IntType(0, 2)),
        ("x[0] / 8", RealType(Fraction(0), Fraction(1, 2))),
        ("1 / (m + 1)", RealType(Fraction(1, 3), Fraction(1))),
        ("sum(x)", IntType(0, 12)),
        ("sum(v for v in x if v > 1)", IntType(0, 12)),
        ("max(x)", IntType(0, 4)),
        ("min(x[0], 2)", IntType(0, 2)),
        ("prod(m - 1 for i in 0..1)", IntType(-1, 1)),
        ("x[0] if m > 1 else -1", IntType(-1, 4)),
        ("m if m > 0 else 5", IntType(0, 5)),
        ("0 - m if m > 1 else m", IntType(-2, 2)),
        ("count_filled(w)", IntType(0, 3)),
        ("or_else(w[0], 9)", IntType(0, 9)),
        ("[5, 7, 6][m]", IntType(5, 7)),
    ],
)
def test_types_are_intervals(text, expected):
    assert type_of(text) == expected


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_values_lie_in_the_interval_of_their_type(data):
    from gflowspec.semantics.evaluate import evaluate

    terms = st.sampled_from(["x[0]", "x[1]", "m", "2", "-3"])
    pairs = st.tuples(terms, st.sampled_from(["+", "-", "*"]), terms)
    (a, op, b), (c, other, d) = data.draw(pairs), data.draw(pairs)
    power = data.draw(st.integers(0, 3))
    text = f"abs({a} {op} {b}) * ({c} {other} {d}) ^ {power} // 3 % 7"
    instances, _ = library(environment(GRID + REST + f"let it = {text}"))
    made = instances[0].environment
    state = (
        data.draw(st.tuples(*[st.integers(0, 4)] * 3)),
        (None,) * 3,
        data.draw(st.integers(0, 2)),
    )
    found = evaluate(made.lets["it"], made, state)
    of = made.lets["it"].type
    assert of.lo <= found <= of.hi


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 + true", "GFS120"),
        ("not 1", "GFS120"),
        ("1 if 2 else 3", "GFS120"),
        ("true if 1 > 2 else 3", None),
        ("1 == true", "GFS120"),
        ('"a" < "b"', "GFS120"),
        ("1 is 2", "GFS120"),
        ("m.name", "GFS120"),
        ("m[0]", "GFS120"),
        ("x[0, 1]", "GFS120"),
        ("x[1 / 2]", "GFS120"),
        ("sum(3)", "GFS307"),
        ("sum(1, 2)", "GFS120"),
        ("abs()", "GFS120"),
        ("abs(1, 2)", "GFS120"),
        ("abs(true)", "GFS120"),
        ("all(i for i in 0..3)", "GFS120"),
        ("filled(x)", "GFS120"),
        ("or_else(m, 1)", "GFS120"),
        ("[1, true]", "GFS120"),
        ("hamming(x, [1, 2])", "GFS120"),
        ("1s + 1", "GFS127"),
        ("count(states)", "GFS120"),
        ("x[3]", "GFS123"),
        ("x[m + 1]", "GFS123"),
        ("[1, 2][m]", "GFS123"),
        ("1 / m", "GFS124"),
        ("1 % 0", "GFS124"),
        ("min(i for i in 0..3 if i > 4)", "GFS125"),
        ("bits_of(x[0], 2)", "GFS121"),
        ("quantile(x, 0.5)", "GFS126"),
        ("draw_ints(3, 0, 1, m)", "GFS126"),
        ("draw_ints(3, 2, 1, 0)", "GFS121"),
        ("draw_ints(3, 0, 1, 0, generator = other)", "GFS101"),
        ("w[0] + 1", "GFS334"),
        ("sum(w)", "GFS334"),
        ("number(w, 5)", "GFS334"),
        ("empty + 1", "GFS334"),
        ("reaches(x, 0, 1)", "GFS120"),
        ("degree(x, 1)", "GFS140"),
        ("state", "GFS141"),
    ],
)
def test_mistakes_in_expressions(text, code):
    program = environment(GRID + REST + f"invariant ({text}) == ({text})")
    found = set(codes(library(program)[1]))
    assert found == ({code} if code else set())


@pytest.mark.parametrize(
    "text",
    [
        "all(x[i - 1] < 5 for i in index(x) if i > 0)",
        "all(i == 0 or x[i - 1] < 5 for i in index(x))",
        "all(0 <= i + m < 3 => x[i + m] < 5 for i in index(x))",
        "m != 0 and 1 / m > 0",
        "m == 0 or 1 % m == 0",
        "(1 / m if m > 0 else 0) < 2",
        "w[0] != empty and w[0] > 1",
        "not (w[0] == empty or w[0] < 2)",
        "w[0] == 3 and w[0] + 1 > 2",
        "filled(w) and sum(w) > 2 and w[1] > 0",
        "count_filled(w) == 3 and number(w, 5) > 2",
        "all(w[p] != empty for p in index(w)) => w[2] > 1",
        "sum(v for v in w if v != empty) > 2",
        "m < 2 and [1, 2][m] > 1",
    ],
)
def test_conditions_narrow_what_stands_beside_them(text):
    assert not codes(library(environment(GRID + REST + f"invariant {text}"))[1])


@pytest.mark.parametrize(
    "text",
    [
        "w[0] > 1 and w[0] != empty",
        "w[0] != empty or w[0] > 1",
        "w[0] != empty and w[1] > 1",
        "any(w[p] != empty for p in index(w)) and w[0] > 1",
        "all(w[p] != empty for p in 0..1) and w[2] > 1",
        "m < 2 or [1, 2][m] > 1",
    ],
)
def test_narrowing_is_not_more_than_what_is_known(text):
    found = codes(library(environment(GRID + REST + f"invariant {text}"))[1])
    assert found in (["GFS334"], ["GFS123"])


def test_a_mistake_is_reported_once_and_poisons_what_uses_it():
    body = GRID + REST + "let a = x[7] let b = a + 1 let c = b + a invariant c > 0 invariant b > 0"
    assert codes(library(environment(body))[1]) == ["GFS123"]


def test_several_mistakes_in_one_condition():
    body = GRID + REST + "invariant x[7] > 1 and m == true and 1 / m > 0"
    assert codes(library(environment(body))[1]) == ["GFS120", "GFS123", "GFS124"]


def elaborated(condition):
    instances, found = library(environment(GRID + REST + f"invariant {condition}"))
    assert not codes(found)
    return instances[0].environment.invariants[0]


def test_lets_and_functions_leave_no_trace():
    text = "gfs 1.0\nfn f(x: int) = x + 1\n" + environment(
        GRID + REST + "let g(i) = f(x[i]) invariant g(0) < 9"
    ).removeprefix("gfs 1.0\n")
    instances, found = library(text)
    assert not codes(found)
    (comparison,) = instances[0].environment.invariants
    assert isinstance(comparison, Compare)
    assert isinstance(comparison.left, Binary)
    assert comparison.left.type == IntType(1, 5)


def test_chains_become_conjunctions():
    found = elaborated("0 <= m < x[0] <= 4")
    assert isinstance(found, Logic)
    assert [item.op for item in found.operands] == ["<=", "<", "<="]


def test_arrays_are_visited_by_position():
    found = elaborated("sum(v for v in x) > 2")
    (generator,) = found.left.generators
    assert generator.carrier == (0, 1, 2)
    assert isinstance(generator.domain, Const)


def test_ranges_that_depend_on_the_state_keep_their_domain():
    found = elaborated("sum(i for i in 0..m) > 2")
    (generator,) = found.left.generators
    assert generator.carrier == (0, 1, 2)
    assert not isinstance(generator.domain, Const)
    assert found.left.type == IntType(0, 6)


def test_bound_names_are_unique():
    found = elaborated("sum(sum(i for i in 0..m) for j in 0..2) + sum(i for i in 0..m) > 2")
    names = [g.variable for n in walk(found) if isinstance(n, Aggregate) for g in n.generators]
    assert len(names) == len(set(names)) == 3


@pytest.mark.parametrize(
    "text",
    [
        "2 ^ (10 ^ (10 ^ 6))",
        "2 ^ 5000",
        "1e5000",
        "9" * 2000,
        "sum(i for i in 0..10 ^ 9)",
        "prod(10 ^ i for i in 0..2000)",
        "sum(1 / (i + 1) for i in 0..200_000)",
        "sum(i * j for i in 0..9_999 for j in 0..9_999)",
        "draw_ints((1_000, 1_001), 0, 1, 0)",
        "len([0 for i in 0..1_000_001])",
    ],
)
def test_constants_that_cost_too_much_are_refused_at_once(text):
    start = time.perf_counter()
    _, found = library(f"gfs 1.0\nconst A = {text}\n")
    assert codes(found) == ["GFS131"]
    assert time.perf_counter() - start < 1


def test_lets_that_explode_are_refused():
    lets = "".join(f"let a{i} = a{i - 1} + a{i - 1} " for i in range(1, 40))
    body = GRID + REST + "let a0 = m " + lets + "invariant a39 > 0"
    assert set(codes(library(environment(body))[1])) == {"GFS131"}


def test_lets_that_nest_too_deeply_are_refused():
    lets = "".join(f"let a{i} = a{i - 1} + 1 " for i in range(1, 230))
    body = GRID + REST + "let a0 = m " + lets + "invariant a229 > 0"
    assert set(codes(library(environment(body))[1])) == {"GFS131"}
