"""Parse tree -> nodes, without recursion: a tree may be as deep as a text is long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lark

from gflowspec.lang.syntax import build_expressions, build_items, build_types
from gflowspec.lang.syntax.context import Builder, Context

#: The builder of each rule of the grammar that leaves a node in the parse tree.
BUILDERS: Mapping[str, Builder] = {
    **build_expressions.EXPRESSIONS,
    **build_expressions.PARTS,
    **build_types.TYPES,
    **build_types.PARTS,
    **build_items.ITEMS,
}


def build(tree: lark.Tree[Any], context: Context) -> Any:
    """The node of a parse tree."""
    waiting: list[Any] = [tree]
    postfix: list[Any] = []
    while waiting:
        item = waiting.pop()
        postfix.append(item)
        if isinstance(item, lark.Tree):
            waiting.extend(item.children)
    built: list[Any] = []
    for item in reversed(postfix):
        if not isinstance(item, lark.Tree):
            built.append(item)
            continue
        split = len(built) - len(item.children)
        children = built[split:]
        del built[split:]
        span = context.span(item.meta.start_pos, item.meta.end_pos)
        built.append(BUILDERS[item.data](context, span, children))
    return built[0]
