"""Sequences in a state: what may be read where, and what expressions over them mean."""

from itertools import product
from pathlib import Path

import pytest
from texts import codes, environment, library

from gflowspec.api import check
from gflowspec.core.render import to_report
from gflowspec.core.types import ArrayType, IntType, SlotType
from gflowspec.ir.environment import EffectKind
from gflowspec.semantics.evaluate import evaluate

FOLDER = Path(__file__).parents[2] / "golden" / "bad"
STATE = "state { s: seq[0..4] of int[0..2]  t: seq[0..2] of int[0..2]  i: int[0..5] = 0 }"
ACTIONS = "action go(v in 0..2) when {g} {{ s.append(v) }} action on() {{ i += 1 }}"


def guarded(condition, ending="stop"):
    return environment(f"{STATE} {ACTIONS.format(g=condition)} {ending}")


def made(text):
    instances, found = library(text)
    assert not codes(found), [item.message for item in found]
    return instances[0]


@pytest.mark.parametrize(
    "condition",
    [
        "i < len(s) and s[i] == 0",
        "i + 1 < len(s) and s[i] < s[i + 1]",
        "i < len(s) - 1 and s[i + 1] == 0",
        "len(s) > i + 2 and s[i + 1] + s[i] > 1",
        "len(s) > 2 and s[2] == s[0]",
        "len(s) >= 1 and s[len(s) - 1] == v",
        "len(s) != 0 and s[0] == v",
        "not (len(s) <= i) and s[i] == v",
        "len(s) == 0 or s[0] == v",
        "len(s) == 0 or s[len(s) - 1] == v",
        "(s[i] if i < len(s) else 0) == 0",
        "len(s) > i => s[i] == v",
        "all(s[k] == v for k in index(s))",
        "all(s[k - 1] == v for k in index(s) if k > 0)",
        "all(s[k] == s[k + j] for k in index(s) for j in 0..1 if k + j < len(s))",
        "all(e == v for e in s)",
        "all(s[k] == e for e in t for k in index(s))",
        "sum(s) + sum(e for e in s) + count(e > 1 for e in s if e > 0) > 2",
        "max(e for e in s) > 1",
        "v in s and 7 not in s and v - 1 not in s",
        "distinct(s) and s == t and s != [0, 1] and s == [0, v]",
        "len(s) == 4 and number(s, 3) > 7 and reverse(s) == s",
        "len(s) == 2 and number(s, 3) > 7 and hamming(s, [0, v]) == 1",
        "len(s) > 2 and s[0:2] == [0, 1, 2]",
        "len(s if i > 0 else s) > 1",
        "s == t and t == s",
    ],
)
def test_elements_may_be_read_where_they_are(condition):
    made(guarded(condition))


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("s[i] == 0", "GFS334"),
        ("s[0] == 0", "GFS334"),
        ("i <= len(s) and s[i] == 0", "GFS334"),
        ("i < len(t) and s[i] == 0", "GFS334"),
        ("i < len(s) and s[i + 1] == 0", "GFS334"),
        ("i < len(s) or s[i] == 0", "GFS334"),
        ("len(s) > 2 and s[3] == 0", "GFS334"),
        ("all(s[k + 1] == v for k in index(s))", "GFS334"),
        ("len(s) > 1 and s[0:2] == [0, 1, 2]", "GFS334"),
        ("len(s) > 3 and number(s[0:2], 3) == number(s, 3) and number(t, 3) == 0", "GFS334"),
        ("number(s, 3) == 0", "GFS334"),
        ("reverse(s) == s", "GFS334"),
        ("s[4] == 0", "GFS123"),
        ("s[-1] == 0", "GFS123"),
        ("s[len(s) - 1] == 0", "GFS123"),
        ("s[0, 1] == 0", "GFS120"),
        ("s + 1 == 0", "GFS120"),
        ("s < t", "GFS120"),
        ("true in s", "GFS120"),
        ("s == [true]", "GFS120"),
        ("count_filled(s) == 0", "GFS120"),
        ("filled(s)", "GFS120"),
    ],
)
def test_elements_may_not_be_read_elsewhere(condition, code):
    assert codes(library(guarded(condition))[1]) == [code]


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        ("seq[0..0] of bool", "GFS125"),
        ("seq[3..2] of bool", "GFS125"),
        ("seq[0..2] of int", "GFS122"),
        ("seq[0..2] of real[0..1]", "GFS122"),
        ("seq[0..2] of string", "GFS122"),
        ("seq[0..2] of bool?", "GFS122"),
        ("seq[0..2] of (bool, bool)", "GFS122"),
        ("seq[0..2_000_000] of bool", "GFS131"),
        ("seq[1..2] of bool", "GFS121"),
        ("seq[0..2] of bool = [true, false, true]", "GFS121"),
        ("seq[0..2] of bool = [1]", "GFS120"),
        ("seq[0..2] of bool = true", "GFS120"),
        ("array[2] of seq[0..2] of bool", "GFS141"),
        ("(seq[0..2] of bool)?", "GFS141"),
    ],
)
def test_sequences_that_are_refused(declared, code):
    text = environment(f"state {{ x: int[0..9] = 0  q: {declared} }} action go() {{ x += 1 }} stop")
    assert codes(library(text)[1]) == [code]


def test_a_sequence_is_held_as_slots():
    instance = made(
        environment(
            "state { q: seq[1..3] of int[1..2] = [2] } action a(v in 1..2) { q.append(v) } stop"
        )
    )
    (variable,) = instance.environment.state
    assert variable.type == ArrayType((3,), SlotType(IntType(1, 2)), prefix=True)
    assert variable.initial == (2, None, None)
    assert variable.view.count == 2 + 4 + 8
    assert variable.view.text((2, 1, None)) == "[2, 1]"
    assert variable.view.read([1, 1]) == (1, 1, None)
    (effect,) = instance.environment.actions[0].effects
    assert effect.kind is EffectKind.INSERT
    (least,) = instance.environment.implied  # at least one element, as the type says
    assert not evaluate(least, instance.environment, ((None, None, None),))


#: Rewards over `s` of at most three elements 0..2, with what they mean.
VALUES = (
    ("len(s)", len),
    ("sum(s)", sum),
    ("sum(10 ^ i * s[i] for i in index(s))", lambda s: sum(10**i * v for i, v in enumerate(s))),
    ("count(v in s for v in 0..2)", lambda s: len(set(s))),
    ("count(v + 1 in s for v in 0..2)", lambda s: len(set(s) - {0})),
    ("indicator(distinct(s))", lambda s: int(len(set(s)) == len(s))),
    ("indicator(s == [0, 1])", lambda s: int(s == (0, 1))),
    ("indicator(s != [0, 1, 2, 0])", lambda s: 1),
    ("indicator(s == [])", lambda s: int(s == ())),
    ("indicator(s == t)", lambda s: int(s == (1, 1))),
    ("indicator(t != s)", lambda s: int(s != (1, 1))),
    ("(s[0] if len(s) > 0 else 9)", lambda s: s[0] if s else 9),
    ("(s[len(s) - 1] if len(s) > 0 else 9)", lambda s: s[-1] if s else 9),
    ("sum(a * b for a in s for b in s)", lambda s: sum(s) ** 2),
    ("count(s[i] == s[i - 1] for i in 1..2 if i < len(s))",
     lambda s: sum(a == b for a, b in zip(s[1:], s, strict=False))),
    ("(number(s, 3) if len(s) == 3 else 99)",
     lambda s: 9 * s[0] + 3 * s[1] + s[2] if len(s) == 3 else 99),
    ("(number(s[0:1], 3) if len(s) >= 2 else 99)",
     lambda s: 3 * s[0] + s[1] if len(s) >= 2 else 99),
    ("(hamming(s, reverse(s)) if len(s) == 3 else 9)",
     lambda s: 2 * (s[0] != s[2]) if len(s) == 3 else 9),
    ("indicator(len(s) == 2 and 5 not in concat(s, s))", lambda s: int(len(s) == 2)),
    ("(max(e for e in s) if len(s) > 0 else 7)", lambda s: max(s) if s else 7),
    ("last(s)", lambda s: s[-1] if s else 3),
)  # fmt: skip


@pytest.mark.parametrize(("text", "meaning"), VALUES, ids=[text for text, _ in VALUES])
def test_values(text, meaning):
    body = (
        "state { s: seq[0..3] of int[0..2]  t: seq[0..5] of int[0..2] = [1, 1] } "
        "action a(v in 0..2) { s.append(v) } stop"
    )
    function = (
        "fn last(q: seq[0..3] of int[0..2]) -> int[0..3] = q[len(q) - 1] if len(q) > 0 else 3\n"
    )
    reward = f"reward G() for E {{ R = 1 + {text} }}\n"
    instance = made(environment(body).replace("gfs 1.0\n", "gfs 1.0\n" + function) + reward)
    (reward,) = instance.rewards
    view, other = (variable.view for variable in instance.environment.state)
    for length in range(4):
        for members in product(range(3), repeat=length):
            state = (view.held(members), other.held((1, 1)))
            assert evaluate(reward.value, instance.environment, state) == 1 + meaning(members)


def test_the_end_fixes_the_length_for_a_reward():
    text = guarded("true", "terminal when len(s) == 4")
    rewards = (
        "reward A() for E { R = 1 + number(s, 3) + s[3] }\n"
        "reward B() for E { let bits = concat(bits_of(e, 2) for e in s)  R = 1 + len(bits) }\n"
    )
    instances, found = library(text + rewards)
    assert not codes(found)
    assert instances[0].rewards[1].value.value == 9


def test_a_parameter_may_be_a_list_of_any_length():
    reward = (
        "reward M(motif: seq[1..3] of int[0..2] = [0, 1]) for E "
        "{ R = 1 + count(s[k] == motif[0] for k in index(s)) / len(motif) }\n"
    )
    instances, found = library(guarded("true") + reward)
    assert not codes(found)
    assert instances[0].rewards[0].parameters == {"motif": (0, 1)}
    for given, code in (("[]", "GFS121"), ("[0, 1, 2, 0]", "GFS121"), ("[3]", "GFS121"),
                        ("[true]", "GFS120"), ("1", "GFS120")):  # fmt: skip
        text = guarded("true") + reward.replace("[0, 1]", given)
        assert codes(library(text)[1]) == [code], given


def test_the_object_is_the_list_or_its_text():
    whole = made(
        guarded("true")
        .replace(" t: seq[0..2] of int[0..2]  i: int[0..5] = 0", "")
        .replace("action on() { i += 1 }", "")
        .replace("stop", "stop object s")
    )
    assert whole.environment.object is None
    part = made(guarded("true").replace(" stop", " stop object s"))
    state = ((2, 0, None, None), (None, None), 0)
    assert evaluate(part.environment.object, part.environment, state) == (2, 0)
    spelt = made(guarded("true").replace(" stop", ' stop object text(s, "xyz")'))
    assert evaluate(spelt.environment.object, spelt.environment, state) == "zx"
    short = guarded("true").replace(" stop", ' stop object text(s, "xy")')
    assert codes(library(short)[1]) == ["GFS121"]


@pytest.mark.parametrize(
    "name", ["GFS120_sequence_methods", "GFS121_sequence_begins", "GFS334_behind_the_end"]
)
def test_what_is_said(name, golden, monkeypatch):
    monkeypatch.chdir(FOLDER)
    golden(FOLDER / f"{name}.txt", to_report(check(f"{name}.gfs").diagnostics) + "\n")
