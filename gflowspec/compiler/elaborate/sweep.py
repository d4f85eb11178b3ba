"""Sweeps: every run that one stands for, elaborated, in order, each run hash once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

import attrs

from gflowspec.compiler.elaborate.begin import begin, constants_of
from gflowspec.compiler.elaborate.config import Drafter
from gflowspec.compiler.elaborate.instance import Instance
from gflowspec.compiler.elaborate.session import Session
from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag, Severity
from gflowspec.core.recursion import room_to_recurse
from gflowspec.core.source import Span
from gflowspec.ir.config import Config, Setting
from gflowspec.ir.hashes import RunHashes
from gflowspec.lang import ast
from gflowspec.lang.messages import sweeps as messages
from gflowspec.lang.messages.names import undefined
from gflowspec.lang.settings.entries import Assignment
from gflowspec.lang.settings.sweeping.conditions import Conditions
from gflowspec.lang.settings.sweeping.paths import check_paths
from gflowspec.lang.settings.sweeping.points import MAX_POINTS, Axes, Point, axes_of
from gflowspec.lang.settings.values import Reader
from gflowspec.lang.spec import Spec
from gflowspec.lang.symbols import Kind, Symbol

#: Sweeps with more runs are to be confirmed.
UNCONFIRMED_RUNS = 1_000


@attrs.frozen(kw_only=True)
class Cell:
    """One run of a sweep.

    Attributes:
        point: The settings that it moves, with their values as texts.
        instance: Its environment and reward; cells with equal ones share it.
        config: Its settings.
        hashes: ``env``, ``task`` and ``run``.
    """

    point: Mapping[str, str]
    instance: Instance
    config: Config
    hashes: Mapping[str, str]


@attrs.frozen(kw_only=True)
class Sweep:
    """All runs of a sweep.

    Attributes:
        name: Its name.
        experiment: The experiment that it varies.
        cells: The runs, in order.
        points: Points before any was left out.
        skipped: Points that ``skip when`` left out.
        repeated: Points whose run is among the cells already.
    """

    name: str
    experiment: str
    cells: tuple[Cell, ...]
    points: int
    skipped: int
    repeated: int


def elaborate_sweep(
    spec: Spec, name: str, limit: int = MAX_POINTS
) -> tuple[Sweep | None, tuple[Diagnostic, ...]]:
    """Expand a sweep of the checked file and elaborate every run of it.

    A finding that several points have is reported once, with the first of them.

    Args:
        spec: The loaded file.
        name: Name of a sweep in it.
        limit: How many points are elaborated, to find what is wrong with them; a sweep with more
            is incomplete.

    Returns:
        The sweep; None if anything was reported as an error, here, by ``load`` or about the
        experiment that it varies (the latter is not reported again).
    """
    session = begin(spec)
    symbol = spec.tables.find(spec.module, tuple(name.split(".")))
    if symbol is None or not isinstance(symbol.node, ast.Sweep):
        known = spec.names.names(Kind.SWEEP)
        return None, (undefined(spec.root.span, Kind.SWEEP.value, name, known),)
    with room_to_recurse():
        made = _Expansion(spec, session, symbol).expand(limit)
    return made, session.bag.sorted()


@attrs.define
class _Expansion:
    spec: Spec
    session: Session
    symbol: Symbol
    #: Findings about points: the point that has it first, the skip that is proposed, how many.
    _found: dict[tuple[str, str, Span | None], tuple[Diagnostic, Point, int]] = attrs.field(
        factory=dict
    )

    def expand(self, limit: int) -> Sweep | None:
        node, bag = self.symbol.node, self.session.bag
        assert isinstance(node, ast.Sweep)
        base = self.spec.tables.find(self.symbol.module, tuple(p.text for p in node.base.parts))
        if base is None or base.kind is not Kind.EXPERIMENT:
            return None
        axes = self._axes(node)
        drafter = Drafter(self.spec, self.session)
        if axes is None or drafter.draft(base).finished is None:
            return None
        cells: dict[str, Cell] = {}
        skipped = kept = 0
        hashes = RunHashes()
        for point in islice(axes.points(), limit):
            self.session.visits = 0
            draft = drafter.draft(base, point.moves)
            if not point.added and self._is_skipped(axes.skips, draft.settings):
                skipped += 1
                continue
            kept += 1
            self._note(draft.found, point)
            if draft.finished is not None:
                instance, config = draft.finished
                made = hashes.of(instance, config)
                cell = Cell(point=point.shown, instance=instance, config=config, hashes=made)
                cells.setdefault(made["run"], cell)
        self._report(kept)
        if not kept and axes.size <= limit:
            bag.add(messages.empty(node.name.span, "`skip when` leaves no point"))
        unread = max(0, axes.size - limit)
        if len(cells) + unread > UNCONFIRMED_RUNS:
            runs = f"{'up to ' if unread else ''}{len(cells) + unread:,}"
            name = node.name
            bag.add(messages.many_runs(name.span, name.text, runs, UNCONFIRMED_RUNS))
        if bag.has_errors:
            return None
        return Sweep(
            name=node.name.text,
            experiment=node.base.text,
            cells=tuple(cells.values()),
            points=axes.size,
            skipped=skipped,
            repeated=kept - len(cells),
        )

    def _axes(self, node: ast.Sweep) -> Axes | None:
        """The sweep, taken apart; None if its paths or values were reported."""
        bag = self.session.bag
        constants = constants_of(self.session)
        found = DiagnosticBag()
        axes = axes_of(node, self.symbol.module, constants, found)
        if axes is not None:
            reader = Reader(self.spec.vocabulary, constants, found)
            check_paths(axes, self.spec.tables, reader, found)
        bag.extend(found)
        return None if bag.has_errors else axes

    def _is_skipped(self, skips: Iterable[ast.Expr], settings: Mapping[str, Setting]) -> bool:
        reader = Conditions(
            module=self.symbol.module,
            tables=self.spec.tables,
            vocabulary=self.spec.vocabulary,
            constants=constants_of(self.session),
            bag=self.session.bag,
        )
        return any(reader.holds(condition, settings) for condition in skips)

    def _note(self, findings: Iterable[Diagnostic], point: Point) -> None:
        for item in findings:
            key = (item.code, item.message, None if item.primary is None else item.primary.span)
            first, at, count = self._found.get(key, (item, point, 0))
            self._found[key] = (first, at, count + 1)

    def _report(self, kept: int) -> None:
        """What was found at points; what all of them have says nothing about any of them."""
        for item, point, count in self._found.values():
            if count == kept and item.severity is not Severity.ERROR:
                self.session.bag.add(item)
                continue
            shown = ", ".join(f"{path} = {text}" for path, text in point.shown.items())
            told = messages.at_point(item, shown, count, _condition(item, point))
            self.session.bag.add(told)


def _condition(item: Diagnostic, point: Point) -> str:
    """What is true of points at which an argument is set that their constructor does not have."""
    if item.code not in ("GFS111", "GFS402") or item.primary is None:
        return ""
    for move in point.moves:
        if isinstance(move, Assignment) and move.span == item.primary.span:
            parent = move.text.rpartition(".")[0]
            constructor = point.shown.get(parent, "").partition("(")[0]
            return f"{parent} is {constructor}" if constructor else ""
    return ""
