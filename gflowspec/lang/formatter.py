"""The canonical layout of a file.

There are no options. Comments, the spelling of literals and parentheses are kept; a block that was
written on one line stays on one if it fits; empty lines between statements are kept, one at most.
"""

from __future__ import annotations

from typing import Any

import attrs

from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.errors import InternalError
from gflowspec.core.source import SourceFile
from gflowspec.lang import ast
from gflowspec.lang.formatting.comments import Comments
from gflowspec.lang.formatting.document import render
from gflowspec.lang.formatting.items import items
from gflowspec.lang.syntax.parser import parse


def format_source(source: SourceFile) -> tuple[str | None, tuple[Diagnostic, ...]]:
    """The text of ``source`` in its canonical layout; None if it has syntax errors.

    Raises:
        InternalError: The result would not mean the same. That is checked on every call.
    """
    module, problems = parse(source)
    if any(problem.is_error for problem in problems) or module.version is None:
        return None, problems
    comments = Comments(source, list(module.comments))
    start = source.text.index("gfs")
    head = comments.lead(start, first=True)[1:-2]
    text = render((*head, f"gfs {module.version}", items(module, comments)))
    _verify(module, SourceFile(source.name, text))
    return text, problems


def _verify(module: ast.Module, after: SourceFile) -> None:
    again, problems = parse(after)
    if problems or not same_tree(module, again) or _remarks(module) != _remarks(again):
        message = f"formatting would change the meaning of {after.name}"
        raise InternalError(message)


def _remarks(module: ast.Module) -> list[str]:
    """What the comments say; a ``##`` that documents nothing may have become a ``#``."""
    return [comment.text.lstrip("#") for comment in module.comments]


def same_tree(a: Any, b: Any) -> bool:
    """Whether two nodes are equal; unlike ``==`` without recursion."""
    waiting = [(a, b)]
    while waiting:
        x, y = waiting.pop()
        if type(x) is not type(y):
            return False
        if isinstance(x, tuple):
            if len(x) != len(y):
                return False
            waiting.extend(zip(x, y, strict=True))
        elif attrs.has(type(x)):
            names = [field.name for field in attrs.fields(type(x)) if field.eq]
            waiting.extend((getattr(x, name), getattr(y, name)) for name in names)
        elif x != y:
            return False
    return True
