"""Directed graphs in expressions: what one edge more does to walks and cycles, exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gflowspec.compiler.algebra.terms import EMPTY, FALSE, TRUE, conjoin, disjoin, negate
from gflowspec.core.types import ArrayType, SlotType
from gflowspec.ir.expr import Call, Expr, Updated

#: Functions whose first argument is an adjacency matrix.
DIGRAPH_FUNCTIONS = frozenset(("reaches", "acyclic", "connected"))
#: Builds a call of a built-in function in canonical form.
Make = Callable[[str, Sequence[Expr]], Expr]


def with_edge(made: Call, make: Make) -> Expr:
    """A question about a graph in canonical form; ``make`` builds the parts of the answer.

    With G + uv for G and the edge u -> v:

    * reaches(G, a, a)
    * reaches(G + uv, a, b)  =  reaches(G, a, b) or reaches(G, a, u) and reaches(G, v, b):
      a walk that takes the new edge has a first and a last time it does.
    * acyclic(G + uv)  =  acyclic(G) and not reaches(G, v, u): a new cycle takes the new edge, and
      the rest of it leads from v to u.
    """
    graph, *ends = made.arguments
    if made.function == "reaches" and ends[0] == ends[1]:
        return TRUE
    if not isinstance(graph, Updated) or not adds_edge(graph):
        return made
    before, (tail, head) = graph.base, graph.indices
    if made.function == "acyclic":
        closing = make("reaches", (before, head, tail))
        return conjoin(make("acyclic", (before,)), negate(closing))
    if made.function == "reaches":
        through = conjoin(
            make("reaches", (before, ends[0], tail)), make("reaches", (before, head, ends[1]))
        )
        return disjoin(make("reaches", (before, *ends)), through)
    return made


def adds_edge(graph: Updated) -> bool:
    """Whether the updated place surely holds an edge: true, or a label."""
    if is_labelled(graph):
        return not isinstance(graph.value.type, SlotType)
    return graph.value == TRUE


def removes_edge(graph: Updated) -> bool:
    """Whether the updated place surely holds no edge."""
    return graph.value == (EMPTY if is_labelled(graph) else FALSE)


def is_labelled(graph: Expr) -> bool:
    """Whether the places of a matrix are slots."""
    return isinstance(graph.type, ArrayType) and isinstance(graph.type.element, SlotType)
