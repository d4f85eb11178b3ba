"""Views: what is shown can be read again, and reading refuses what no value shows."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

from gflowspec.core.types import (
    ArrayType,
    BoolType,
    DigraphType,
    EnumType,
    IntType,
    SetType,
    SlotType,
    TupleType,
    Type,
)
from gflowspec.core.values import Unreadable
from gflowspec.ir.views.choose import view_of
from gflowspec.ir.views.digraph import DigraphView
from gflowspec.ir.views.direct import DirectView
from gflowspec.ir.views.subset import SetView

HUE = EnumType("Hue", ("red", "green", "blue"))
PAIRS = TupleType((IntType(1, 2), HUE))


@pytest.mark.parametrize(
    ("declared", "value", "plain", "text"),
    [
        (IntType(0, 4), 3, 3, "3"),
        (HUE, 1, "green", "green"),
        (SlotType(HUE), None, None, "empty"),
        (ArrayType((2, 2), BoolType()), (True, False, False, True), [[True, False], [False, True]],
         "[[true, false], [false, true]]"),
        (SetType(0, 2, IntType(-1, 2)), (True, False, False, True), [-1, 2], "{-1, 2}"),
        (SetType(0, None, HUE), (False, True, True), ["green", "blue"], "{green, blue}"),
        (SetType(0, None, IntType(0, 1)), (False, False), [], "{}"),
        (
            SetType(0, 3, PAIRS),
            (False, False, True, True, False, False),
            [[1, "blue"], [2, "red"]],
            "{(1, blue), (2, red)}",
        ),
        (DigraphType(2), (False, True, False, False), [[0, 1]], "{0 -> 1}"),
        (DigraphType(2), (False,) * 4, [], "{}"),
        (DigraphType(2, HUE), (None, 2, 0, None), [[0, 1, "blue"], [1, 0, "red"]],
         "{0 -> 1: blue, 1 -> 0: red}"),
        (DigraphType(2, BoolType()), (None, False, None, None), [[0, 1, False]],
         "{0 -> 1: false}"),
    ],
)  # fmt: skip
def test_shown_values_are_read_again(
    declared: Type, value: object, plain: object, text: str
) -> None:
    view = view_of(declared)
    assert view.plain(value) == plain
    assert view.text(value) == text
    assert view.read(json.loads(json.dumps(plain))) == value


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (3, "a list of the elements is needed, not 3"),
        ([0, 5], "5 is no int[0..3]"),
        ([1, 1], "[1, 1] names an element twice"),
        ([0, 1, 2, 3], "[0, 1, 2, 3] is no set[1..3] of int[0..3]"),
        ([], "[] is no set[1..3] of int[0..3]"),
    ],
)
def test_what_is_no_set_is_refused(given: object, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        SetView(SetType(1, 3, IntType(0, 3))).read(given)
    assert str(refused.value) == said


def test_sets_are_counted_by_size() -> None:
    view = SetView(SetType(1, 3, TupleType((IntType(0, 1), HUE))))
    sizes = range(1, 4)
    assert view.count == sum(len(list(combinations(range(6), size))) for size in sizes)
    assert SetView(SetType(0, None, IntType(0, 9))).count == 2**10
    assert SetView(SetType(0, 99, IntType(0, 2))).count == 8


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "a list of edges [u, v, label] is needed, not {}"),
        ([0, 1], "a list of edges [u, v, label] is needed, not [0, 1]"),
        ([[0, 1]], "[0, 1] is no edge [u, v, label] between two of the nodes 0..2"),
        ([[0, 3, "red"]], "[0, 3, red] is no edge [u, v, label] between two of the nodes 0..2"),
        ([[1, 1, "red"]], "[1, 1, red] is no edge [u, v, label] between two of the nodes 0..2"),
        ([[True, 2, "red"]], "[true, 2, red] is no edge [u, v, label] between two of the nodes "
         "0..2"),
        ([[0, 1, "pink"]], "pink is no Hue"),
        ([[0, 1, "red"], [0, 1, "red"]], "the edge 0 -> 1 stands twice"),
    ],
)  # fmt: skip
def test_what_is_no_digraph_is_refused(given: object, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        DigraphView(DigraphType(3, HUE)).read(given)
    assert str(refused.value) == said


def test_digraphs_have_no_places_for_loops() -> None:
    view = DigraphView(DigraphType(3, HUE))
    assert [view.size_at(place) for place in range(9)] == [1, 4, 4, 4, 1, 4, 4, 4, 1]
    assert view.count == 4**6
    assert DigraphView(DigraphType(1)).count == 1


def test_other_types_are_held_as_they_are_declared() -> None:
    view = view_of(IntType(0, 4))
    assert isinstance(view, DirectView)
    assert view.lowered == view.declared
    assert view.count == 5
