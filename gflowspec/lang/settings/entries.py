"""From the bodies of experiments and ``-s`` to flat assignments, in order, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag, Label, Severity
from gflowspec.core.frozen import Frozen
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.symbols import Kind, Tables

COMMAND_LINE = "command line"


@attrs.frozen(eq=False, repr=False)
class Assignment(Frozen):
    """``path = value``, or ``path += value``.

    Attributes:
        path: The whole path; the parts of a section come first.
        value: What is assigned.
        append: Whether it is ``+=``.
        source: ``file:line:column``, or ``command line``.
        module: The file whose names the value sees.
    """

    path: tuple[ast.Name, ...]
    value: ast.Expr
    append: bool
    source: str
    module: str

    @property
    def text(self) -> str:
        """The path as it is written."""
        return ".".join(part.text for part in self.path)

    @property
    def span(self) -> Span:
        """The path, as far as it stands together."""
        return self.path[-1].span


@attrs.frozen(eq=False, repr=False)
class EveryBlock(Frozen):
    """``every N { ... }`` of the section ``evaluate``."""

    interval: ast.Expr
    assignments: tuple[Assignment, ...]
    span: Span
    source: str
    module: str


@attrs.frozen(eq=False, repr=False)
class Layer(Frozen):
    """Assignments of one body, or of the command line, in order."""

    entries: tuple[Assignment | EveryBlock, ...]
    from_command_line: bool = False


def layers_of(
    experiment: ast.Experiment,
    module: str,
    overrides: Iterable[ast.Override],
    tables: Tables,
    bag: DiagnosticBag,
    point: tuple[Assignment | EveryBlock, ...] = (),
) -> tuple[tuple[Layer, ...], bool]:
    """The bodies that make an experiment, from its furthest base to the command line.

    ``point`` is what a sweep sets; it comes before the command line.

    Returns:
        The layers, and whether they are all there: a base that does not exist, or one that
        leads back here, has been reported, and nothing is known of what it sets.
    """
    chain: list[tuple[ast.Experiment, str]] = []
    current: tuple[ast.Experiment, str] | None = (experiment, module)
    while current is not None and all(current[0] is not item for item, _ in chain):
        chain.append(current)
        current = _base(*current, tables)
    whole = chain[-1][0].base is None
    layers = [Layer(tuple(flatten(e.entries, (), m, bag))) for e, m in reversed(chain)]
    given = tuple(
        Assignment(item.path.parts, item.value, False, COMMAND_LINE, module) for item in overrides
    )
    moved = (Layer(point),) if point else ()
    return (*layers, *moved, Layer(given, from_command_line=True)), whole


def _base(
    experiment: ast.Experiment, module: str, tables: Tables
) -> tuple[ast.Experiment, str] | None:
    if experiment.base is None:
        return None
    symbol = tables.find(module, tuple(part.text for part in experiment.base.parts))
    if symbol is None or symbol.kind is not Kind.EXPERIMENT:
        return None
    assert isinstance(symbol.node, ast.Experiment)
    return symbol.node, symbol.module


def flatten(
    entries: Iterable[ast.Entry], prefix: tuple[ast.Name, ...], module: str, bag: DiagnosticBag
) -> Iterator[Assignment | EveryBlock]:
    """The assignments of a body whose paths begin with ``prefix``, in order."""
    for entry in entries:
        if isinstance(entry, ast.Set):
            path = (*prefix, *entry.path.parts)
            source = str(entry.path.span)
            yield Assignment(path, entry.value, entry.append, source, module)
        elif isinstance(entry, ast.Section):
            yield from flatten(entry.entries, (*prefix, *entry.path.parts), module, bag)
        elif isinstance(entry, ast.Every):
            yield from _every(entry, prefix, module, bag)


def _every(
    entry: ast.Every, prefix: tuple[ast.Name, ...], module: str, bag: DiagnosticBag
) -> Iterator[EveryBlock]:
    if tuple(part.text for part in prefix) != ("evaluate",):
        bag.add(
            Diagnostic(
                "GFS111",
                Severity.ERROR,
                "`every` stands in the section `evaluate` only",
                Label(entry.interval.span),
                helps=("write `evaluate { every N { metrics = [...] } }`",),
            )
        )
        return
    inner = tuple(
        item for item in flatten(entry.entries, (), module, bag) if isinstance(item, Assignment)
    )
    yield EveryBlock(entry.interval, inner, entry.interval.span, str(entry.span), module)
