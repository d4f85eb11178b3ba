"""Masks and inverses of collections read as the language writes them."""

import pytest
from texts import library

from gflowspec.compiler.algebra.notation import undo_text
from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.derive.pipeline import derive

TEXT = """gfs 1.0
enum Part { head, arm, leg }
environment E() {
  state {
    x: array[2] of int[0..3] = 0
    G: digraph { nodes[3..3] edges }
    L: digraph { nodes[2..2] edges of Part }
    S: set of int[3..6]
    T: set of (Part, bool)
    P: set of Part
    s: seq[0..3] of Part
  }
  action move(i in index(x)) when x[i] != 2 { x[i] += 1 }
  action connect(u in nodes(G), v in nodes(G)) when not reaches(G, v, u) { G.add_edge(u, v) }
  action label(u in nodes(L), v in nodes(L), l in [head, arm]) { L.add_edge(u, v, l) }
  action add(v in 3..6) when len(S) < 3 and v + 1 not in S { S.add(v) }
  action take(p in [head, arm], b in [true, false]) when (leg, true) not in T { T.add((p, b)) }
  action last(p in [head, arm]) { s.append(p) }
  action put(i in 0..2, p in [head, arm]) when i <= len(s) { s.insert(i, p) }
  action mark(p in [head, arm, leg]) { P.add(p) }
  stop
}
"""


@pytest.fixture(scope="module")
def made():
    (instance,), _ = library(TEXT)
    return derive(instance.environment)[0]


@pytest.mark.parametrize(
    ("action", "forward", "backward", "undone"),
    [
        ("move", "x[i] != 2 and x[i] < 3", "x[i] > 0 and x[i] != 3", "x[i] = x[i] - 1"),
        ("last", "len(s) < 3", "len(s) > 0 and s[len(s) - 1] in [head, arm]",
         "s.remove_at(len(s) - 1)"),
        ("put", "i <= len(s) and len(s) < 3", "i < len(s) and s[i] in [head, arm]",
         "s.remove_at(i)"),
        ("mark", "p not in P", "p in P", "P.remove(p)"),
        (
            "take",
            "(leg, true) not in T and (p, b) not in T",
            "(p, b) in T and not (not (p == leg and indicator(b) == 1) and (leg, true) in T)",
            "T.remove((p, b))",
        ),
        (
            "add",
            "len(S) < 3 and not (v < 6 and v + 1 in S) and v not in S",
            None,
            "S.remove(v)",
        ),
        ("connect", "not reaches(G, v, u) and not edge(G, u, v)", None,
         "G.remove_edge(u, v)"),
        ("label", None, None, "L.remove_edge(u, v)"),
    ],
)  # fmt: skip
def test_masks_and_inverses(made, action, forward, backward, undone):
    item = next(item for item in made.actions if item.action.name == action)
    of = made.environment
    if forward is not None:
        assert show(item.forward_mask) == forward
    if backward is not None:
        assert show(item.backward_mask) == backward
    assert [undo_text(of, store) for store in item.undo] == [undone]


def test_a_collection_less_one_element(made):
    connect = next(item for item in made.actions if item.action.name == "connect")
    assert "reaches(without(G, u, v), v, u)" in show(connect.backward_mask)
