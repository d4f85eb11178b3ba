"""States in the boxes of a picture."""

import pytest
from texts import library

from gflowspec.pages.labels import state_lines


def lines(variables, state, head=""):
    text = f"gfs 1.0\n{head}\nenvironment E() {{ state {{ {variables} go: bool }}\n"
    instances, found = library(f"{text}action a() {{ go = true }} stop }}\n")
    assert instances, [item.message for item in found]
    return state_lines(instances[0].environment, {**state, "go": False})[:-1]


@pytest.mark.parametrize(
    ("variables", "state", "expected"),
    [
        ("x: array[2] of int[0..20] = 0", {"x": [3, 17]}, ["x: 3 17"]),
        ("x: int[0..20] = 0", {"x": 17}, ["x: 17"]),
        ("b: array[3] of bool", {"b": [True, False, True]}, ["b: 101"]),
        ("b: bool", {"b": True}, ["b: true"]),
        ("w: array[3] of int[0..9]?", {"w": [None, 3, None]}, ["w: · 3 ·"]),
        ("w: array[3] of bool?", {"w": [None, False, True]}, ["w: ·01"]),
        ("w: int[0..9]?", {"w": None}, ["w: ·"]),
        (
            "m: array[2, 3] of int[0..9] = 0",
            {"m": [[1, 2, 3], [4, 5, 6]]},
            ["m:", "1 2 3", "4 5 6"],
        ),
        ("S: set of int[0..5]", {"S": [0, 4]}, ["S: {0, 4}"]),
        ("S: set of (int[0..1], int[0..1])", {"S": [[0, 1], [1, 1]]}, ["S: {(0, 1), (1, 1)}"]),
        ("x: array[40] of int[0..9] = 0", {"x": [7] * 40}, ["x: 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 …"]),
    ],
)
def test_values(variables, state, expected):
    assert list(lines(variables, state)) == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [("red, green, blue", "c: r·b"), ("red, rose, blue", "c: red · blue")],
)
def test_members_of_an_enum_are_initials_where_these_differ(members, expected):
    found = lines(
        "c: array[3] of Colour?", {"c": ["red", None, "blue"]}, f"enum Colour {{ {members} }}"
    )
    assert list(found) == [expected]


def test_sequences():
    head = "enum Base { A, C, G, T }"
    assert list(lines("s: seq[0..4] of Base", {"s": ["A", "C", "A"]}, head)) == ["s: ACA"]
    assert list(lines("s: seq[0..4] of Base", {"s": []}, head)) == ["s: []"]
    assert list(lines("s: seq[0..4] of int[0..9]", {"s": [4, 0]})) == ["s: [4, 0]"]


def test_the_only_variable_has_no_name():
    text = "gfs 1.0\nenvironment E() { state { x: array[2] of int[0..3] = 0 }\n"
    (instance,), _ = library(f"{text}action a(i in index(x)) {{ x[i] += 1 }} stop }}\n")
    assert state_lines(instance.environment, {"x": [1, 2]}) == ("1 2",)
