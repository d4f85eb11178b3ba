"""Counts in closed form, against enumeration and known sequences."""

import pytest
import texts
from digraphs import is_acyclic, matrices, without_loops

from compiler.proofs import worlds
from gflowspec.compiler.obligations.closed_forms import acyclic_digraphs, count_allowed
from gflowspec.compiler.obligations.counts import closed_counts
from gflowspec.compiler.obligations.subject import Subject
from gflowspec.semantics.explore import explore


def test_acyclic_digraphs():
    """A003024 of the OEIS."""
    assert [acyclic_digraphs(n) for n in range(8)] == [1, 1, 3, 25, 543, 29281, 3781503, 1138779265]


@pytest.mark.parametrize("labels", [1, 2, 3])
def test_acyclic_digraphs_with_labels(labels):
    for nodes in (1, 2, 3):
        graphs = (m for m in matrices(nodes) if without_loops(m, nodes))
        found = sum(labels ** sum(m) for m in graphs if is_acyclic(m, nodes))
        assert acyclic_digraphs(nodes, labels) == found


GRAPHS = "state {{ G: digraph {{ nodes[3..3] edges{labels} }} {more} }} action link({binders}) "
GUARDED = "when not reaches(G, v, u){guard} {{ G.add_edge({arguments}) }} {actions} stop {claims}"


def graphs(labels="", more="", guard="", actions="", claims="invariant acyclic(G)"):
    binders = "u in nodes(G), v in nodes(G)" + (", l in 0..1" if labels else "")
    return texts.environment(
        (GRAPHS + GUARDED).format(
            labels=labels,
            more=more,
            binders=binders,
            guard=guard,
            arguments="u, v, l" if labels else "u, v",
            actions=actions,
            claims=claims,
        )
    )


@pytest.mark.parametrize(
    ("text", "states"),
    [
        (graphs(), 25),
        # At most two parents say nothing more about three nodes.
        (
            graphs(
                guard=" and len(parents(G, v)) < 2",
                claims="invariant acyclic(G) invariant all(len(parents(G, v)) <= 2 "
                "for v in nodes(G))",
            ),
            25,
        ),
        (graphs(labels=" of int[0..1]"), 1 + 6 * 2 + 12 * 4 + 6 * 8),
        (graphs(more="x: int[0..4] = 0", actions="action up() { x += 1 }"), 25 * 5),
        (
            graphs(
                more="w: array[2] of int[0..2]? = empty",
                actions="action put(p in 0..1, c in 0..2) when c not in w { w[p] := c }",
                claims="invariant acyclic(G) invariant distinct(w)",
            ),
            25 * (1 + 2 * 3 + 6),
        ),
    ],
)
def test_what_is_recognised(text, states):
    subject = Subject(worlds.derived(text))
    assert closed_counts(subject).states == states
    assert closed_counts(subject).terminal_states == states
    assert len(explore(subject.derived, 2_000).states) == states


@pytest.mark.parametrize(
    "claims",
    [
        "invariant acyclic(G) and all(len(parents(G, v)) <= 1 for v in nodes(G))",
        "invariant acyclic(G) invariant connected(G)",
        "invariant acyclic(G) invariant edge_count(G) <= 2",
        "invariant not reaches(G, 0, 1)",
    ],
)
def test_what_is_not_recognised(claims):
    assert count_allowed(Subject(worlds.derived(graphs(claims=claims)))) is None
