"""The settings that a sweep moves exist, and the values that it tries are possible.

A sweep may move a constructor and its arguments together, so a path counts as known if any
component of its kind has it; whether it has an effect is said for each point.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from gflowspec.core.diagnostics import DiagnosticBag
from gflowspec.core.schema import Parameter, Vocabulary, parameters
from gflowspec.lang import ast
from gflowspec.lang.messages import sweeps as messages
from gflowspec.lang.scopes import environment_node
from gflowspec.lang.settings.book import split_path
from gflowspec.lang.settings.entries import Assignment
from gflowspec.lang.settings.sweeping.points import Axes
from gflowspec.lang.settings.targets import KINDS, Target
from gflowspec.lang.settings.values import Reader
from gflowspec.lang.symbols import Kind, Tables


def check_paths(axes: Axes, tables: Tables, reader: Reader, bag: DiagnosticBag) -> None:
    """Report paths that are no setting (GFS406), and values that no setting of the path takes."""
    vocabulary = reader.vocabulary
    for item in _assignments(axes):
        if item.path[0].text in KINDS:
            _target(item, tables, bag)
            continue
        found = candidates(item.path, vocabulary)
        if not found:
            span = item.path[0].span.to(item.path[-1].span)
            bag.add(messages.unknown_path(span, item.text, known_paths(vocabulary)))
        elif len(found) == 1:
            reader.read(found[0], item.value, item.text, item.module)


def candidates(path: tuple[ast.Name, ...], vocabulary: Vocabulary) -> tuple[Parameter, ...]:
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


def known_paths(vocabulary: Vocabulary) -> frozenset[str]:
    """Paths of all sections, and those one step into their components."""
    known = set()
    for section, cls in vocabulary.sections.items():
        for parameter in parameters(cls):
            path = f"{section}.{parameter.key}" if section else parameter.key
            known.add(path)
            for component in vocabulary.components.get(parameter.kind or "", {}).values():
                known.update(f"{path}.{inner.key}" for inner in parameters(component))
    return frozenset(known)


def target_parameters(kind: Kind, module: str, tables: Tables) -> frozenset[str]:
    """Names of the parameters of all environments, or rewards, that a file knows."""
    known: set[str] = set()
    table = tables.of(module)
    for name in table.names(kind):
        symbol = table.symbols[name]
        node = symbol.node
        if kind is Kind.ENVIRONMENT:
            node = environment_node(symbol, tables) or node
        if isinstance(node, ast.Environment | ast.Reward):
            known.update(param.name.text for param in node.params)
    return frozenset(known)


def _assignments(axes: Axes) -> Iterator[Assignment]:
    """Every path with every value it is given."""
    for axis in (*axes.product, axes.also, axes.seeds):
        for move in axis:
            yield from (item for item in move if isinstance(item, Assignment))


def _target(item: Assignment, tables: Tables, bag: DiagnosticBag) -> None:
    """``environment`` and ``reward``: the call, or the name of a parameter of some declaration."""
    kind = KINDS[item.path[0].text]
    if len(item.path) == 1:
        Target(kind).assign(item, 0, tables, bag, once=False)
        return
    known = target_parameters(kind, item.module, tables)
    if item.path[1].text not in known and known:
        span = item.path[0].span.to(item.path[-1].span)
        paths = {f"{item.path[0].text}.{name}" for name in known}
        bag.add(messages.unknown_path(span, item.text, paths))
