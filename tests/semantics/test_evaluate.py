import math
from fractions import Fraction

import pytest

from gflowspec.core.types import ArrayType, EnumType, IntType, ListType, SlotType
from gflowspec.ir.expr import (
    Bound,
    Collection,
    Conditional,
    Const,
    Generator,
    Index,
    Slice,
    Unary,
    Updated,
)
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import bound_key, compile_expr, evaluate, frame_of
from semantics.building import (
    GRID,
    INT,
    SLOTS,
    aggregate,
    at,
    binary,
    both,
    bound,
    call,
    compare,
    const,
    either,
    no,
    over,
    var,
)


def at_state(expr, bound_values=None, **state):
    frame = frame_of(state, state.values(), bound_values)
    return compile_expr(expr)(frame)


@pytest.mark.parametrize(
    ("op", "left", "right", "value"),
    [
        ("+", 2, 3, 5),
        ("/", 1, 3, Fraction(1, 3)),
        ("/", 6, 3, 2),
        ("//", -7, 2, -4),
        ("%", -7, 2, 1),
        ("%", Fraction(7, 2), 2, Fraction(3, 2)),
        ("^", 2, 10, 1024),
        ("^", 2, -2, Fraction(1, 4)),
        ("^", Fraction(1, 2), 3, Fraction(1, 8)),
        ("^", 4, Fraction(1, 2), 2.0),
        ("^", 10.0, 400, math.inf),
        ("/", 1.0, 0, math.inf),
        ("*", Fraction(3, 10), 10, 3),
    ],
)
def test_arithmetic(op, left, right, value):
    found = evaluate(binary(op, left, right))
    assert found == value
    assert isinstance(found, float) == isinstance(value, float)


def test_exactness_moves_no_cell_over_a_threshold():
    """abs(4 / 20 - 1/2) is 3/10, not a float above it."""
    u = call("abs", binary("-", binary("/", 4, 20), binary("/", 1, 2)))
    assert evaluate(compare(">", u, Fraction(3, 10))) is False
    assert abs(4 / 20 - 0.5) == pytest.approx(0.3)


@pytest.mark.parametrize("op", ["/", "//", "%"])
def test_division_by_zero_is_an_error(op):
    with pytest.raises(EvaluationError) as caught:
        evaluate(binary(op, 1, 0))
    assert caught.value.code == "GFS124"


def test_huge_powers_are_refused_before_they_are_computed():
    with pytest.raises(EvaluationError) as caught:
        evaluate(binary("^", 2, binary("^", 10, 9)))
    assert caught.value.code == "GFS131"
    assert evaluate(binary("^", 1, 10**9)) == 1


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("clip", (7, 0, 5), 5),
        ("min", (3, Fraction(1, 2)), Fraction(1, 2)),
        ("round", (Fraction(5, 2),), 2),
        ("floor", (Fraction(-1, 2),), -1),
        ("ceil", (Fraction(-1, 2),), 0),
        ("exp", (1000,), math.inf),
        ("log", (0,), -math.inf),
        ("log1p", (-1,), -math.inf),
        ("sigmoid", (-1000,), 0.0),
        ("indicator", (True,), 1),
        ("bits_of", (5, 4), (0, 1, 0, 1)),
        ("number", ((1, 0, 1), 2), 5),
        ("hamming", ((1, 2, 3), (1, 0, 0)), 2),
        ("reverse", ((1, 2, 3),), (3, 2, 1)),
        ("sorted", ((2, 3, 1),), (1, 2, 3)),
        ("or_else", (None, 4), 4),
        ("or_else", (2, 4), 2),
        ("mask", ((0, 3),), 9),
        ("mean", ((1, 2),), Fraction(3, 2)),
        ("quantile", ((1, 2, 4), Fraction(1, 2)), 2),
        ("text", ((0, 1, 0), "ab"), "aba"),
    ],
)
def test_functions(name, arguments, value):
    assert evaluate(call(name, *arguments)) == value


def test_functions_of_slots():
    w = var("w", SLOTS)
    for state, filled, count, distinct in (
        ((None, 1, 1), False, 2, False),
        ((0, 1, 2), True, 3, True),
        ((None, None, 2), False, 1, True),
    ):
        assert at_state(call("filled", w), w=state) is filled
        assert at_state(call("count_filled", w), w=state) == count
        assert at_state(call("distinct", w), w=state) is distinct
        assert at_state(call("len", w), w=state) == 3
    one = var("s", SlotType(INT))
    assert at_state(call("filled", one), s=None) is False
    assert at_state(call("count_filled", one), s=3) == 1
    assert at_state(compare("==", at(w, 0), None), w=(None, 0, 0)) is True
    assert at_state(compare("in", 2, w), w=(None, 0, 2)) is True


def test_enums_are_positions():
    colour = EnumType("Colour", ("red", "green"))
    assert evaluate(call("number_of", Const(1, type=colour))) == 2
    assert evaluate(call("text", Const(1, type=colour))) == "green"


def test_and_or_stop_as_early_as_they_can():
    undefined = compare("==", binary("/", 1, 0), 1)
    assert evaluate(both(False, undefined)) is False
    assert evaluate(either(True, undefined)) is True
    assert evaluate(Conditional(const(True), const(1), undefined, type=INT)) == 1
    with pytest.raises(EvaluationError):
        evaluate(both(True, undefined))


def test_arrays_are_row_major():
    g = var("g", GRID)
    cells = (1, 2, 3, 4, 5, 6)
    assert at_state(at(g, 1, 0), g=cells) == 4
    row = Index(g, (const(1),), type=ArrayType((3,), IntType(0, 9)))
    assert at_state(row, g=cells) == (4, 5, 6)


def test_iterating_over_an_array_of_several_axes_yields_rows():
    g = var("g", GRID)
    row = Bound("r", type=ArrayType((3,), IntType(0, 9)))
    first = Index(row, (const(0),), type=INT)
    total = aggregate("sum", first, Generator("r", g, ()))
    assert at_state(total, g=(1, 2, 3, 4, 5, 6)) == 5


@pytest.mark.parametrize("index", [-1, 3])
def test_an_index_outside_is_an_error(index):
    with pytest.raises(EvaluationError) as caught:
        at_state(at(var("w", SLOTS), index), w=(0, 1, 2))
    assert caught.value.code == "GFS123"
    with pytest.raises(EvaluationError):
        at_state(at(var("g", GRID), 0, index), g=(0,) * 6)


def test_updates_and_slices_leave_the_base_alone():
    w = var("w", SLOTS)
    changed = Updated(w, (const(1),), const(None), type=SLOTS)
    assert at_state(changed, w=(0, 1, 2)) == (0, None, 2)
    part = Slice(w, const(1), const(2), type=SLOTS)
    assert at_state(part, w=(0, 1, 2)) == (1, 2)


def test_aggregations():
    i, j = bound("i"), bound("j")
    triangle = over("j", 3, compare("<", i, j))
    assert evaluate(aggregate("count", compare("<", i, 9), over("i", 3), triangle)) == 6
    assert evaluate(aggregate("sum", binary("*", i, j), over("i", 2), over("j", 2))) == 9
    assert evaluate(aggregate("prod", i, over("i", 3, compare(">", i, 3)))) == 1
    assert evaluate(aggregate("all", compare(">=", i, 0), over("i", 3))) is True
    assert evaluate(aggregate("any", compare(">", i, 3), over("i", 3))) is False
    assert evaluate(aggregate("max", i, over("i", 3))) == 3
    assert evaluate(aggregate("list", i, over("i", 2))) == (0, 1, 2)
    assert evaluate(aggregate("set", binary("%", i, 2), over("i", 3))) == {0, 1}
    pair = Collection((i, i), type=ArrayType((2,), INT))
    assert evaluate(aggregate("concat", pair, over("i", 1))) == (0, 0, 1, 1)
    with pytest.raises(EvaluationError) as caught:
        evaluate(aggregate("min", i, over("i", 3, const(False))))
    assert caught.value.code == "GFS125"


def test_bound_names_never_hide_state_variables():
    frame = {"x": 1, bound_key("x"): 10}
    assert compile_expr(binary("+", var("x"), bound("x")))(frame) == 11


def test_negation_and_signs():
    assert evaluate(no(False)) is True
    assert evaluate(Unary("-", const(Fraction(1, 2)), type=INT)) == Fraction(-1, 2)


def test_lists_of_lists_are_indexed_one_after_the_other():
    table = Const(((1, 2), (3, 4)), type=ListType(ListType(INT, 2), 2))
    assert evaluate(at(at(table, 1), 0)) == 3
