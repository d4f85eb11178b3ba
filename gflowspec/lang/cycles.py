"""Declarations that need each other in a circle (GFS103)."""

from __future__ import annotations

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
    found = []
    done: set[int] = set()
    for start in named:
        path = _find(start, {key: edges.get(key, set()) & named.keys() for key in named}, done)
        if path:
            names = [named[key][0] for key in path]
            what = f"{named[path[0]][2]}s" if len({named[k][2] for k in path}) == 1 else "names"
            found.append(messages.cycle(named[path[0]][1], names, what))
            done.update(path)
    return tuple(found)


def _find(start: int, edges: Mapping[int, set[int]], done: set[int]) -> list[int]:
    """A shortest cycle through ``start`` that avoids ``done``, in order; empty if there is none."""
    if start in done:
        return []
    paths: dict[int, list[int]] = {start: [start]}
    frontier = [start]
    while frontier:
        node = frontier.pop(0)
        if start in edges[node]:
            return paths[node]
        for target in edges:
            if target in edges[node] - done and target not in paths:
                paths[target] = [*paths[node], target]
                frontier.append(target)
    return []
