"""The files that a text names: ``file("...")`` in declarations."""

from __future__ import annotations

from collections.abc import Iterator

from gflowspec.lang import ast
from gflowspec.lang.scopes import child_nodes


def file_refs(tree: ast.Module) -> Iterator[ast.FileRef]:
    """All references of ``data`` and ``extern`` declarations of a file, in order."""
    for item in tree.items:
        if isinstance(item, ast.Data | ast.Extern):
            yield from _below(item)


def _below(node: ast.Node) -> Iterator[ast.FileRef]:
    if isinstance(node, ast.FileRef):
        yield node
    for child in child_nodes(node):
        yield from _below(child)


def written_hash(ref: ast.FileRef) -> str | None:
    """The ``sha256`` of a reference, if it is written as a plain string."""
    for argument in ref.arguments:
        if argument.name is not None and argument.name.text == "sha256":
            return argument.value.value if isinstance(argument.value, ast.String) else None
    return None
