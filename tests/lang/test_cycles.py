"""Cycles among declarations, against networkx."""

import time
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import codes, loaded

from gflowspec.core.source import SourceFile, Span
from gflowspec.lang import ast
from gflowspec.lang.cycles import let_cycles

SPAN = Span(SourceFile("f", "x"), 0, 1)


def lets(count):
    body = ast.Number(text="1", span=SPAN)
    return [
        ast.Let(
            name=ast.Name(text=f"a{i}", span=Span(SPAN.file, i, i + 1)),
            arguments=None,
            value=body,
            span=SPAN,
        )
        for i in range(count)
    ]


@settings(max_examples=80, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_a_cycle_is_reported_exactly_where_there_is_one(pairs):
    nodes = lets(7)
    edges = {}
    for a, b in pairs:
        edges.setdefault(id(nodes[a]), set()).add(id(nodes[b]))
    found = let_cycles(nodes, edges)
    graph = nx.DiGraph(pairs)
    assert bool(found) == (not nx.is_directed_acyclic_graph(graph))
    looped = [c for c in nx.strongly_connected_components(graph) if len(c) > 1]
    loops = looped + [{n} for n in nx.nodes_with_selfloops(graph)]
    assert len(looped) <= len(found) <= sum(map(len, loops))
    for item in found:
        names = item.message.split(": ")[-1].split(" -> ")
        if len(names) > 1:
            places = [int(name[1:]) for name in names]
            assert all(pair in pairs for pair in pairwise(places))


@pytest.mark.parametrize("cyclic", [False, True])
def test_long_chains_take_linear_time(cyclic):
    count = 1500
    last = "const A0 = A1499\n" if cyclic else "const A0 = 1\n"
    text = "gfs 1.0\n" + last + "".join(f"const A{i} = A{i - 1}\n" for i in range(1, count))
    start = time.process_time()
    found = loaded(text)[1]
    assert codes(found) == (["GFS103"] if cyclic else [])
    assert time.process_time() - start < 10
