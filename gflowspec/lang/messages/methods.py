"""Diagnostics about methods: values have none, so each habit is told what is written instead."""

from __future__ import annotations

from collections.abc import Mapping

from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.source import Span

#: Methods and attributes of other languages, and what is written here; ``{}`` is the value.
_INSTEAD: Mapping[str, str] = {
    "all": "all(c for v in {})",
    "any": "any(c for v in {})",
    "count": "count(v == ... for v in {})",
    "edges": "edge_count({})",
    "get": "or_else({}[...], ...)",
    "has_edge": "edge({}, u, v)",
    "has_path": "reaches({}, u, v)",
    "index": "index({})",
    "is_acyclic": "acyclic({})",
    "is_dag": "acyclic({})",
    "isempty": "len({}) == 0",
    "is_empty": "len({}) == 0",
    "length": "len({})",
    "max": "max(v for v in {})",
    "mean": "sum(v for v in {}) / len({})",
    "min": "min(v for v in {})",
    "nodes": "nodes({})",
    "number_of_edges": "edge_count({})",
    "number_of_nodes": "len(nodes({}))",
    "parents": "parents({}, v)",
    "children": "children({}, v)",
    "predecessors": "parents({}, v)",
    "shape": "len({})",
    "size": "len({})",
    "successors": "children({}, v)",
    "sum": "sum(v for v in {})",
}

#: Effects: statements of actions.
_EFFECTS = frozenset({"add", "add_edge", "append", "insert", "prepend"})


def instead(method: str, value: str) -> tuple[str, ...]:
    """What to write instead of ``value.method``, as lines of help."""
    if method in _EFFECTS:
        return (f"`{method}` is an effect: it stands between the braces of an action",)
    written = _INSTEAD.get(method)
    return () if written is None else (f"write `{written.replace('{}', value)}`",)


def no_method(span: Span, value: str, method: str, what: str) -> Diagnostic:
    """GFS101: ``value.method(...)`` where ``value`` is no module but, in words, ``what``."""
    article = "an" if what[0] in "aeiou" else "a"
    helps = instead(method, value) or (f"functions take values as arguments: `{method}({value})`",)
    return Diagnostic(
        "GFS101",
        Severity.ERROR,
        f"`{value}` is {article} {what}, and has no function `{method}`",
        Label(span),
        helps=helps,
    )
