"""What the fuzzer has found, each as small as it could be made."""

import pytest

from fuzz.trial import trial


def environment(body):
    return f"gfs 1.0\nenvironment E() {{\n{body}\n}}\n"


@pytest.mark.parametrize("bound", ["0", "1", "1 / 2", "3 / 2", "5 / 2", "-1 / 2"])
@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "==", "!="])
def test_lengths_are_compared_with_fractions(sign, bound):
    body = (
        "state { x: seq[0..2] of int[0..1] } action a(v in 0..1) { x.append(v) }"
        f" stop when len(x) {sign} {bound} or len(x) == 2"
    )
    found = trial(environment(body))
    assert (found.category, found.failure) == ("executed", ""), found.detail


@pytest.mark.parametrize(
    "body",
    [
        # Sizes below zero, and no sizes at all
        "state { x: set[-1..] of int[0..3] } action a(v in 0..3) { x.add(v) } stop",
        "state { x: set[3..2] of int[0..3] } action a(v in 0..3) { x.add(v) } stop",
        "state { x: seq[-1..3] of int[0..3] } action a(v in 0..3) { x.append(v) } stop",
        "state { x: seq[3..2] of int[0..3] } action a(v in 0..3) { x.append(v) } stop",
    ],
)
def test_sizes_that_are_none_are_refused(body):
    found = trial(environment(body))
    assert (found.category, found.failure) == ("refused", ""), found.detail


@pytest.mark.parametrize(
    "guard",
    [
        "x < 3 and count(2 ^ i > 3 for i in 2 ^ 70..3) == 0",
        "x < 3 and count(2 ^ i > 3 for i in 1..-2) == 0",
        "x < 3 and w ^ 1 != 3",
    ],
)
def test_powers_of_nothing(guard):
    body = (
        "state { x: int[0..3] = 0  w: int[0..2]? = empty } action a(v in 0..2) { w := v }"
        f" action up() when {guard} {{ x += 1 }} stop"
    )
    assert not trial(environment(body)).failure
