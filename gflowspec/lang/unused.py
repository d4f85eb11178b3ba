"""What a file declares and nothing in it uses (GFS114).

A file without an experiment is a library: others may use what it declares. So of its top-level
names only imports count, and none at all is missed if it is passed on: an unused import of a
library is not reported either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from gflowspec.core.diagnostics import Diagnostic, Edit, Fix
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.messages import style as messages

_TOP = (ast.Const, ast.Function, ast.Enumeration, ast.TypeAlias, ast.Data, ast.Extern)
_WORDS = {
    ast.Const: "constant",
    ast.Function: "function",
    ast.Enumeration: "enum",
    ast.TypeAlias: "type",
    ast.Data: "data table",
    ast.Extern: "extern function",
}


def check_unused(tree: ast.Module) -> tuple[Diagnostic, ...]:
    """Warnings about declarations of the checked file that nothing uses."""
    found = [item for declared in tree.items for item in _inside(declared)]
    if any(isinstance(item, ast.Experiment | ast.Sweep) for item in tree.items):
        found += _top(tree)
    return tuple(found)


# ---- top level --------------------------------------------------------------------------------


def _top(tree: ast.Module) -> Iterator[Diagnostic]:
    used = {id(item): _mentions(item) for item in tree.items}

    def needed(names: Iterable[str], declared: ast.Item) -> bool:
        others = (words for key, words in used.items() if key != id(declared))
        wanted = set(names)
        return any(not wanted.isdisjoint(words) for words in others)

    for item in tree.items:
        if isinstance(item, ast.ImportModule) and not needed([item.alias.text], item):
            fix = Fix("remove the import", (Edit(_line(item.span), ""),), safe=True)
            yield messages.unused_import(item.alias.span, item.alias.text, (fix,))
        elif isinstance(item, ast.ImportNames):
            yield from _imported(item, {n.text for n in item.names if needed([n.text], item)})
        elif isinstance(item, _TOP) and not item.name.text.startswith("_"):
            names = [item.name.text]
            if isinstance(item, ast.Enumeration):
                names += [member.text for member in item.members]
            if not needed(names, item):
                yield messages.unused(item.name.span, _WORDS[type(item)], item.name.text)


def _imported(item: ast.ImportNames, kept: set[str]) -> Iterator[Diagnostic]:
    """Imported names that nothing uses; all of them go in one edit, which each of them carries."""
    unused = [name for name in item.names if name.text not in kept]
    first, last = item.names[0].span, item.names[-1].span
    whole = Span(first.file, first.start, last.end)
    fixes: tuple[Fix, ...] = ()
    if unused and "#" not in item.span.text:
        edit = Edit(_line(item.span), "")
        if kept:
            edit = Edit(whole, ", ".join(n.text for n in item.names if n.text in kept))
        fixes = (Fix("remove what is not used from the import", (edit,), safe=True),)
    for name in unused:
        yield messages.unused_import(name.span, name.text, fixes)


def _line(span: Span) -> Span:
    """The whole line, or lines, if nothing else stands on it."""
    text = span.file.text
    start = text.rfind("\n", 0, span.start) + 1
    newline = text.find("\n", span.end)
    end = len(text) if newline < 0 else newline + 1
    alone = not text[start : span.start].strip() and not text[span.end : end].strip()
    return Span(span.file, start, end) if alone else span


# ---- inside declarations ----------------------------------------------------------------------


def _inside(item: ast.Item) -> Iterator[Diagnostic]:
    if isinstance(item, ast.Function):
        yield from _parameters((p.name for p in item.params), [item.body], "parameter")
    elif isinstance(item, ast.Reward):
        inner: list[ast.Node] = [*item.members, *(p.type for p in item.params)]
        yield from _parameters((p.name for p in item.params), inner, "parameter")
    if isinstance(item, ast.Environment | ast.Reward):
        for member in item.members:
            if isinstance(member, ast.Let):
                yield from _parameters(member.arguments or (), [member.value], "argument")
            elif isinstance(member, ast.Action):
                yield from _binders(member)


def _parameters(
    names: Iterable[ast.Name], body: Iterable[ast.Node], what: str
) -> Iterator[Diagnostic]:
    words = set().union(*map(_mentions, body))
    for name in names:
        if name.text not in words and not name.text.startswith("_"):
            yield messages.unused(name.span, what, name.text)


def _binders(action: ast.Action) -> Iterator[Diagnostic]:
    words = set().union(*map(_mentions, action.effects))
    if action.guard is not None:
        words |= _mentions(action.guard)
    words |= set().union(*(_mentions(binder.domain) for binder in action.binders))
    for binder in action.binders:
        name = binder.name.text
        if name not in words and not name.startswith("_"):
            yield messages.unused_binder(binder.name.span, name, action.name.text)


# ---- names ------------------------------------------------------------------------------------


def _mentions(node: ast.Node) -> set[str]:
    """Every word of a tree that may refer to a name; words that declare one are among them."""
    found: set[str] = set()
    todo: list[ast.Node] = [node]
    while todo:
        current = todo.pop()
        if isinstance(current, ast.Var):
            found.add(current.name)
        elif isinstance(current, ast.Name):
            found.add(current.text)
        for field in attrs.fields(type(current)):
            value = getattr(current, field.name)
            todo += [v for v in (value if isinstance(value, tuple) else (value,)) if _is(v)]
    return found


def _is(value: object) -> bool:
    return isinstance(value, ast.Node)
