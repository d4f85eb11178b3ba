"""The functions on directed graphs against other ways to find the same."""

from itertools import product

import pytest
from digraphs import is_acyclic, is_connected, matrices, walks

from gflowspec.core.types import ArrayType, BoolType, IntType, SlotType
from gflowspec.ir.expr import Call, Const
from gflowspec.semantics.evaluate import evaluate

BOOL, NODE = BoolType(), IntType()


def asked(function, matrix, nodes, *ends, label=None):
    element = BOOL if label is None else SlotType(label)
    graph = Const(matrix, type=ArrayType((nodes, nodes), element))
    arguments = (graph, *(Const(end, type=NODE) for end in ends))
    return evaluate(Call(function, arguments, type=BOOL))


@pytest.mark.parametrize("nodes", [1, 2, 3])
def test_all_small_graphs(nodes):
    for matrix in matrices(nodes):
        known = walks(matrix, nodes)
        for tail, head in product(range(nodes), repeat=2):
            assert asked("reaches", matrix, nodes, tail, head) == ((tail, head) in known)
        assert asked("acyclic", matrix, nodes) == is_acyclic(matrix, nodes)
        assert asked("connected", matrix, nodes) == is_connected(matrix, nodes)


def test_a_label_is_an_edge_whatever_it_is():
    for labels in product((None, 0, 1), repeat=4):
        plain = tuple(label is not None for label in labels)
        for function in ("acyclic", "connected"):
            found = asked(function, labels, 2, label=IntType(0, 1))
            assert found == asked(function, plain, 2)


def test_labelled_acyclic_digraphs_are_counted():
    counts = [sum(is_acyclic(m, n) for m in matrices(n)) for n in (1, 2, 3)]
    assert counts == [1, 3, 25]
