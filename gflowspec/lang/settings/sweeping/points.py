"""Sweeps -> points: a pure expansion, in the order of the language; nothing is resolved here.

``grid`` and ``zip`` are axes in the order in which they are written, the last one fastest; the
points of ``samples`` are one more axis behind them. What ``also`` adds follows their product. Seeds
are innermost everywhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from math import prod

import attrs

from gflowspec.core.diagnostics import DiagnosticBag
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.messages import settings as setting_messages
from gflowspec.lang.messages import sweeps as messages
from gflowspec.lang.settings.entries import Assignment, EveryBlock, flatten
from gflowspec.lang.settings.sweeping.draws import distribution, draw
from gflowspec.lang.settings.sweeping.literals import elements, spelled
from gflowspec.lang.settings.values import Constants

#: Sweeps with more points are not listed.
MAX_POINTS = 10_000
_LARGEST_SEED = 2**63 - 1
SEED = "train.seed"

#: What one value of an axis sets.
Move = tuple[Assignment | EveryBlock, ...]


@attrs.frozen
class Point:
    """One point of a sweep.

    Attributes:
        moves: What it sets, in the order in which it is to be applied: constructors come before
            their arguments.
        added: Whether ``also`` added it; such a point is not skipped.
    """

    moves: Move
    added: bool = False

    @property
    def shown(self) -> Mapping[str, str]:
        """The paths it sets with their values as texts."""
        return {
            item.text: spelled(item.value) for item in self.moves if isinstance(item, Assignment)
        }


@attrs.frozen(kw_only=True)
class Axes:
    """A sweep, taken apart.

    Attributes:
        product: The axes, the last one fastest.
        also: Points outside the product.
        seeds: The innermost axis; one empty move without ``seeds``.
        skips: Conditions that remove points.
    """

    product: tuple[tuple[Move, ...], ...]
    also: tuple[Move, ...]
    seeds: tuple[Move, ...]
    skips: tuple[ast.Expr, ...]

    @property
    def size(self) -> int:
        """How many points there are before any is skipped."""
        return (prod(len(axis) for axis in self.product) + len(self.also)) * len(self.seeds)

    def points(self) -> Iterator[Point]:
        """All points, in order."""
        for combination in itertools.product(*self.product):
            for seed in self.seeds:
                yield _point((*itertools.chain(*combination), *seed))
        for move in self.also:
            for seed in self.seeds:
                yield _point((*move, *seed), added=True)


def _point(moves: Move, *, added: bool = False) -> Point:
    def depth(item: Assignment | EveryBlock) -> int:
        return len(item.path) if isinstance(item, Assignment) else 0

    return Point(tuple(sorted(moves, key=depth)), added)


def axes_of(sweep: ast.Sweep, module: str, constants: Constants, bag: DiagnosticBag) -> Axes | None:
    """Take a sweep apart; None if anything was reported.

    Reports what is wrong with its lines whatever they set: lists, lengths (GFS407), emptiness
    (GFS408), size (GFS409), paths that two lines set (GFS113).
    """
    reader = _Reader(sweep, module, constants, bag)
    before = len(bag)
    for item in sweep.items:
        reader.read(item)
    found = reader.finish()
    if len(bag) > before:
        return None
    if found.size == 0 or not sweep.items:
        bag.add(messages.empty(sweep.name.span, "it lists no values"))
        return None
    if found.size > MAX_POINTS:
        name = sweep.name
        bag.add(messages.too_many_points(name.span, name.text, found.size, MAX_POINTS))
        return None
    return found


@attrs.define
class _Reader:
    sweep: ast.Sweep
    module: str
    constants: Constants
    bag: DiagnosticBag
    product: list[tuple[Move, ...]] = attrs.field(factory=list)
    also: list[Move] = attrs.field(factory=list)
    seeds: tuple[Move, ...] = ((),)
    skips: list[ast.Expr] = attrs.field(factory=list)
    _sampled: list[ast.SweepItem] = attrs.field(factory=list)
    _samples: ast.SweepItem | None = None
    _first: dict[str, Span] = attrs.field(factory=dict)

    def read(self, item: ast.SweepItem) -> None:
        """Take one line."""
        for path in item.paths:
            self._claim(path.text, path.span)
        match item.kind:
            case "grid":
                self._grid(item)
            case "zip":
                self._zip(item)
            case "sample":
                self._sampled.append(item)
            case "samples":
                if self._samples is not None:
                    self.bag.add(messages.line_twice(item.span, "samples", self._samples.span))
                self._samples = item
            case "seeds":
                self._seeds(item)
            case "skip":
                self.skips.append(item.values[0])
            case "also":
                self.also.append(tuple(flatten(item.entries, (), self.module, self.bag)))

    def finish(self) -> Axes:
        """What was read."""
        self._draw()
        return Axes(
            product=tuple(self.product),
            also=tuple(self.also),
            seeds=self.seeds,
            skips=tuple(self.skips),
        )

    def _claim(self, path: str, span: Span) -> None:
        first = self._first.setdefault(path, span)
        if first is not span:
            self.bag.add(setting_messages.set_twice(span, path, first))

    def _grid(self, item: ast.SweepItem) -> None:
        values = self._elements(item.values[0])
        if values is not None:
            moves = tuple((self._assignment(item.paths[0].parts, value),) for value in values)
            self.product.append(moves)

    def _zip(self, item: ast.SweepItem) -> None:
        rows = self._elements(item.values[0])
        if rows is None:
            return
        moves = []
        for row in rows:
            whole = row.inner if isinstance(row, ast.Group) else row
            values: tuple[ast.Expr, ...] = (row,)
            if isinstance(whole, ast.TupleExpr | ast.ListExpr):
                values = whole.items
            if len(values) != len(item.paths):
                self.bag.add(messages.lengths_differ(row.span, len(item.paths), len(values)))
                continue
            pairs = zip(item.paths, values, strict=True)
            moves.append(tuple(self._assignment(path.parts, value) for path, value in pairs))
        self.product.append(tuple(moves))

    def _seeds(self, item: ast.SweepItem) -> None:
        self._claim(SEED, item.span)
        values = self._elements(item.values[0])
        if values is None:
            return
        path = tuple(ast.Name(text=part, span=item.span) for part in SEED.split("."))
        self.seeds = tuple((self._assignment(path, value),) for value in values)

    def _elements(self, node: ast.Expr) -> tuple[ast.Expr, ...] | None:
        values = elements(node, self.module, self.constants, self.bag)
        if values is not None and not values:
            self.bag.add(messages.empty(node.span, "this list has no values"))
            return None
        return values

    def _assignment(self, path: tuple[ast.Name, ...], value: ast.Expr) -> Assignment:
        return Assignment(path, value, False, str(value.span), self.module)

    # ---- samples ----------------------------------------------------------------------------

    def _draw(self) -> None:
        """The joint points of ``samples``: row k holds the k-th draw of every path."""
        if self._samples is None:
            if self._sampled:
                self.bag.add(messages.samples_missing(self._sampled[0].span))
            return
        if not self._sampled:
            self.bag.add(messages.nothing_sampled(self._samples.span))
            return
        count = self._integer(self._samples.values[0], MAX_POINTS)
        seed: int | None = 0
        if len(self._samples.values) > 1:
            seed = self._integer(self._samples.values[1], _LARGEST_SEED, seed=True)
        columns = []
        for item in self._sampled:
            of = distribution(item.values[0], self.module, self.constants, self.bag)
            if of is not None and count is not None and seed is not None:
                parts = item.paths[0].parts
                drawn = draw(item.paths[0].text, of, count, seed)
                columns.append([self._assignment(parts, value) for value in drawn])
        if count == 0:
            self.bag.add(messages.empty(self._samples.span, "no point is drawn"))
        self.product.append(tuple(zip(*columns, strict=True)))

    def _integer(self, node: ast.Expr, largest: int, *, seed: bool = False) -> int | None:
        found = self.constants(node, self.module)
        if found is None:
            return None
        value = found[0]
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest:
            return value
        if not seed and isinstance(value, int) and value > largest:
            name = self.sweep.name
            self.bag.add(messages.too_many_points(node.span, name.text, value, largest))
        else:
            self.bag.add(messages.no_seed(node.span) if seed else messages.no_count(node.span))
        return None
