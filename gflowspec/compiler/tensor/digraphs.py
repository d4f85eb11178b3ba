"""Built-in functions over directed graphs: boolean matrices and their closure.

A graph of d nodes is a value of array shape (d, d). The closure comes from ceil(log2 d) squarings
of the matrix with its diagonal set, so the work does not depend on the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import torch

from gflowspec.compiler.tensor import choice
from gflowspec.compiler.tensor.builder import Builder, Register
from gflowspec.compiler.tensor.constants import Encoded
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.representation import constant, lift
from gflowspec.compiler.tensor.values import Kind, Value

if TYPE_CHECKING:
    from gflowspec.compiler.tensor.lower import Lowering


def reaches(lowering: Lowering, arguments: list[Value]) -> Value:
    """Whether there is a walk from one node to another, the empty walk included."""
    graph, tail, head = arguments
    closure = _closure(lowering.builder, _edges(lowering.builder, graph))
    return lowering.element(closure, [tail, head])


def acyclic(lowering: Lowering, arguments: list[Value]) -> Value:
    """Whether no edge leads to a node from which its tail can be reached."""
    builder = lowering.builder
    edges = _edges(builder, arguments[0])
    back = _transposed(builder, _closure(builder, edges))
    return choice.negation(builder, lowering.reduce(Op.ANY, choice.both(builder, edges, back)))


def connected(lowering: Lowering, arguments: list[Value]) -> Value:
    """Whether all nodes hang together, whatever the directions of the edges."""
    builder = lowering.builder
    edges = _edges(builder, arguments[0])
    both = choice.either(builder, edges, _transposed(builder, edges))
    return lowering.reduce(Op.ALL, _closure(builder, both))


def _edges(builder: Builder, graph: Value) -> Value:
    """Where there is an edge: a true place, or a slot that holds a label."""
    return choice.is_filled(builder, graph) if graph.empty is not None else graph


def _closure(builder: Builder, edges: Value) -> Value:
    """Which nodes are at the ends of walks from which: bool [..., d, d]."""
    nodes = edges.array[0]
    diagonal = torch.eye(nodes, dtype=torch.bool).unsqueeze(0)
    found = choice.either(
        builder, edges, lift(builder, constant(builder, Encoded(diagonal, Kind.BOOL)), edges.depth)
    )
    for _ in range((nodes - 1).bit_length()):
        found = attrs.evolve(found, register=_squared(builder, found))
    return found


def _squared(builder: Builder, edges: Value) -> Register:
    """The boolean square of a matrix: a walk of two edges goes through some node."""
    row = 1 + edges.depth
    first = builder.emit(Op.UNSQUEEZE, (edges.register,), (row + 2,))  # [..., i, k, 1]
    second = builder.emit(Op.UNSQUEEZE, (edges.register,), (row,))  # [..., 1, k, j]
    walks = builder.emit(Op.AND, (first, second))
    return builder.emit(Op.ANY, (walks,), (row + 1,))


def _transposed(builder: Builder, edges: Value) -> Value:
    nodes, row = edges.array[0], 1 + edges.depth
    places = torch.arange(nodes * nodes).reshape(nodes, nodes).T.reshape(-1)
    flat = builder.emit(Op.FLATTEN, (edges.register,), row, row + 1)
    turned = builder.emit(Op.SELECT, (flat,), row, places)
    return attrs.evolve(edges, register=builder.emit(Op.UNFLATTEN, (turned,), row, (nodes, nodes)))
