"""Rules of written types -> nodes. Pure constructors: nothing is checked here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.syntax.context import Builder, Context


def _number(base: str) -> Builder:
    def build(_context: Context, span: Span, children: list[Any]) -> ast.TypeExpr:
        return ast.NumberType(base=base, bounds=children[0], span=span)

    return build


def _plain(base: str) -> Builder:
    return lambda _context, span, _children: ast.PlainType(base=base, span=span)


def _array(_context: Context, span: Span, children: list[Any]) -> ast.TypeExpr:
    *shape, element = children
    return ast.ArrayTypeExpr(shape=tuple(shape), element=element, span=span)


def _set(_context: Context, span: Span, children: list[Any]) -> ast.TypeExpr:
    bounds, element = children
    return ast.SetTypeExpr(bounds=bounds, element=element, span=span)


def _seq(_context: Context, span: Span, children: list[Any]) -> ast.TypeExpr:
    bounds, element = children
    return ast.SeqTypeExpr(bounds=bounds, element=element, span=span)


def _map(_context: Context, span: Span, children: list[Any]) -> ast.TypeExpr:
    key, value = children
    return ast.MapTypeExpr(key=key, value=value, span=span)


def _graph(base: str) -> Builder:
    def build(_context: Context, span: Span, children: list[Any]) -> ast.TypeExpr:
        return ast.GraphTypeExpr(base=base, parts=tuple(children), span=span)

    return build


def _g_nodes(_context: Context, span: Span, children: list[Any]) -> ast.GraphPart:
    bounds, label = children
    return ast.GraphPart(kind="nodes", bounds=bounds, type=label, span=span)


def _g_edges(_context: Context, span: Span, children: list[Any]) -> ast.GraphPart:
    return ast.GraphPart(kind="edges", type=children[0], span=span)


def _g_attribute(kind: str) -> Builder:
    def build(context: Context, span: Span, children: list[Any]) -> ast.GraphPart:
        name, declared = children
        return ast.GraphPart(kind=kind, name=context.name(name), type=declared, span=span)

    return build


def _bounds(open_below: bool) -> Builder:
    def build(_context: Context, span: Span, children: list[Any]) -> ast.Bounds:
        upper = children[1] if len(children) > 1 else None
        return ast.Bounds(lower=children[0], upper=upper, open_below=open_below, span=span)

    return build


TYPES: Mapping[str, Builder] = {
    "t_int": _number("int"),
    "t_real": _number("real"),
    "t_bool": _plain("bool"),
    "t_string": _plain("string"),
    "t_name": lambda _c, span, children: ast.NamedType(name=children[0], span=span),
    "t_optional": lambda _c, span, children: ast.OptionalType(element=children[0], span=span),
    "t_group": lambda _c, span, children: ast.GroupType(inner=children[0], span=span),
    "t_tuple": lambda _c, span, children: ast.TupleTypeExpr(items=tuple(children), span=span),
    "t_array": _array,
    "t_set": _set,
    "t_seq": _seq,
    "t_map": _map,
    "t_digraph": _graph("digraph"),
    "t_graph": _graph("graph"),
}

#: Rules within types that are no types themselves.
PARTS: Mapping[str, Builder] = {
    "g_nodes": _g_nodes,
    "g_edges": _g_edges,
    "g_node_attr": _g_attribute("node"),
    "g_edge_attr": _g_attribute("edge"),
    "g_port": _g_attribute("port"),
    "b_closed": _bounds(open_below=False),
    "b_at_least": _bounds(open_below=False),
    "b_above": _bounds(open_below=True),
}
