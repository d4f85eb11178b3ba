"""Sweeps: the settings they move exist, and the values they try are possible.

A sweep may move a constructor and its arguments together, so a path counts as known if any
component of its kind has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag, Label, Severity
from gflowspec.core.schema import Parameter, Vocabulary, parameters
from gflowspec.lang import ast
from gflowspec.lang.messages.names import suggestion
from gflowspec.lang.nearest import nearest
from gflowspec.lang.scopes import environment_node
from gflowspec.lang.settings.book import split_path
from gflowspec.lang.settings.entries import Assignment, flatten
from gflowspec.lang.settings.targets import KINDS, Target
from gflowspec.lang.settings.values import Constants, Reader
from gflowspec.lang.symbols import Kind, Tables


def check_sweep(
    sweep: ast.Sweep, module: str, tables: Tables, vocabulary: Vocabulary, constants: Constants
) -> tuple[Diagnostic, ...]:
    """What is wrong with the paths and values of a sweep (GFS406, GFS407, and those of values)."""
    bag = DiagnosticBag()
    reader = Reader(vocabulary, constants, bag)
    for item in sweep.items:
        for assignment in _assignments(item, module, bag):
            if assignment.path[0].text in KINDS:
                _target(assignment, tables, bag)
                continue
            found = _candidates(assignment.path, vocabulary)
            if not found:
                bag.add(_unknown(assignment, vocabulary))
            elif len(found) == 1 and item.kind != "sample":
                reader.read(found[0], assignment.value, assignment.text, module)
    return bag.sorted()


def _assignments(item: ast.SweepItem, module: str, bag: DiagnosticBag) -> Iterator[Assignment]:
    """Every path with every value it is given."""
    if item.kind == "also":
        for entry in flatten(item.entries, (), module, bag):
            if isinstance(entry, Assignment):
                yield entry
    elif item.kind in ("grid", "sample"):
        for value in _elements(item.values[0]) if item.kind == "grid" else item.values[:1]:
            yield Assignment(item.paths[0].parts, value, False, str(item.span), module)
    elif item.kind == "zip":
        for row in _elements(item.values[0]):
            values = row.items if isinstance(row, ast.TupleExpr) else (row,)
            if len(values) != len(item.paths):
                bag.add(_lengths(row, len(item.paths), len(values)))
                continue
            for path, value in zip(item.paths, values, strict=True):
                yield Assignment(path.parts, value, False, str(item.span), module)


def _elements(node: ast.Expr) -> Iterable[ast.Expr]:
    return node.items if isinstance(node, ast.ListExpr) else ()


def _target(item: Assignment, tables: Tables, bag: DiagnosticBag) -> None:
    """``environment`` and ``reward``: the call, or the name of a parameter of some declaration."""
    kind = KINDS[item.path[0].text]
    if len(item.path) == 1:
        Target(kind).assign(item, 0, tables, bag, once=False)
        return
    known: set[str] = set()
    table = tables.of(item.module)
    for name in table.names(kind):
        symbol = table.symbols[name]
        node = symbol.node
        if kind is Kind.ENVIRONMENT:
            node = environment_node(symbol, tables) or node
        if isinstance(node, ast.Environment | ast.Reward):
            known.update(param.name.text for param in node.params)
    if item.path[1].text not in known and known:
        bag.add(_message(item, known))


def _candidates(path: tuple[ast.Name, ...], vocabulary: Vocabulary) -> tuple[Parameter, ...]:
    """Parameters that a path may mean, whichever components are in force."""
    section, rest = split_path(path, vocabulary)
    classes: tuple[type, ...] = (vocabulary.sections[section],)
    found: tuple[Parameter, ...] = ()
    for place, name in enumerate(rest):
        found = tuple(p for cls in classes for p in parameters(cls) if p.key == name.text)
        if found and found[0].type == "map" and place == len(rest) - 2:
            return (attrs.evolve(found[0], type=str),)
        classes = tuple(
            cls
            for parameter in found
            for cls in vocabulary.components.get(parameter.kind or "", {}).values()
        )
    return found


def _unknown(item: Assignment, vocabulary: Vocabulary) -> Diagnostic:
    known = set()
    for section, cls in vocabulary.sections.items():
        for parameter in parameters(cls):
            path = f"{section}.{parameter.key}" if section else parameter.key
            known.add(path)
            for component in vocabulary.components.get(parameter.kind or "", {}).values():
                known.update(f"{path}.{inner.key}" for inner in parameters(component))
    return _message(item, known)


def _message(item: Assignment, known: Iterable[str]) -> Diagnostic:
    span = item.path[0].span.to(item.path[-1].span)
    label, fixes = suggestion(span, nearest(item.text, known))
    message = f"the sweep moves `{item.text}`, which is no setting"
    return Diagnostic("GFS406", Severity.ERROR, message, Label(span, label), fixes=fixes)


def _lengths(row: ast.Expr, paths: int, values: int) -> Diagnostic:
    message = f"`zip` moves {paths} settings, but this row has {values} values"
    return Diagnostic("GFS407", Severity.ERROR, message, Label(row.span))
