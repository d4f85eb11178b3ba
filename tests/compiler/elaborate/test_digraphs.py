"""Digraphs: their types, what is asked of them, and the effect that adds an edge."""

import pytest
from texts import codes, environment, library

from gflowspec.compiler.algebra.show import show
from gflowspec.core.types import ArrayType, BoolType, DigraphType, IntType, SetType, SlotType
from gflowspec.ir.environment import EffectKind
from gflowspec.semantics.evaluate import evaluate

LINK = " action link(u in nodes(G), v in nodes(G)) { G.add_edge(u, v) } stop "


def one(body, parameters=""):
    instances, found = library(environment(body, parameters))
    assert not codes(found), [item.message for item in found]
    return instances[0].environment


def found_in(body):
    return library(environment(body))[1]


def let(text, edges, declared="digraph { nodes[3..3] edges }"):
    """The value of a let over a graph of three nodes."""
    add = "G.add_edge(0, 1, 2)" if " of " in declared else "G.add_edge(0, 1)"
    made = one(f"state {{ G: {declared} }} action a() {{ {add} }} stop let it = {text}")
    state = tuple(variable.view.read(edges) for variable in made.state)
    return evaluate(made.lets["it"], made, state)


def test_a_digraph_is_held_as_its_matrix():
    made = one("state { G: digraph { nodes[d..d] edges } }" + LINK, "d: int[2..9] = 3")
    (graph,) = made.state
    assert graph.type == ArrayType((3, 3), BoolType())
    assert graph.view.declared == DigraphType(3)
    assert graph.initial == (False,) * 9
    assert [show(item) for item in made.implied] == ["all(not edge(G, v, v) for v in 0..2)"]


def test_labels_are_slots():
    made = one("state { G: digraph { nodes[2..2] edges of int[0..4] } } action a(u in nodes(G), "
               "v in nodes(G), l in 0..3) { G.add_edge(u, v, l) } stop")  # fmt: skip
    assert made.state[0].type == ArrayType((2, 2), SlotType(IntType(0, 4)))
    (effect,) = made.actions[0].effects
    assert effect.kind is EffectKind.FILL
    assert show(effect.value) == "l"
    assert [show(item) for item in made.implied] == ["all(not G[v, v] != empty for v in 0..1)"]


def test_adding_an_edge_needs_two_nodes():
    made = one("state { G: digraph { nodes[3..3] edges } }" + LINK)
    (action,) = made.actions
    assert show(action.guard) == "u != v"
    (effect,) = action.effects
    assert (effect.kind, effect.variable) == (EffectKind.ASSIGN, "G")
    assert [show(item) for item in effect.indices] == ["u", "v"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("edge(G, 0, 1) and not edge(G, 1, 0)", True),
        ("G[0, 1]", True),
        ("edge_count(G)", 2),
        ("parents(G, 2)", {1}),
        ("children(G, 2)", set()),
        ("{len(children(G, v)) for v in nodes(G)}", {0, 1}),
        ("1 in parents(G, 2) and 9 not in parents(G, 2)", True),
        ("reaches(G, 0, 2) and reaches(G, 2, 2) and not reaches(G, 2, 0)", True),
        ("acyclic(G) and connected(G)", True),
        ("sum(v for v in nodes(G))", 3),
        ("G == G", True),
    ],
)
def test_questions(text, expected):
    assert let(text, [[0, 1], [1, 2]]) == expected


def test_labels_can_be_read():
    declared = "digraph { nodes[3..3] edges of int[0..3] }"
    text = "sum(or_else(G[u, v], 0) for u in nodes(G) for v in nodes(G))"
    assert let(text, [[0, 1, 3], [2, 1, 2]], declared) == 5
    text = "sum(G[u, v] for u in nodes(G) for v in nodes(G) if edge(G, u, v))"
    assert let(text, [[0, 1, 3], [2, 1, 2]], declared) == 5
    assert let("len(parents(G, 1))", [[0, 1, 0], [2, 1, 2]], declared) == 2


def test_sets_of_nodes_have_a_type():
    made = one("state { G: digraph { nodes[3..3] edges } }" + LINK + "let it = parents(G, 0)")
    assert made.lets["it"].type == SetType(0, 2, IntType(0, 2))


@pytest.mark.parametrize(
    ("declared", "code", "said"),
    [
        ("digraph { nodes[1..3] edges }", "GFS140", "number of nodes varies"),
        ("digraph { nodes[3..3] of bool edges }", "GFS140", "`nodes[3..3] of bool` in a digraph"),
        ("digraph { nodes[3..3] edges node x: bool }", "GFS140", "`node x: bool` in a digraph"),
        ("digraph { edges }", "GFS120", "one `nodes` and one `edges`"),
        ("digraph { nodes[3..3] }", "GFS120", "one `nodes` and one `edges`"),
        ("digraph { nodes[3..3] edges edges }", "GFS120", "one `nodes` and one `edges`"),
        ("digraph { nodes[0..0] edges }", "GFS125", "at least one node, not 0"),
        ("digraph { nodes[2_000..2_000] edges }", "GFS131", "4,000,000 places"),
        ("digraph { nodes[3..3] edges of int }", "GFS122", "no finite number of values"),
        ("digraph { nodes[3..3] edges of bool? }", "GFS122", "the label of an edge is a scalar"),
        ("digraph { nodes[3..3] edges } = empty", "GFS120", "begins without edges"),
        ("array[2] of digraph { nodes[3..3] edges }", "GFS141", "in a state"),
        ("(digraph { nodes[3..3] edges })?", "GFS141", "in a state"),
    ],
)
def test_types_that_are_refused(declared, code, said):
    found = found_in(f"state {{ x: bool G: {declared} }} action a() {{ x = true }} stop")
    assert codes(found) == [code], [item.message for item in found]
    assert said in found[0].message


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("reaches(G, 0)", "GFS120", "takes 3 arguments, not 2"),
        ("acyclic(x)", "GFS120", "this is a bool, but a digraph is needed here"),
        ("parents(0, G)", "GFS120", "this is the integer 0, but a digraph is needed here"),
        ("edge(G, x, 1)", "GFS120", "this is a bool, but a number is needed here"),
        ("len(G)", "GFS120", "`digraph { nodes[3..3] edges }`"),
        ("G + 1", "GFS120", "`digraph { nodes[3..3] edges }`"),
        ("sum(1 for e in G)", "GFS307", "cannot range over `digraph { nodes[3..3] edges }`"),
        ("filled(G)", "GFS120", "`digraph { nodes[3..3] edges }`"),
        ("1 in G", "GFS120", "`digraph { nodes[3..3] edges }`"),
        ("edges(G)", "GFS140", "`edges` needs language level 2"),
    ],
)
def test_questions_that_are_refused(text, code, said):
    body = f"state {{ x: bool G: digraph {{ nodes[3..3] edges }} }} {LINK} let it = {text}"
    found = found_in(body)
    assert codes(found) == [code], [item.message for item in found]
    assert said in found[0].message, found[0].message


def test_nodes_that_do_not_exist_are_refused():
    found = found_in(
        "state { G: digraph { nodes[3..3] edges } }" + LINK + "invariant edge(G, 0, 3)"
    )
    assert codes(found) == ["GFS123"]
    assert "it takes the value 3, but the last index is 2" in found[0].message


@pytest.mark.parametrize(
    ("effect", "code", "said"),
    [
        ("G.add_edge(0)", "GFS120", "`add_edge` takes u and v"),
        ("G.add_edge(0, 1, 2)", "GFS120", "`add_edge` takes u and v"),
        ("G.add_edge(0, 3)", "GFS123", "out of bounds"),
        ("G.add_edge(0, x)", "GFS120", "a node is needed here"),
        ("G.remove_edge(0, 1)", "GFS120", "has no method `remove_edge`"),
        ("G[0, 1] = true", "GFS302", "cannot be assigned"),
        ("G = G", "GFS302", "cannot be assigned"),
        ("x.add_edge(0, 1)", "GFS120", "a bool has no method `add_edge`"),
        ("H.add_edge(0, 1)", "GFS120", "`add_edge` takes u, v and label"),
        ("H.add_edge(0, 1, 7)", "GFS121", "7"),
        ("H.add_edge(0, 1, x)", "GFS120", "a bool"),
    ],
)
def test_effects_that_are_refused(effect, code, said):
    body = (
        "state { x: bool G: digraph { nodes[3..3] edges } "
        "H: digraph { nodes[3..3] edges of int[0..4] } } "
        f"action a() {{ {effect} }} stop"
    )
    found = found_in(body)
    assert codes(found) == [code], [item.message for item in found]
    assert said in found[0].message, found[0].message
