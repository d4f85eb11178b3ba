"""Lemmas about directed graphs, each tried on all small graphs, and what is proved with them."""

from itertools import product

import pytest
import texts
from digraphs import matrices, without_loops

from compiler.proofs import worlds
from gflowspec.compiler.algebra.access import call
from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.algebra.terms import FALSE, TRUE
from gflowspec.compiler.obligations.pipeline import prove_afresh
from gflowspec.compiler.provers.digraphs import LEMMAS, lemmas
from gflowspec.compiler.provers.polarity import DOWN, STILL, UP, trend
from gflowspec.compiler.report import Strength
from gflowspec.core.types import ArrayType, BoolType, IntType, SlotType
from gflowspec.ir.expr import Bound, Call, Const, StateVar, Updated
from gflowspec.semantics.evaluate import bound_key, compile_expr

BOOL = BoolType()
LABEL = IntType(4, 5)
NAMES = ("u", "v", "a", "b")


def graph(nodes, element=BOOL):
    return StateVar("G", type=ArrayType((nodes, nodes), element))


def bound(name, nodes):
    return Bound(name, type=IntType(0, nodes - 1))


def changed(nodes, *, adding, element=BOOL):
    """The graph with the edge u -> v, or without it."""
    nothing = FALSE if element == BOOL else Const(None, type=SlotType(IntType()))
    edge = TRUE if element == BOOL else Const(4, type=IntType(4, 4))
    whole = graph(nodes, element)
    places = (bound("u", nodes), bound("v", nodes))
    return Updated(whole, places, edge if adding else nothing, type=whole.type)


def asked(of, nodes):
    """Every question about a graph, as it is: canonical form would answer some of them."""
    tail, head = bound("a", nodes), bound("b", nodes)
    return [
        Call("reaches", (of, tail, head), type=BOOL),
        Call("acyclic", (of,), type=BOOL),
        Call("connected", (of,), type=BOOL),
    ]


def everywhere(exprs, nodes, states):
    """Values of expressions for all states and bindings."""
    codes = [compile_expr(expr) for expr in exprs]
    for state in states:
        for places in product(range(nodes), repeat=len(NAMES)):
            frame = {bound_key(name): place for name, place in zip(NAMES, places, strict=True)}
            frame["G"] = state
            yield state, places, [code(frame) for code in codes]


def labelled(states, label=4):
    return [tuple(label if place else None for place in state) for state in states]


WORLDS = [
    (2, BOOL, list(matrices(2))),
    (3, BOOL, [m for m in matrices(3) if without_loops(m, 3)][::2]),
    (2, SlotType(LABEL), labelled(matrices(2))),
]


@pytest.mark.parametrize(("nodes", "element", "states"), WORLDS, ids=["2", "3", "2 labelled"])
def test_every_lemma_is_true_of_every_graph(nodes, element, states):
    questions = [
        question
        for of in (
            graph(nodes, element),
            changed(nodes, adding=True, element=element),
            changed(nodes, adding=False, element=element),
        )
        for question in asked(of, nodes)
    ]
    instances = list(lemmas(questions))
    for lemma in LEMMAS.values():
        several = lemma.__code__.co_argcount > 1
        pairs = product(questions, repeat=2) if several else ((one,) for one in questions)
        assert any(list(lemma(*pair)) for pair in pairs), lemma
    for state, places, values in everywhere(instances, nodes, states):
        for instance, value in zip(instances, values, strict=True):
            assert value, (show(instance), state, places)


@pytest.mark.parametrize(("nodes", "element", "states"), WORLDS, ids=["2", "3", "2 labelled"])
def test_an_added_edge_is_an_equation(nodes, element, states):
    """Canonical form says the same as the question it replaces."""
    for question in asked(changed(nodes, adding=True, element=element), nodes):
        simple = call(question.function, question.arguments, BOOL)
        assert (simple != question) == (question.function != "connected")
        for state, places, (one, other) in everywhere([question, simple], nodes, states):
            assert one == other, (show(question), state, places)


def test_polarity_of_questions():
    reaches, acyclic, connected = asked(graph(3), 3)
    assert [trend(item, {"G": UP}) for item in (reaches, acyclic, connected)] == [UP, DOWN, UP]
    assert [trend(item, {"G": DOWN}) for item in (reaches, acyclic, connected)] == [DOWN, UP, DOWN]
    moving = call("reaches", (graph(3), StateVar("n", type=IntType(0, 2)), bound("a", 3)), BOOL)
    assert trend(moving, {"G": UP, "n": UP}) is None
    assert trend(moving, {"x": UP}) == STILL


def structure(guard, invariants, nodes=3):
    lines = "".join(f"  invariant {item}\n" for item in invariants)
    return (
        f"gfs 1.0\nenvironment E() {{\n  state {{ G: digraph {{ nodes[{nodes}..{nodes}] edges }} }}"
        f"\n  action link(u in nodes(G), v in nodes(G)) when {guard} {{ G.add_edge(u, v) }}\n"
        f"  stop\n{lines}}}\n"
    )


LIMITED = "all(len(parents(G, v)) <= 1 for v in nodes(G))"
NO_PAIRS = "all(not (edge(G, a, b) and edge(G, b, a)) for a in nodes(G) for b in nodes(G))"
#: Guard and invariants of which O1 and O4 are proved.
PROVED = [
    ("true", ()),
    ("not reaches(G, v, u)", ("acyclic(G)",)),
    ("u != v and not reaches(G, v, u)", ("acyclic(G)",)),
    ("acyclic(G) and not reaches(G, v, u)", ("acyclic(G)",)),
    ("len(parents(G, v)) < 1", (LIMITED,)),
    ("len(children(G, u)) < 2", ("all(len(children(G, v)) <= 2 for v in nodes(G))",)),
    ("not reaches(G, v, u) and len(parents(G, v)) < 1", ("acyclic(G)", LIMITED)),
    ("edge_count(G) < 3", ("edge_count(G) <= 3",)),
    ("not edge(G, v, u)", (NO_PAIRS,)),
]
#: A guard that lets something in that the invariant forbids: nothing of the two is proved.
TOO_WEAK = [
    ("true", "acyclic(G)"),
    ("not reaches(G, u, v)", "acyclic(G)"),
    ("not edge(G, v, u)", "acyclic(G)"),
    ("len(parents(G, v)) <= 1", LIMITED),
    ("len(children(G, v)) < 1", LIMITED),
    ("len(parents(G, u)) < 1", LIMITED),
    ("edge_count(G) < 4", "edge_count(G) <= 3"),
    ("not edge(G, u, v)", NO_PAIRS),
]
#: A guard that keeps out some of what the invariants allow, and how much of it.
TOO_STRONG = [
    ("not reaches(G, v, u) and len(parents(G, v)) < 1", ("acyclic(G)",), 25 - 16),
    ("not reaches(G, v, u) and u < v", ("acyclic(G)",), 25 - 8),
    ("not reaches(G, v, u)", (), 64 - 25),
]


def judged(guard, invariants):
    """The report on a structure, and how many graphs its types and invariants allow."""
    text = structure(guard, invariants)
    (instance,), found = texts.library(text)
    assert not texts.codes(found)
    report, _ = prove_afresh(instance, worlds.derived(text), None, 1_000)
    allowed = [m for m in matrices(3) if without_loops(m, 3) and _allowed(instance.environment, m)]
    assert report.strength("O2") is Strength.PROVED
    return report, len(allowed)


@pytest.mark.parametrize(("guard", "invariants"), PROVED)
def test_guards_that_keep_exactly_the_invariants(guard, invariants):
    """Enumeration is made beside, and contradicting it would be an internal error."""
    report, allowed = judged(guard, invariants)
    assert report.strength("O1") is Strength.PROVED, report.results["O1"]
    assert report.strength("O4") is Strength.PROVED, report.results["O4"]
    assert report.inductive
    assert report.counts.states == allowed


@pytest.mark.parametrize(("guard", "invariant"), TOO_WEAK)
def test_guards_that_are_too_weak_are_refuted(guard, invariant):
    report, _ = judged(guard, (invariant,))
    assert report.strength("O1") is Strength.FAILED
    assert report.strength("O4") is not Strength.PROVED


@pytest.mark.parametrize(("guard", "invariants", "extra"), TOO_STRONG)
def test_guards_that_are_too_strong_prove_no_coverage(guard, invariants, extra):
    report, allowed = judged(guard, invariants)
    assert report.strength("O1") is Strength.PROVED
    assert report.strength("O4") is Strength.ENUMERATED
    assert not report.inductive
    assert report.counts.states == allowed - extra


def _allowed(environment, matrix):
    return all(compile_expr(item)({"G": matrix}) for item in environment.invariants)


def test_structures_that_no_walk_reaches_are_shown():
    """Four nodes, at most two parents each, the limit not declared: 543 graphs, 443 reachable."""
    text = structure("not reaches(G, v, u) and len(parents(G, v)) < 2", ("acyclic(G)",), 4)
    found = worlds.finding(text, "GFS314")
    assert "543" in found.message + "".join(found.notes)
    assert "443" in found.message + "".join(found.notes)
    # One of the four graphs in which three edges enter one node, and no other edge is there.
    assert "G = {1 -> 0, 2 -> 0, 3 -> 0}" in "".join(found.notes) + found.message


def test_a_backward_mask_asks_for_the_edge_alone():
    text = structure("not reaches(G, v, u)", ("acyclic(G)",))
    (action,) = worlds.derived(text).actions
    assert action.simplified
    assert "reaches" not in show(action.backward_mask)
    assert "reaches" in show(action.forward_mask)
