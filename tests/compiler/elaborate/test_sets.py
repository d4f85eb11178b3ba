"""Sets in states: what is written about them becomes conditions on an array of truth values."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import pytest
from texts import codes, environment, library

from gflowspec.core.types import ArrayType, BoolType, SetType
from gflowspec.ir.environment import Environment
from gflowspec.semantics.evaluate import evaluate

PRELUDE = (
    "enum Hue { red, green, blue }\n"
    "const clashes = [(0, 3), (1, 2)]\n"
    "const weights = [5, 7, 11, 13]\n"
    "fn heavy(S: set of int[0..3], least: int) -> bool = sum(weights[v] for v in S) >= least\n"
)
STATE = (
    "state { S: set[0..3] of int[0..3]  H: set of Hue  P: set[0..2] of (int[1..2], Hue)"
    "  w: int[0..5]? }"
)
ACTIONS = (
    " action add(v in 0..3) { S.add(v) }"
    " action paint(h in Hue) { H.add(h) }"
    " action pair(i in 1..2, h in Hue) { P.add((i, h)) }"
    " stop"
)


def written(body: str) -> str:
    return environment(body).replace("gfs 1.0\n", f"gfs 1.0\n{PRELUDE}")


def one(body: str) -> Environment:
    (instance,), found = library(environment(body))
    assert not codes(found), found
    return instance.environment


def subsets(of: list[Any], most: int) -> list[frozenset[Any]]:
    return [frozenset(c) for k in range(most + 1) for c in combinations(of, k)]


def made(claim: str) -> Environment:
    (instance,), found = library(written(f"{STATE}{ACTIONS} let claim = {claim}"))
    assert not codes(found), found
    return instance.environment


PAIRS = list(product((1, 2), range(3)))


@pytest.mark.parametrize(
    ("claim", "meaning"),
    [
        ("1 in S", lambda s, h, p: 1 in s),
        ("7 in S", lambda s, h, p: False),
        ("2 not in S and len(S) > 0", lambda s, h, p: 2 not in s and len(s) > 0),
        ("all(v + 1 in S for v in S)", lambda s, h, p: all(v + 1 in s for v in s)),
        ("any(v - 1 in S for v in S)", lambda s, h, p: any(v - 1 in s for v in s)),
        ("all(u <= v for u in S for v in S)", lambda s, h, p: len(s) < 2),
        ("sum(weights[v] for v in S)", lambda s, h, p: sum((5, 7, 11, 13)[v] for v in s)),
        ("sum(S)", lambda s, h, p: sum(s)),
        ("mask(S)", lambda s, h, p: sum(2**v for v in s)),
        ("sorted(S)", lambda s, h, p: tuple(sorted(s))),
        ("S", lambda s, h, p: s),
        ("{v % 2 for v in S}", lambda s, h, p: frozenset(v % 2 for v in s)),
        ("len({v % 2 for v in S})", lambda s, h, p: len({v % 2 for v in s})),
        ("1 in {v % 2 for v in S}", lambda s, h, p: 1 in {v % 2 for v in s}),
        ("len({v for v in S if v > 1})", lambda s, h, p: len({v for v in s if v > 1})),
        ("S == {v for v in 1..2}", lambda s, h, p: s == {1, 2}),
        ("S != {v for v in S if v > 0}", lambda s, h, p: 0 in s),
        ("heavy(S, 12)", lambda s, h, p: sum((5, 7, 11, 13)[v] for v in s) >= 12),
        ("len(S if blue in H else {v for v in 0..3})",
         lambda s, h, p: len(s) if 2 in h else 4),
        ("red in H", lambda s, h, p: 0 in h),
        ("count(h != green for h in H)", lambda s, h, p: len(h - {1})),
        ("(1, blue) in P", lambda s, h, p: (1, 2) in p),
        ("(3, blue) in P", lambda s, h, p: False),
        ("any((v, red) in P for v in S)", lambda s, h, p: any((v, 0) in p for v in s)),
        ("sum(i for i, h in P if h != red)", lambda s, h, p: sum(i for i, j in p if j)),
        ("all(t == (1, green) for t in P)", lambda s, h, p: all(t == (1, 1) for t in p)),
        ("len(P)", lambda s, h, p: len(p)),
        ("P", lambda s, h, p: p),
        ("any((u, v) in clashes for u in S for v in S)",
         lambda s, h, p: {0, 3} <= s or {1, 2} <= s),
        ("all(not (i in S and j in S) for i, j in clashes)",
         lambda s, h, p: not ({0, 3} <= s or {1, 2} <= s)),
    ],
)  # fmt: skip
def test_expressions_mean_what_they_mean_in_python(claim: str, meaning: Any) -> None:
    environment = made(claim)
    views = [environment.variable(name).view for name in "SHP"]
    for s, h, p in product(subsets([0, 1, 2, 3], 3), subsets([0, 1, 2], 3), subsets(PAIRS, 2)[::5]):
        held = [view.held(x) for view, x in zip(views, (s, h, p), strict=True)]
        found = evaluate(environment.lets["claim"], environment, (*held, None))
        assert found == meaning(s, h, p), (s, h, p)


def test_a_set_is_an_array_with_a_limit_of_its_size() -> None:
    (s, h, p, _) = made("true").state
    assert s.type == ArrayType((4,), BoolType())
    assert s.initial == (False,) * 4
    assert h.type == ArrayType((3,), BoolType())
    assert p.type == ArrayType((2, 3), BoolType())
    assert isinstance(p.view.declared, SetType)
    # `H` may hold every colour, so its type implies no limit.
    assert len(made("true").implied) == 2


@pytest.mark.parametrize(
    ("initial", "members"),
    [("{v for v in 0..3 if v != 1}", [0, 2, 3]), ("[2, 0]", [0, 2]), ("1..2", [1, 2])],
)
def test_sets_may_begin_with_elements(initial: str, members: list[int]) -> None:
    body = f"state {{ S: set of int[0..3] = {initial} }} action a(v in 0..3) {{ S.add(v) }} stop"
    (variable,) = one(body).state
    assert variable.view.plain(variable.initial) == members


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("state { S: set[1..2] of int[0..3] } action a(v in 0..3) { S.add(v) } stop", "GFS121"),
        ("state { S: set[0..1] of int[0..3] = [0, 1] } action a(v in S) { S.add(v) } stop",
         "GFS121"),
        ("state { S: set of int[0..3] = [4] } action a(v in 0..3) { S.add(v) } stop", "GFS121"),
        ("state { S: set of int[0..3] = 2 } action a(v in 0..3) { S.add(v) } stop", "GFS120"),
        ("state { S: set of int[0..3] } action a(v in 0..4) { S.add(v) } stop", "GFS121"),
        ("state { S: set of int[0..3] } action a(v in 0..3) { S.add(v, v) } stop", "GFS120"),
        ("state { S: set of int[0..3] } action a(v in 0..3) { S.ad(v) } stop", "GFS120"),
        ("state { S: set of int[0..3] } action a(v in 0..3) { S[v] = true } stop", "GFS302"),
        ("state { S: set of int[0..3] } action a(v in 0..3) { S = S } stop", "GFS302"),
        ("state { S: set of int[0..3] } action a(v in 0..3) when true in S { S.add(v) } stop",
         "GFS120"),
        ("state { S: set of int[0..3] } action a(v in 0..3) when S < S { S.add(v) } stop",
         "GFS120"),
        ("state { S: set of int } action a(v in 0..3) { S.add(v) } stop", "GFS122"),
        ("state { S: set of int[0..3]? } action a(v in 0..3) { S.add(v) } stop", "GFS122"),
        ("state { S: set of int[0..9_999_999] } action a(v in 0..3) { S.add(v) } stop", "GFS131"),
        ("state { x: int[0..3] = 0 } action a() { x.add(1) } stop", "GFS120"),
    ],
)  # fmt: skip
def test_what_sets_cannot_be(body: str, code: str) -> None:
    assert codes(library(written(body))[1]) == [code]


def test_actions_over_the_elements_of_a_set_are_guarded_by_membership() -> None:
    body = (
        "state { S: set of int[0..3] = [0]  T: set[0..2] of int[0..3] }"
        " action move(v in S) { T.add(v) } stop"
    )
    (action,) = one(body).actions
    (binder,) = action.binders
    assert binder.carrier == (0, 1, 2, 3)
    # `v in S`, and room in T.
    assert action.guard is not None
    assert len(action.guard.operands) == 2
