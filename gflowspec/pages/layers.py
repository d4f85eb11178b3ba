"""Where the nodes of a layered graph are drawn: columns by rank, few crossings, straight edges.

The order within a layer follows the mean place of the neighbours (barycentre heuristic of Sugiyama
et al., 1981), swept forth and back. Heights then come as close to those of the neighbours as the
order and the sizes allow, in the sense of least squares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate, pairwise

import attrs

Point = tuple[float, float]

_SWEEPS = 8
#: Height that an edge needs where it passes a layer.
_PASSING = 6.0
_GAP = 8.0


@attrs.frozen
class Box:
    """A node: its layer and its size."""

    rank: int
    width: float
    height: float


@attrs.frozen(kw_only=True)
class Layout:
    """Places in pixels, from the upper left corner.

    Attributes:
        centres: The middle of each box.
        routes: For each edge the points between its ends: one in each layer that it passes.
        columns: Left and right border of each layer.
        height: Of the whole.
    """

    centres: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    columns: tuple[tuple[float, float], ...]
    height: float


def layered(boxes: Sequence[Box], edges: Sequence[tuple[int, int]], between: float) -> Layout:
    """Lay out boxes whose ranks rise along every edge.

    Args:
        boxes: The nodes.
        edges: Pairs of their indices.
        between: Room between two layers.
    """
    graph = _Graph.of(boxes, edges)
    graph.sort()
    graph.align()
    columns = _columns(boxes, between)
    top = min((y - size / 2 for y, size in zip(graph.y, graph.sizes, strict=True)), default=0.0)
    low = max((y + size / 2 for y, size in zip(graph.y, graph.sizes, strict=True)), default=0.0)

    def place(node: int) -> Point:
        left, right = columns[graph.ranks[node]]
        return (left + right) / 2, graph.y[node] - top

    return Layout(
        centres=tuple(place(node) for node in range(len(boxes))),
        routes=tuple(tuple(place(node) for node in chain) for chain in graph.chains),
        columns=tuple(columns),
        height=low - top,
    )


def _columns(boxes: Sequence[Box], between: float) -> list[tuple[float, float]]:
    widest: dict[int, float] = defaultdict(float)
    for box in boxes:
        widest[box.rank] = max(widest[box.rank], box.width)
    columns, x = [], 0.0
    for rank in range(max(widest, default=-1) + 1):
        columns.append((x, x + widest[rank]))
        x += widest[rank] + between
    return columns


@attrs.define
class _Graph:
    """Boxes and, behind them, the places where edges pass a layer."""

    ranks: list[int]
    sizes: list[float]
    chains: list[list[int]]
    before: list[list[int]]
    after: list[list[int]]
    layers: list[list[int]]
    y: list[float]

    @classmethod
    def of(cls, boxes: Sequence[Box], edges: Sequence[tuple[int, int]]) -> _Graph:
        ranks, sizes = [box.rank for box in boxes], [box.height for box in boxes]
        links: list[tuple[int, int]] = []
        chains: list[list[int]] = []
        shared: dict[tuple[int, int], list[int]] = {}
        for parent, child in edges:
            if (parent, child) not in shared:
                passing = range(ranks[parent] + 1, ranks[child])
                chain = list(range(len(ranks), len(ranks) + len(passing)))
                ranks.extend(passing)
                sizes.extend([_PASSING] * len(passing))
                links.extend(pairwise([parent, *chain, child]))
                shared[parent, child] = chain
            chains.append(shared[parent, child])
        before: list[list[int]] = [[] for _ in ranks]
        after: list[list[int]] = [[] for _ in ranks]
        for one, other in links:
            after[one].append(other)
            before[other].append(one)
        layers: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
        for node, rank in enumerate(ranks):
            layers[rank].append(node)
        made = cls(ranks, sizes, chains, before, after, layers, [0.0] * len(ranks))
        for layer in layers:
            made.stack(layer)
        return made

    def stack(self, layer: Sequence[int]) -> None:
        """Put a layer one below the other, centred on 0."""
        y = -(sum(self.sizes[node] + _GAP for node in layer) - _GAP) / 2
        for node in layer:
            self.y[node] = y + self.sizes[node] / 2
            y += self.sizes[node] + _GAP

    def sort(self) -> None:
        """Order every layer by the mean height of the neighbours."""
        for sweep in range(_SWEEPS):
            forth = sweep % 2 == 0
            for layer in self.layers if forth else reversed(self.layers):
                layer.sort(key=lambda node: self.wanted(node, forth=forth))
                self.stack(layer)

    def align(self) -> None:
        """Move every layer towards its neighbours, without changing the order."""
        for sweep in range(_SWEEPS):
            forth = sweep % 2 == 0
            for layer in self.layers if forth else reversed(self.layers):
                self.settle(layer, [self.wanted(node, forth=forth) for node in layer])

    def settle(self, layer: Sequence[int], wanted: Sequence[float]) -> None:
        """Put a layer as close to the wanted heights as its sizes allow."""
        if not layer:
            return
        steps = [(self.sizes[one] + self.sizes[other]) / 2 + _GAP for one, other in pairwise(layer)]
        offsets = list(accumulate(steps, initial=0.0))
        level = _rising([w - offset for w, offset in zip(wanted, offsets, strict=True)])
        for node, value, offset in zip(layer, level, offsets, strict=True):
            self.y[node] = value + offset

    def wanted(self, node: int, *, forth: bool) -> float:
        """The mean height of the neighbours on one side; its own without any."""
        around = self.before[node] if forth else self.after[node]
        return sum(self.y[item] for item in around) / len(around) if around else self.y[node]


def _rising(values: Sequence[float]) -> list[float]:
    """The closest sequence that never falls: pool adjacent violators."""
    pools: list[list[float]] = []  # sum, count
    for value in values:
        pools.append([value, 1])
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] > pools[-1][0] * pools[-2][1]:
            total, count = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += count
    return [total / count for total, count in pools for _ in range(int(count))]
