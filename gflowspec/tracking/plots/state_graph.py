"""The state graph, laid out by rank from left to right; large graphs as a summary by rank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from gflowspec.tracking.plots import canvas

#: Graphs with more states are summed up by rank.
LARGEST_DRAWN = 300
_LABELLED = 70
_SWEEPS = 8
_ACTIONS_IN_LEGEND = len(canvas.PALETTE)


@attrs.frozen
class Node:
    """A state: what is written on it, its rank, and whether a trajectory may end there."""

    label: str
    rank: int
    terminating: bool


@attrs.frozen
class Edge:
    """A transition between the states of two indices, by an action."""

    parent: int
    child: int
    action: str


def state_graph(
    path: Path, nodes: Sequence[Node], edges: Sequence[Edge], *, heading: str = ""
) -> None:
    """Draw a state graph of S nodes; node 0 is the source. Ends (``stop``) are no edges.

    Args:
        path: A ``.svg`` or ``.png`` file.
        nodes: The states.
        edges: The transitions; the rank rises along each.
        heading: Line above the picture, such as environment and scope.

    Raises:
        OSError: The place cannot be written or the disk is full.
        ValueError: There is no node.
    """
    if not nodes:
        message = "a state graph has at least its source"
        raise ValueError(message)
    drawn = len(nodes) <= LARGEST_DRAWN
    made = _drawing(nodes, edges) if drawn else _summary(nodes, edges)
    ends = sum(node.terminating for node in nodes)
    counts = f"{len(nodes):,} states, {len(edges):,} edges, {ends:,} terminating"
    made.suptitle(f"{heading}\n{counts}" if heading else counts, fontsize=11, color=canvas.INK)
    canvas.save(made, path)


def layout(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[tuple[float, float]]:
    """A position for each node: x is its rank, y in units of one node, centred on 0.

    The order within a rank follows the mean position of the neighbours (barycentre heuristic of
    Sugiyama et al., 1981), swept forth and back.
    """
    layers: dict[int, list[int]] = defaultdict(list)
    for index, node in enumerate(nodes):
        layers[node.rank].append(index)
    before, after = _neighbours(len(nodes), edges)
    height = {index: _centred(place, layer) for layer in layers.values()
              for place, index in enumerate(layer)}  # fmt: skip
    ranks = sorted(layers)
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        for rank in ranks if forth else reversed(ranks):
            _reorder(layers[rank], before if forth else after, height)
    return [(float(node.rank), height[index]) for index, node in enumerate(nodes)]


def _centred(place: int, layer: Sequence[int]) -> float:
    return place - (len(layer) - 1) / 2


def _reorder(
    layer: list[int], neighbours: Sequence[Sequence[int]], height: dict[int, float]
) -> None:
    """Sort a layer by the mean height of its neighbours and give it new heights."""

    def centre(index: int) -> float:
        around = neighbours[index]
        return sum(height[item] for item in around) / len(around) if around else height[index]

    layer.sort(key=centre)
    for place, index in enumerate(layer):
        height[index] = _centred(place, layer)


def _neighbours(count: int, edges: Sequence[Edge]) -> tuple[list[list[int]], list[list[int]]]:
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        before[edge.child].append(edge.parent)
        after[edge.parent].append(edge.child)
    return before, after


def _drawing(nodes: Sequence[Node], edges: Sequence[Edge]) -> Any:
    places = layout(nodes, edges)
    ranks = max(node.rank for node in nodes) + 1
    tallest = max(abs(y) for _, y in places) * 2 + 1
    width = min(max(5.0, 1.15 * ranks), 16.0)
    height = min(max(3.4, 0.42 * tallest + 1.2), 14.0)
    made = canvas.figure(width, height)
    axes = made.subplots()
    _draw_edges(axes, places, edges)
    _draw_nodes(axes, nodes, places)
    axes.set_xlabel("rank (actions from the source)", fontsize=9, color=canvas.INK)
    axes.set_yticks([])
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.margins(x=0.06, y=0.08)
    canvas.plain_axes(axes)
    axes.spines["left"].set_visible(False)
    made.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=5)
    return made


def _draw_edges(axes: Any, places: Sequence[tuple[float, float]], edges: Sequence[Edge]) -> None:
    from matplotlib.collections import LineCollection

    names = [edge.action for edge in edges]
    if len(set(names)) > _ACTIONS_IN_LEGEND:  # too many to tell apart: leave the arguments out
        names = [name.partition("(")[0] for name in names]
    actions = list(dict.fromkeys(names))
    by_action: Mapping[str, list[Any]] = {action: [] for action in actions}
    for name, edge in zip(names, edges, strict=True):
        by_action[name].append((places[edge.parent], places[edge.child]))
    alpha = 0.75 if len(edges) <= 200 else 0.4
    told_apart = len(actions) <= _ACTIONS_IN_LEGEND
    for index, action in enumerate(actions):
        colour = canvas.PALETTE[index] if told_apart else canvas.FAINT
        lines = LineCollection(
            by_action[action],
            colors=colour,
            linewidths=1.1,
            alpha=alpha,
            zorder=1,
            label=action if told_apart else None,
        )
        axes.add_collection(lines)


def _draw_nodes(axes: Any, nodes: Sequence[Node], places: Sequence[tuple[float, float]]) -> None:
    size = 90.0 if len(nodes) <= _LABELLED else max(8.0, 9000.0 / len(nodes))
    kinds = (
        ("source", canvas.INK, [0]),
        ("terminating", canvas.GREEN, [i for i, n in enumerate(nodes) if n.terminating and i]),
        ("inner", "white", [i for i, n in enumerate(nodes) if not n.terminating and i]),
    )
    for name, colour, members in kinds:
        if members:
            axes.scatter(
                [places[i][0] for i in members], [places[i][1] for i in members], s=size,
                color=colour, edgecolors=canvas.INK, linewidths=0.8, zorder=2, label=name,
            )  # fmt: skip
    if len(nodes) > _LABELLED:
        return
    for node, place in zip(nodes, places, strict=True):
        axes.annotate(
            node.label, place, xytext=(0, 8), textcoords="offset points", ha="center",
            fontsize=7, color=canvas.INK, zorder=3,
            bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75},
        )  # fmt: skip


def _summary(nodes: Sequence[Node], edges: Sequence[Edge]) -> Any:
    """Bars: states and outgoing edges of each rank."""
    ranks = range(max(node.rank for node in nodes) + 1)
    states, ends, leaving = ([0] * len(ranks) for _ in range(3))
    for node in nodes:
        states[node.rank] += 1
        ends[node.rank] += node.terminating
    for edge in edges:
        leaving[nodes[edge.parent].rank] += 1
    made = canvas.figure(9.0, 4.2)
    axes = made.subplots()
    inner = [total - end for total, end in zip(states, ends, strict=True)]
    axes.bar(ranks, ends, color=canvas.GREEN, width=0.85, label="terminating states")
    if any(inner):
        axes.bar(ranks, inner, bottom=ends, color=canvas.FAINT, width=0.85, label="inner states")
    axes.plot(ranks, leaving, color=canvas.ORANGE, linewidth=1.6, label="edges that leave the rank")
    axes.set_xlabel("rank (actions from the source)")
    axes.set_ylabel("count")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, fontsize=8)
    canvas.plain_axes(axes)
    return made
