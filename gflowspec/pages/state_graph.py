"""The state graph as an SVG: laid out by rank from left to right; a large one summed up by rank."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import attrs

from gflowspec.pages import svg
from gflowspec.pages.layers import Box, Layout, Point, layered
from gflowspec.pages.summary import summary

#: Graphs with more states are summed up by rank.
LARGEST_DRAWN = 300
#: Graphs with more edges have no numbers beside them.
_LARGEST_NUMBERED = 60
_SIZE = 11.0
_LINE = 13.0
_MARGIN = 24.0
_HEAD = 52.0
#: Room for an edge with a number at the side of a box.
_PORT = 12.0


@attrs.frozen(kw_only=True)
class Node:
    """A state.

    Attributes:
        lines: What is written in its box.
        rank: Its column.
        terminating: Whether a trajectory may end there.
        words: What is said when the pointer rests on it.
        weight: How much it is filled, 0 to 1; None without a run.
    """

    lines: tuple[str, ...]
    rank: int
    terminating: bool
    words: str = ""
    weight: float | None = None


@attrs.frozen(kw_only=True)
class Edge:
    """A transition between the states of two indices.

    Attributes:
        parent: Where it begins.
        child: Where it ends; the rank is higher.
        action: The action with its arguments.
        words: What is said when the pointer rests on it.
        weight: How broad it is, 0 to 1; None without a run.
        ends: What is written at its beginning and at its end.
    """

    parent: int
    child: int
    action: str
    words: str = ""
    weight: float | None = None
    ends: tuple[str, str] | None = None


def state_graph_svg(nodes: Sequence[Node], edges: Sequence[Edge], heading: str) -> str:
    """Draw a state graph; node 0 is the source. Ends (``stop``) are no edges.

    Args:
        nodes: The states.
        edges: The transitions; the rank rises along each.
        heading: Line above the picture, such as environment and scope.

    Raises:
        ValueError: There is no node.
    """
    if not nodes:
        message = "a state graph has at least its source"
        raise ValueError(message)
    ends = sum(node.terminating for node in nodes)
    counts = f"{len(nodes):,} states, {len(edges):,} edges, {ends:,} terminating"
    if len(nodes) > LARGEST_DRAWN:
        ranks = [(node.rank, node.terminating) for node in nodes]
        leaving = [nodes[edge.parent].rank for edge in edges]
        return summary(ranks, leaving, heading, counts)
    return _Drawing(nodes, edges).document(heading, counts)


@attrs.define
class _Drawing:
    nodes: Sequence[Node]
    edges: Sequence[Edge]
    sizes: Sequence[tuple[float, float]] = attrs.field(init=False)
    layout: Layout = attrs.field(init=False)
    ports: Sequence[tuple[float, float]] = attrs.field(init=False)
    colours: Mapping[str, str] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        numbered = self._numbered()
        out = Counter(edge.parent for edge in self.edges)
        into = Counter(edge.child for edge in self.edges)
        self.sizes = [
            _size(node, max(out[place], into[place]) if numbered else 0)
            for place, node in enumerate(self.nodes)
        ]
        boxes = [Box(n.rank, *size) for n, size in zip(self.nodes, self.sizes, strict=True)]
        pairs = [(edge.parent, edge.child) for edge in self.edges]
        between = 130.0 if numbered else max(48.0, min(110.0, 30.0 + len(pairs) / 3))
        self.layout = layered(boxes, pairs, between)
        self.ports = self._spread()
        self.colours = _colours([edge.action for edge in self.edges])

    def _spread(self) -> list[tuple[float, float]]:
        """Heights at which edges leave and enter their boxes, relative to the middle of these."""
        leaving: dict[int, list[tuple[float, int]]] = defaultdict(list)
        entering: dict[int, list[tuple[float, int]]] = defaultdict(list)
        centres = self.layout.centres
        for place, (edge, route) in enumerate(zip(self.edges, self.layout.routes, strict=True)):
            points = [centres[edge.parent], *route, centres[edge.child]]
            leaving[edge.parent].append((points[1][1], place))
            entering[edge.child].append((points[-2][1], place))
        ports = [[0.0, 0.0] for _ in self.edges]
        for side, groups in enumerate((leaving, entering)):
            for node, group in groups.items():
                room = self.sizes[node][1] - 8.0
                step = min(_PORT, room / len(group))
                for number, (_, place) in enumerate(sorted(group)):
                    ports[place][side] = step * (number - (len(group) - 1) / 2)
        return [(first, last) for first, last in ports]

    def document(self, heading: str, counts: str) -> str:
        legend, rows = self._legend()
        right = self.layout.columns[-1][1]
        words = max(svg.text_width(heading, 13.0), svg.text_width(counts, _SIZE))
        width = max(right, words, *(x for x, _ in rows)) + 2 * _MARGIN
        below = _HEAD + self.layout.height + 34.0
        height = below + legend + _MARGIN
        left = (width - right) / 2
        parts = [
            svg.text(_MARGIN, 20.0, heading, 13.0, {"font-weight": "bold"}),
            svg.text(_MARGIN, 36.0, counts, _SIZE, {"fill": "#57606a"}),
            svg.element(
                "g",
                {"transform": f"translate({left:.1f} {_HEAD:.1f})"},
                *self._ranks(),
                *self._lines(),
                *(self._box(place) for place in range(len(self.nodes))),
            ),
            svg.element(
                "g", {"transform": f"translate({_MARGIN} {below:.1f})"}, *(part for _, part in rows)
            ),
        ]
        return svg.document(width, height, parts, label=f"{heading}: {counts}")

    # ---- edges ------------------------------------------------------------------------------

    def _numbered(self) -> bool:
        return len(self.edges) <= _LARGEST_NUMBERED and any(edge.ends for edge in self.edges)

    def _lines(self) -> list[str]:
        """Edges, then the numbers at their ends, so that no edge hides a number."""
        seen: dict[tuple[int, int], int] = {}
        lines, numbers = [], []
        for place, edge in enumerate(self.edges):
            parallel = seen.get((edge.parent, edge.child), 0)
            seen[edge.parent, edge.child] = parallel + 1
            points = self._points(place)
            colour = self.colours[self._key(edge)]
            weight = edge.weight
            attributes: svg.Attributes = {
                "d": _curve(points, 9.0 * (-parallel if parallel % 2 else parallel)),
                "fill": "none",
                "stroke": colour,
                "stroke-width": 1.3 if weight is None else 0.6 + 6.0 * weight,
                "stroke-opacity": 0.8 if weight is None else 0.3 + 0.6 * min(1.0, 2 * weight),
            }
            lines.append(svg.element("path", attributes, svg.title(edge.words or edge.action)))
            if self._numbered() and edge.ends is not None:
                numbers += _numbers(points, edge.ends, colour)
        return lines + numbers

    def _points(self, place: int) -> list[Point]:
        edge, (first, last) = self.edges[place], self.ports[place]
        (x, y), (u, v) = self.layout.centres[edge.parent], self.layout.centres[edge.child]
        half, other = self.sizes[edge.parent][0] / 2, self.sizes[edge.child][0] / 2
        return [(x + half, y + first), *self.layout.routes[place], (u - other, v + last)]

    def _key(self, edge: Edge) -> str:
        return edge.action if edge.action in self.colours else edge.action.partition("(")[0]

    # ---- nodes ------------------------------------------------------------------------------

    def _box(self, place: int) -> str:
        node, (x, y) = self.nodes[place], self.layout.centres[place]
        width, height = self.sizes[place]
        fill = svg.PALE if node.terminating else "white"
        if node.weight is not None:
            fill = _shade(node.weight)
        box: svg.Attributes = {
            "x": x - width / 2,
            "y": y - height / 2,
            "width": width,
            "height": height,
            "rx": 4 if node.terminating else 9,
            "fill": fill,
            "stroke": svg.GREEN if node.terminating else "#57606a",
            "stroke-width": 1.8 if node.terminating else 1.0,
        }
        first = y - _LINE * (len(node.lines) - 1) / 2 + _SIZE * 0.36
        middle = {"text-anchor": "middle", "xml:space": "preserve"}
        lines = [
            svg.text(x, first + _LINE * row, line, _SIZE, middle)
            for row, line in enumerate(node.lines)
        ]
        if place == 0:  # the source: an arrow that comes from nowhere
            start = x - width / 2
            arrow = {"d": f"M{start - 14:.1f} {y:.1f}h12m-5 -4l5 4l-5 4", "fill": "none"}
            lines.append(svg.element("path", {**arrow, "stroke": svg.INK, "stroke-width": 1.4}))
        return svg.element("g", {}, svg.title(node.words), svg.element("rect", box), *lines)

    # ---- around -----------------------------------------------------------------------------

    def _ranks(self) -> list[str]:
        middle = {"text-anchor": "middle", "fill": "#8c959f"}
        y = self.layout.height + 18.0
        return [
            svg.text((left + right) / 2, y, f"{rank}" if rank else "rank 0", 9.0, middle)
            for rank, (left, right) in enumerate(self.layout.columns)
        ]

    def _legend(self) -> tuple[float, list[tuple[float, str]]]:
        """Height of the legend, and its entries with the room they take to the right."""
        entries = [
            (name, svg.element("path", {"d": "M0 -4h22", "stroke": colour, "stroke-width": 2.4}))
            for name, colour in self.colours.items()
        ]
        box: svg.Attributes = {"y": -11, "width": 22, "height": 13, "rx": 4, "fill": svg.PALE}
        ends = {**box, "stroke": svg.GREEN, "stroke-width": 1.8}
        entries.append(("a trajectory may end here", svg.element("rect", ends)))
        if any(edge.weight is not None for edge in self.edges):
            filled = {**box, "fill": _shade(0.6), "stroke": "#57606a"}
            entries.append(("darker: visited more often", svg.element("rect", filled)))
            broad: svg.Attributes = {"d": "M0 -4h22", "stroke": "#8c959f", "stroke-width": 5}
            entries.append(("broader: more flow", svg.element("path", broad)))
        if self._numbered():
            mark = svg.text(0.0, 0.0, "p q", 9.0)
            entries.append(("P_F where an edge begins, P_B where it ends", mark))
        room = max(self.layout.columns[-1][1], 420.0)
        x, y, found = 0.0, 0.0, []
        for name, mark in entries:
            width = 28.0 + svg.text_width(name, 10.0) + 18.0
            if x > 0 and x + width > room:
                x, y = 0.0, y + 18.0
            part = svg.element(
                "g",
                {"transform": f"translate({x:.1f} {y:.1f})"},
                mark,
                svg.text(28.0, 0.0, name, 10.0),
            )
            x += width
            found.append((x, part))
        return y, found


def _size(node: Node, ports: int) -> tuple[float, float]:
    """Width and height of a box that leaves room for numbers beside its edges."""
    widest = max((len(line) for line in node.lines), default=0)
    height = max(_LINE * max(1, len(node.lines)) + 7.0, _PORT * ports + 8.0 if ports > 1 else 0.0)
    return max(18.0, widest * _SIZE * svg.CHARACTER + 12.0), height


def _colours(actions: Sequence[str]) -> Mapping[str, str]:
    """A colour for each action; for each name of one where there are too many to tell apart."""
    names = list(dict.fromkeys(actions))
    if len(names) > len(svg.PALETTE):
        names = list(dict.fromkeys(name.partition("(")[0] for name in names))
    if len(names) > len(svg.PALETTE):
        return dict.fromkeys(names, "#8c959f")
    return dict(zip(names, svg.PALETTE, strict=False))


def _curve(points: Sequence[Point], bend: float) -> str:
    """A smooth path through points from left to right; ``bend`` sets parallel edges apart."""
    (x, y), *rest = points
    path = [f"M{x:.1f} {y:.1f}"]
    for u, v in rest:
        middle = (x + u) / 2
        path.append(f"C{middle:.1f} {y + bend:.1f} {middle:.1f} {v + bend:.1f} {u:.1f} {v:.1f}")
        x, y = u, v
    return "".join(path)


def _numbers(points: Sequence[Point], ends: tuple[str, str], colour: str) -> list[str]:
    """P_F where an edge begins, P_B where it ends, with a white rim."""
    look: svg.Attributes = {
        "fill": colour, "stroke": "white", "stroke-width": 3, "paint-order": "stroke",
    }  # fmt: skip
    (x, y), (u, v) = points[0], points[-1]
    first = svg.text(x + 6, y + 3, ends[0], 9.0, look)
    last = svg.text(u - 6, v + 3, ends[1], 9.0, {**look, "text-anchor": "end"})
    return [first, last]


def _shade(weight: float) -> str:
    """White for 0, green for 1."""
    share = min(1.0, max(0.0, weight)) ** 0.5 * 0.6
    parts = (round(255 + (value - 255) * share) for value in (0x2D, 0xA4, 0x4E))
    return "#" + "".join(f"{part:02x}" for part in parts)
