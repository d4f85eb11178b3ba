"""Style, for those who ask: names, missing documentation, documentation of nothing (GFS900)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.messages import style as messages
from gflowspec.lang.syntax.scan import Kind, scan

# A single capital letter, with digits perhaps, is the name of a quantity in a formula.
_VALUE = re.compile(r"_?[^\W\d_A-Z][^\WA-Z]*|[A-Z]\d*", re.UNICODE)
_TYPE = re.compile(r"_?[A-Z][^\W_]*", re.UNICODE)
_SNAKE, _CAMEL = "snake_case", "UpperCamel"


def check_style(tree: ast.Module) -> tuple[Diagnostic, ...]:
    """Findings about the style of a file that could be parsed."""
    found = [*_stray(tree)]
    for item in tree.items:
        found += _naming(item)
        if isinstance(item, ast.Environment | ast.Reward) and not item.doc:
            what = type(item).__name__.lower()
            found.append(messages.undocumented(item.name.span, what, item.name.text))
    return tuple(found)


# ---- names ------------------------------------------------------------------------------------


_CAMELS: dict[type[ast.Item], str] = {
    ast.Environment: "environment",
    ast.EnvironmentAlias: "environment",
    ast.Reward: "reward",
    ast.RewardAlias: "reward",
    ast.Enumeration: "enum",
    ast.TypeAlias: "type",
}
_SNAKES: dict[type[ast.Item], str] = {
    ast.Const: "constant",
    ast.Function: "function",
    ast.Extern: "function",
    ast.Data: "data table",
    ast.Experiment: "experiment",
    ast.Sweep: "sweep",
}


def _naming(item: ast.Item) -> Iterator[Diagnostic]:
    name = getattr(item, "name", None)
    if isinstance(item, ast.Param):
        yield from _snake(item.declaration.name, "parameter")
    elif isinstance(name, ast.Name) and type(item) in _CAMELS:
        yield from _camel(name, _CAMELS[type(item)])
    elif isinstance(name, ast.Name) and type(item) in _SNAKES:
        yield from _snake(name, _SNAKES[type(item)])
    for param in getattr(item, "params", ()):
        yield from _snake(param.name, "parameter")
    if isinstance(item, ast.Environment | ast.Reward):
        for member in item.members:
            yield from _member(member)


def _member(member: ast.Member) -> Iterator[Diagnostic]:
    match member:
        case ast.State(variables=variables):
            for variable in variables:
                yield from _snake(variable.name, "state variable")
        case ast.Let(name=name):
            yield from _snake(name, "let")
        case ast.Action(name=name, binders=binders):
            yield from _snake(name, "action")
            for binder in binders:
                yield from _snake(binder.name, "binder")


def _snake(name: ast.Name, what: str) -> Iterator[Diagnostic]:
    if _VALUE.fullmatch(name.text) is None:
        yield messages.naming(name.span, what, name.text, _SNAKE)


def _camel(name: ast.Name, what: str) -> Iterator[Diagnostic]:
    if _TYPE.fullmatch(name.text) is None:
        yield messages.naming(name.span, what, name.text, _CAMEL)


# ---- documentation ----------------------------------------------------------------------------


def _stray(tree: ast.Module) -> Iterator[Diagnostic]:
    """``##`` lines that no declaration follows."""
    starts = set(_documented(tree))
    waiting: list[Span] = []
    for piece in scan(tree.span.file.text):
        if piece.kind is Kind.COMMENT:
            span = Span(tree.span.file, piece.start, piece.end)
            if span.text.startswith("##"):
                waiting.append(Span(span.file, span.start, span.start + 2))
        elif piece.kind is not Kind.SPACE:
            if piece.start not in starts:
                yield from map(messages.stray_documentation, waiting)
            waiting = []
    yield from map(messages.stray_documentation, waiting)


def _documented(node: ast.Node) -> Iterator[int]:
    """Where nodes begin that have documentation."""
    if getattr(node, "doc", ""):
        yield node.span.start
    for field in attrs.fields(type(node)):
        value = getattr(node, field.name)
        for child in value if isinstance(value, tuple) else (value,):
            if isinstance(child, ast.Node):
                yield from _documented(child)
