"""Declarations that need each other in a circle (GFS103)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.messages import names as messages
from gflowspec.lang.symbols import Symbol

#: Which declarations another one needs, by ``id`` of their nodes.
Edges = dict[int, set[int]]


def cycles(symbols: Iterable[Symbol], edges: Mapping[int, set[int]]) -> tuple[Diagnostic, ...]:
    """One diagnostic for each cycle among top-level declarations."""
    named = {id(item.node): (item.name, item.span, item.kind.value) for item in symbols}
    return _report(named, edges)


def let_cycles(lets: Iterable[ast.Let], edges: Mapping[int, set[int]]) -> tuple[Diagnostic, ...]:
    """One diagnostic for each cycle among the lets of an environment or reward."""
    named = {id(item): (item.name.text, item.name.span, "let") for item in lets}
    return _report(named, edges)


def _report(
    named: Mapping[int, tuple[str, Span, str]], edges: Mapping[int, set[int]]
) -> tuple[Diagnostic, ...]:
    order = {node: place for place, node in enumerate(named)}
    graph = {
        node: sorted(edges.get(node, set()) & named.keys(), key=order.__getitem__) for node in named
    }
    graph = _without_ends(_without_ends(graph))
    found = []
    done: set[int] = set()
    for start in graph:
        path = _shortest(start, graph, done)
        if path:
            places = [named[node][:2] for node in path]
            kinds = {named[node][2] for node in path}
            what = f"{kinds.pop()}s" if len(kinds) == 1 else "names"
            found.append(messages.cycle(places, what))
            done.update(path)
    return tuple(found)


def _without_ends(graph: Mapping[int, list[int]]) -> dict[int, list[int]]:
    """The graph turned round, without the nodes that lead to no cycle. Linear time."""
    sources: dict[int, list[int]] = {node: [] for node in graph}
    for node, targets in graph.items():
        for target in targets:
            sources[target].append(node)
    left = {node: len(targets) for node, targets in graph.items()}
    ends = [node for node, count in left.items() if count == 0]
    gone = set(ends)
    while ends:
        for source in sources[ends.pop()]:
            left[source] -= 1
            if left[source] == 0:
                ends.append(source)
                gone.add(source)
    return {
        node: [source for source in sources[node] if source not in gone]
        for node in graph
        if node not in gone
    }


def _shortest(start: int, graph: Mapping[int, list[int]], done: set[int]) -> list[int]:
    """A shortest cycle through ``start`` that avoids ``done``, in order; empty without one."""
    if start in done:
        return []
    before = {start: start}
    frontier = deque([start])
    while frontier:
        node = frontier.popleft()
        for target in graph[node]:
            if target == start:
                path = [node]
                while path[-1] != start:
                    path.append(before[path[-1]])
                return path[::-1]
            if target not in before and target not in done:
                before[target] = node
                frontier.append(target)
    return []
