"""Polarity against brute force: a direction is claimed only where no pair of states denies it."""

from itertools import product

import pytest
import texts

from gflowspec.compiler.algebra.rewrite import canonical
from gflowspec.compiler.provers.polarity import DOWN, STILL, UP, trend
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import evaluate

BODY = (
    "state { S: set of int[0..2]  x: array[2] of int[0..2] = 0  w: array[2] of int[0..1]?"
    "  m: int[0..2] = 0 }"
    " action a(v in 0..2) { S.add(v) } action b(i in 0..1) { x[i] += 1 }"
    " action c(i in 0..1, v in 0..1) { w[i] := v } action d() { m += 1 } stop"
)
#: Text, and its direction when S, x and w lose something; None is what cannot be told.
EXPRESSIONS = [
    ("len(S)", DOWN),
    ("len(S) <= 2", UP),
    ("not len(S) < 2", DOWN),
    ("0 in S", DOWN),
    ("2 not in S", UP),
    ("m in S", DOWN),
    ("m < 2", STILL),
    ("sum(weights[v] for v in S)", DOWN),
    ("sum(debts[v] for v in S)", UP),
    ("sum(mixed[v] for v in S)", None),
    ("sum(weights[v] for v in S) + m <= 3", UP),
    ("all(u <= v or u - 1 not in S for u in S for v in S)", UP),
    ("all(v == 0 or v - 1 in S for v in S)", None),
    ("any(u < v for u in S for v in S)", DOWN),
    ("sum(x) - 2 * len(S)", None),
    ("sum(x) <= 3", UP),
    ("3 - sum(x) >= 0", UP),
    ("x[0] // 2 <= x[1]", None),
    ("x[m % 2]", DOWN),
    ("x[x[0] % 2]", None),
    ("x[0] == 1", None),
    ("max(x[0], x[1]) - m", DOWN),
    ("abs(x[0] - 1)", None),
    ("(-1) * x[0]", UP),
    ("distinct(w)", UP),
    ("filled(w)", DOWN),
    ("count_filled(w) * 2 < 3", UP),
    ("w[0] == 1", DOWN),
    ("w[0] != 1", UP),
    ("w[0] != empty", DOWN),
    ("w[0] == w[1]", None),
    ("1 in w", DOWN),
    ("1 not in w", UP),
    ("(2 if 0 in S else 1) <= m", UP),
    ("(1 if 0 in S else 2) <= m", DOWN),
    ("(x[0] if m > 0 else x[1]) <= 1", UP),
    ("count(x[i] > m for i in index(x))", DOWN),
    ("min(x[i] for i in index(x) if i in S or m >= 1)", None),
    ("prod(x[i] + 1 for i in index(x))", None),
    ("exp(x[0]) < 3", None),
    ("indicator(0 in S) + x[1]", DOWN),
]
PRELUDE = "const weights = [2, 0, 1]\nconst debts = [-2, 0, -1]\nconst mixed = [1, -1, 1]\n"
MOVES = {"S": DOWN, "x": DOWN, "w": DOWN}


def expression(text):
    program = f"gfs 1.0\n{PRELUDE}environment E() {{\n{BODY}\nlet it = {text}\n}}\n"
    (instance,), found = texts.library(program)
    assert not texts.codes(found), found
    return instance.environment, canonical(instance.environment.lets["it"])


SETS = list(product((False, True), repeat=3))
NUMBERS = list(product(range(3), repeat=2))
SLOTS = list(product((None, 0, 1), repeat=2))


def smaller():
    """Pairs of states, the second with less of everything."""
    for s, x, w, m in product(SETS[::2], NUMBERS[::2], SLOTS, range(3)):
        for gone, less, emptied in product(SETS[1::3], ((0, 1), (1, 0), (2, 2)), SETS[:4]):
            yield (
                (s, x, w, m),
                (
                    tuple(a and not b for a, b in zip(s, gone, strict=True)),
                    tuple(max(0, a - b) for a, b in zip(x, less, strict=True)),
                    tuple(
                        None if b else a for a, b in zip(w, (emptied[1], emptied[2]), strict=True)
                    ),
                    m,
                ),
            )


PAIRS = list(smaller())[::37]


@pytest.mark.parametrize(("text", "wanted"), EXPRESSIONS, ids=[text for text, _ in EXPRESSIONS])
def test_directions(text, wanted):
    environment, expr = expression(text)
    found = trend(expr, MOVES)
    assert found == wanted
    if found is None:
        return
    for before, after in PAIRS:
        try:
            old, new = evaluate(expr, environment, before), evaluate(expr, environment, after)
        except EvaluationError:
            continue
        assert (new >= old) if found == UP else (new <= old)
        assert found != STILL or new == old
