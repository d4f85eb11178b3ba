import xml.etree.ElementTree as ET

import networkx as nx
import pytest

from compiler.proofs import worlds
from gflowspec.compiler.graphs import (
    check_state_graph,
    layers,
    plain,
    program_graphml,
    state_graph,
    state_graphml,
    to_dot,
    topological_order,
)
from gflowspec.compiler.report import Strength
from gflowspec.core.errors import InternalError, TooManyStates

SOUND = [worlds.HYPERGRID, worlds.WORDS, worlds.PERMUTATION, worlds.ORDERING, worlds.BAG]


@pytest.mark.parametrize("text", SOUND)
def test_sound_environments_pass_every_check(text):
    derived = worlds.derived(text)
    checks = check_state_graph(state_graph(derived), derived)
    assert set(checks) == {"one_source", "acyclic", "on_a_path", "mirrored"}
    assert set(checks.values()) == {Strength.ENUMERATED}


def test_phantom_parents_are_not_mirrored():
    derived = worlds.derived(worlds.PREFIX)
    checks = check_state_graph(state_graph(derived), derived)
    assert checks["mirrored"] is Strength.FAILED
    assert checks["on_a_path"] is Strength.ENUMERATED


def test_dead_ends_are_on_no_path():
    text = (
        "gfs 1.0\nenvironment E() { state { x: array[2] of int[0..1] = 0 }\n"
        "action a(i in 0..1) when x[1] == 0 { x[i] += 1 } terminal when x[0] + x[1] == 2 }\n"
    )
    derived = worlds.derived(text)
    checks = check_state_graph(state_graph(derived), derived)
    assert checks["on_a_path"] is Strength.FAILED
    assert checks["one_source"] is Strength.ENUMERATED


def test_a_cycle_and_a_limit_are_refused():
    text = (
        "gfs 1.0\nenvironment E() { state { x: int[0..2] = 0 } action a() { x += 1 }"
        " action b() { x += -1 } stop }\n"
    )
    with pytest.raises(InternalError, match="cycle"):
        state_graph(worlds.derived(text))
    with pytest.raises(TooManyStates):
        state_graph(worlds.derived(worlds.HYPERGRID), limit=24)


def test_nodes_and_edges_say_what_they_are():
    graph = state_graph(worlds.derived(worlds.HYPERGRID))
    assert (len(graph), graph.number_of_edges()) == (25, 40)
    assert graph.nodes[0] == {
        "state": {"x": [0, 0]},
        "label": "x = [0, 0]",
        "terminal": True,
        "forced": False,
        "rank": 0,
    }
    shown = plain(graph)
    assert shown["edges"][0] == {"source": 0, "target": 1, "action": "step", "arguments": {"i": 0}}
    assert shown["nodes"][1] == {"id": 1, "state": {"x": [1, 0]}, "terminal": True, "rank": 1}
    assert [len(nodes) for nodes in layers(graph).values()] == [1, 2, 3, 4, 5, 4, 3, 2, 1]


def test_parallel_edges_are_kept():
    text = (
        "gfs 1.0\nenvironment E() { state { x: int[0..2] = 0 } action a() { x += 1 }"
        " action b() { x += 1 } stop }\n"
    )
    graph = state_graph(worlds.derived(text))
    assert graph.number_of_edges(0, 1) == 2
    assert to_dot(graph).count("n0 -> n1") == 2


def test_exports_can_be_read_back():
    graph = state_graph(worlds.derived(worlds.ORDERING))
    again = nx.parse_graphml(state_graphml(plain(graph)))
    assert (len(again), again.number_of_edges()) == (16, 15)
    dot = to_dot(graph)
    assert dot.startswith('digraph "Ordering" {')
    assert dot.count(" -> ") == 15
    assert dot.count("doubleoctagon") == 6
    program = {
        "nodes": [{"name": "a", "width": 3, "reads": []}, {"name": "b", "width": None}],
        "edges": [["a", "b"]],
    }
    tree = ET.fromstring(program_graphml(program))
    assert len(tree.findall(".//{*}edge")) == 1


def test_topological_order():
    assert topological_order({"c": ("a", "b"), "b": ("a",), "a": ()}) == ("a", "b", "c")
    with pytest.raises(InternalError, match="cycle"):
        topological_order({"a": ("b",), "b": ("a",)})
