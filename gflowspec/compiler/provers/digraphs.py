"""Lemmas about directed graphs, as formulas about the questions that occur in a proof.

Each lemma is true of every graph, G; G - uv is G without the edge u -> v. What one edge *more*
does is an equation, and part of the canonical form (``algebra.digraphs``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from gflowspec.compiler.algebra.access import call, index
from gflowspec.compiler.algebra.aggregates import aggregate
from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.digraphs import (
    DIGRAPH_FUNCTIONS,
    adds_edge,
    is_labelled,
    removes_edge,
)
from gflowspec.compiler.algebra.rewrite import bound_variable
from gflowspec.compiler.algebra.terms import BOOL, EMPTY, INT, disjoin, integer, negate
from gflowspec.compiler.provers.formulas import is_ground
from gflowspec.core.types import ArrayType, ListType
from gflowspec.ir.expr import Call, Expr, Generator, Range, Updated, walk


def questions(formulas: Iterable[Expr]) -> list[Call]:
    """The questions about graphs in some formulas that name no variable of a quantifier."""
    return list(dict.fromkeys(call for formula in formulas for call in _questions(formula)))


@lru_cache(maxsize=10_000)
def _questions(formula: Expr) -> tuple[Call, ...]:
    """Kept, because a search asks this of the same formulas in every round."""
    return tuple(
        node
        for node in walk(formula)
        if isinstance(node, Call) and node.function in DIGRAPH_FUNCTIONS and is_ground(node)
    )


def lemmas(asked: list[Call]) -> Iterator[Expr]:
    """All instances of the lemmas about these questions."""
    for question in asked:
        for lemma in (fewer_edges, more_edges, no_loops, edges_are_walks):
            yield from lemma(question)
    for first in asked:
        for second in asked:
            yield from no_way_back(first, second)


def fewer_edges(question: Call) -> Iterator[Expr]:
    """Taking an edge away makes no walk and no cycle, and connects nothing.

    * reaches(G - uv, a, b) implies reaches(G, a, b)
    * acyclic(G) implies acyclic(G - uv): acyclicity is antitone
    * connected(G - uv) implies connected(G)
    """
    graph, *ends = question.arguments
    if isinstance(graph, Updated) and removes_edge(graph):
        before = call(question.function, (graph.base, *ends), BOOL)
        if question.function == "acyclic":
            yield implied(before, question)
        else:
            yield implied(question, before)


def more_edges(question: Call) -> Iterator[Expr]:
    """connected(G) implies connected(G + uv)."""
    graph = question.arguments[0]
    if question.function == "connected" and isinstance(graph, Updated) and adds_edge(graph):
        yield implied(call("connected", (graph.base,), BOOL), question)


def no_way_back(cycles: Call, walk_: Call) -> Iterator[Expr]:
    """acyclic(G) and the edge b -> a imply not reaches(G, a, b): the walk would close a cycle."""
    if cycles.function == "acyclic" and walk_.function == "reaches":
        graph, tail, head = walk_.arguments
        if cycles.arguments == (graph,):
            yield disjoin(negate(cycles), negate(has_edge(graph, head, tail)), negate(walk_))


def no_loops(question: Call) -> Iterator[Expr]:
    """acyclic(G) implies that no node has an edge to itself."""
    graph = question.arguments[0]
    if question.function != "acyclic" or not isinstance(graph.type, ArrayType):
        return
    nodes = graph.type.shape[0]
    node = bound_variable("k#loop", tuple(range(nodes)), INT)
    domain = Range(integer(0), integer(nodes - 1), type=ListType(INT, nodes))
    everywhere = (Generator(node.name, domain, tuple(range(nodes))),)
    none = aggregate("all", negate(has_edge(graph, node, node)), everywhere, BOOL)
    yield implied(question, none)


def edges_are_walks(question: Call) -> Iterator[Expr]:
    """An edge a -> b implies reaches(G, a, b), and so does a == b."""
    if question.function == "reaches":
        graph, tail, head = question.arguments
        yield implied(has_edge(graph, tail, head), question)
        yield implied(compare("==", tail, head), question)


def implied(premise: Expr, conclusion: Expr) -> Expr:
    """``premise => conclusion``."""
    return disjoin(negate(premise), conclusion)


def has_edge(graph: Expr, tail: Expr, head: Expr) -> Expr:
    """Whether a matrix has the edge tail -> head."""
    place = index(graph, (tail, head))
    return compare("!=", place, EMPTY) if is_labelled(graph) else place


#: The lemmas by name, for the test that tries each of them on all small graphs.
LEMMAS: dict[str, Callable[..., Iterator[Expr]]] = {
    "fewer edges": fewer_edges,
    "more edges": more_edges,
    "no loops": no_loops,
    "edges are walks": edges_are_walks,
    "no way back": no_way_back,
}
