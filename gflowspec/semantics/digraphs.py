"""Built-in functions over directed graphs, by search.

A graph of d nodes is its adjacency matrix, a row-major tuple of d * d places. Place (u, v) holds
the edge u -> v: true or false, or a slot with the label of the edge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gflowspec.core.types import ArrayType, SlotType, Type

Edges = Sequence[Any]


def digraph_function(name: str, of: Type) -> Callable[..., bool]:
    """``reaches(G, u, v)``, ``acyclic(G)`` or ``connected(G)`` for a matrix of this type."""
    assert isinstance(of, ArrayType)
    nodes, search = of.shape[0], _FUNCTIONS[name]
    labelled = isinstance(of.element, SlotType)

    def run(matrix: Edges, *arguments: int) -> bool:
        edges = [place is not None for place in matrix] if labelled else matrix
        return search(edges, nodes, *arguments)

    return run


def _reaches(edges: Edges, nodes: int, source: int, target: int) -> bool:
    return target in _reached(edges, nodes, source)


def _acyclic(edges: Edges, nodes: int) -> bool:
    """No edge leads to a node from which its tail can be reached; a loop is a cycle."""
    return not any(
        edges[tail * nodes + head] and _reaches(edges, nodes, head, tail)
        for tail in range(nodes)
        for head in range(nodes)
    )


def _connected(edges: Edges, nodes: int) -> bool:
    """Whether all nodes hang together, whatever the directions of the edges."""
    both = [
        edges[tail * nodes + head] or edges[head * nodes + tail]
        for tail in range(nodes)
        for head in range(nodes)
    ]
    return len(_reached(both, nodes, 0)) == nodes


def _reached(edges: Edges, nodes: int, source: int) -> set[int]:
    """The nodes at the ends of all walks from ``source``, the empty walk included."""
    found, waiting = {source}, [source]
    while waiting:
        tail = waiting.pop()
        for head in range(nodes):
            if edges[tail * nodes + head] and head not in found:
                found.add(head)
                waiting.append(head)
    return found


_FUNCTIONS: Mapping[str, Callable[..., bool]] = {
    "reaches": _reaches,
    "acyclic": _acyclic,
    "connected": _connected,
}
#: The functions of this file.
NAMES = frozenset(_FUNCTIONS)
