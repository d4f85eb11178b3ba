"""Wrong rules meet their smallest counter-example, and the advice mends them."""

import re

import pytest

from compiler.proofs import worlds
from gflowspec.compiler.report import Strength

PREFIX = """
state { S: set[0..4] of int[0..3] }
action add(v in 0..3) when v == 0 or v - 1 in S { S.add(v) }
stop
"""
PATH = """
state { S: set[0..3] of int[0..4] }
action add(v in 0..4) when v + 1 not in S and v - 1 not in S { S.add(v) }
terminal when len(S) == 3
"""
BACK = """
state { x: int[0..4] = 0 }
action right() { x += 1 }
action left() { x += -1 }
stop
"""
LOST = """
state { w: array[3] of int[0..2] = 0 }
action put(p in index(w), v in 0..2) { w[p] = v }
stop
"""
TREE = """
state { parent: array[4] of int[0..3]?  root: bool = false }
action plant() { root = true }
action hang(i in 1..3, p in 0..3) when root and i != p and (p == 0 or parent[p] != empty) {
  parent[i] := p
}
stop when root
"""
YOUNG = """
state { r: array[4] of int[0..5] = 0 }
action box(i in index(r)) when i == 0 or r[i] < r[i - 1] { r[i] += 1 }
stop
"""
TIMED = """
state { x: array[2] of int[0..3] = 0  t: int[0..6] = 0 }
action step(i in index(x)) { x[i] += 1  t += 1 }
action back(i in index(x)) { x[i] += -1  t += 1 }
stop
"""
ROWS = """
state { low: array[3] of bool?  high: array[3] of int[0..1]? }
action base(i in index(low), v in [false, true]) { low[i] := v }
action top(i in index(high), v in 0..1) when low[i] != empty { high[i] := v }
stop
"""


def env(body):
    return f"gfs 1.0\nenvironment E() {{\n{body}\n}}\n"


def sound(report):
    return all(item.strength is not Strength.FAILED for item in report.results.values())


def invariants(item):
    (advice,) = item.helps
    return re.findall(r"`invariant (.*?)`", advice)


@pytest.mark.parametrize(
    ("body", "count", "advice"),
    [
        (PREFIX, 6, ["all(v == 0 or v - 1 in S for v in 0..3 if v in S)"]),
        (
            TREE,
            49,
            [
                "all(root for i in 1..3 for p in 0..3 if parent[i] == p)",
                "all(p == 0 or parent[p] != empty for i in 1..3 for p in 0..3 if parent[i] == p)",
            ],
        ),
        (YOUNG, 140, ["all(r[i] <= r[i - 1] for i in index(r) if i > 0)"]),
        (TIMED, None, ["sum(x) <= t"]),
        (ROWS, None, ["all(low[i] != empty for i in index(high) for v in 0..1 if high[i] == v)"]),
    ],
)
def test_phantom_parents_go_with_the_invariant_that_is_proposed(body, count, advice):
    item = worlds.finding(env(body), "GFS310")
    assert invariants(item) == advice
    if count is not None:
        assert f"leads to {count} states" in item.message
    mended = body + "".join(f"invariant {text}\n" for text in invariants(item))
    report, found = worlds.proved(env(mended))
    assert not [x for x in found if x.is_error]
    assert sound(report)


def test_the_advice_is_general_where_none_of_the_kinds_is_enough():
    body = """
    state { x: int[0..6] = 0  y: int[0..6] = 0 }
    action up() when x % 2 == 0 or y > 2 { x += 1 }
    action right() when (x * y) % 3 != 1 { y += 1 }
    stop
    """
    item = worlds.finding(env(body), "GFS310")
    assert item.helps == ("state what all reachable states have in common as an `invariant`",)


def test_dead_ends_go_where_the_policy_may_stop():
    item = worlds.finding(env(PATH), "GFS320")
    assert "3 states" in item.message
    (advice,) = item.helps
    before, after = re.fullmatch(r".*replace `(.*)` by `(.*)`", advice).groups()
    report, _ = worlds.proved(env(PATH.replace(before, after)))
    assert sound(report)


def test_a_pair_that_cancels_goes_with_one_of_it():
    item = worlds.finding(env(BACK), "GFS301")
    assert worlds.walk(item) == [0, "right()", 1, "left()", 0]
    assert item.helps[0].startswith("remove one of the actions")
    report, _ = worlds.proved(env(BACK.replace("action left() { x += -1 }\n", "")))
    assert sound(report)


def test_a_lost_value_is_kept_by_a_slot():
    item = worlds.finding(env(LOST), "GFS302")
    assert item.helps[0] == "make it a slot (`T?`) and fill it with `w[p] := ...`"
    mended = LOST.replace("int[0..2] = 0", "int[0..2]?").replace("w[p] = v", "w[p] := v")
    report, _ = worlds.proved(env(mended))
    assert sound(report)
