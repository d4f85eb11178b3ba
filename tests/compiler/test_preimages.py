"""Arrays that show objects, read backwards."""

import pytest

from gflowspec.compiler.elaborate import instantiate
from gflowspec.compiler.preimages import NoPreimage, Preimage, rows_of
from gflowspec.components.discover import vocabulary
from gflowspec.lang.spec import load
from gflowspec.semantics.evaluate import evaluate

SPEC = """gfs 1.0

environment Words() {
  state {
    w: array[3] of int[0..3]? = empty
    up: bool = false
  }
  action write(p in index(w), v in 0..3) { w[p] := v }
  action raise() { up = true }
  terminal when filled(w) and up
  let pair(v) = [v // 2, v % 2]
  let good = [w[2], w[0], w[1], indicator(up)]
  let partial = concat(bits_of(w[p], 2) for p in index(w))
  let mixed = [w[0] + w[1], w[1], w[2], indicator(up)]
  let lossy = [w[0] // 2, w[1], w[2], indicator(up)]
  let twice = [w[0], w[0], w[1], w[2], indicator(up)]
  let total = w[0] + w[1]
}

reward Any() for Words {
  let M = [[3, 1, 2, 0], [0, 0, 0, 1]]
  let flat = [1, 2, 3]
  R = 1 + w[0]
}
"""


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    path = tmp_path_factory.mktemp("preimages") / "words.gfs"
    path.write_text(SPEC)
    spec, found = load(str(path), (), vocabulary())
    assert not [item.message for item in found if item.is_error]
    made, found = instantiate(spec, "Words", {}, "Any", {})
    assert made is not None, [item.message for item in found]
    return made


def test_states_look_like_their_rows(instance):
    environment = instance.environment
    rows = rows_of(instance.rewards[0], "M")
    states = Preimage.of(environment, "good").states(rows)
    assert states == [((1, 2, 3), False), ((0, 0, 0), True)]
    assert [evaluate(environment.lets["good"], environment, state) for state in states] == [*rows]


@pytest.mark.parametrize(
    ("via", "why"),
    [
        ("partial", "does not show every component of the state exactly once"),
        ("mixed", "place 0 of `mixed` does not depend on a single component"),
        ("lossy", "two values of `w` look the same"),
        ("twice", "does not show every component of the state exactly once"),
        ("total", "no `concat` or list of single components"),
        ("nothing", "no `let` called `nothing`; it has `good`, `lossy`"),
    ],
)
def test_what_cannot_be_read_backwards_says_why(instance, via, why):
    with pytest.raises(NoPreimage, match=why):
        Preimage.of(instance.environment, via)


@pytest.mark.parametrize(
    ("row", "why"),
    [((1, 2, 3), "has 3 elements"), ((4, 0, 0, 0), "never shows 4 at place 0")],
)
def test_rows_that_show_nothing_say_why(instance, row, why):
    with pytest.raises(NoPreimage, match=why):
        Preimage.of(instance.environment, "good").states([row])


@pytest.mark.parametrize(("of", "why"), [("flat", "no rows"), ("R", "no constant array")])
def test_rows_are_those_of_a_constant_array(instance, of, why):
    with pytest.raises(NoPreimage, match=why):
        rows_of(instance.rewards[0], of)
