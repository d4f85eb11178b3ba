"""How a training went, as an SVG: one small panel for each metric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import attrs

from gflowspec.pages import svg

Points = Sequence[tuple[int, float]]

_COLUMNS = 3
#: Panels at most, in the order given.
LARGEST = 18
#: Series with more points are drawn faintly below their moving average.
_SMOOTH_FROM = 60
#: A moving average goes over this part of a series.
_WINDOWS = 40
_WIDTH, _HEIGHT = 300.0, 150.0
_LEFT, _TOP, _RIGHT, _BELOW = 58.0, 26.0, 14.0, 30.0


def training_curves(
    series: Mapping[str, Points],
    heading: str,
    references: Mapping[str, float] | None = None,
) -> str:
    """Draw metrics by step.

    Series of positive numbers that span more than two decades have a logarithmic axis.

    Args:
        series: ``(step, value)`` pairs by metric; values that are not finite are left out.
        heading: Line above the panels.
        references: Known true values by metric, drawn as a dashed line (``train/log_z``).

    Raises:
        ValueError: No series has a finite value.
    """
    kept = {
        name: sorted(p for p in points if math.isfinite(p[1])) for name, points in series.items()
    }
    panels = [(name, points) for name, points in kept.items() if points][:LARGEST]
    if not panels:
        message = "there is nothing to draw: no metric has a finite value"
        raise ValueError(message)
    columns = min(_COLUMNS, len(panels))
    wide, high = _WIDTH + _LEFT + _RIGHT, _HEIGHT + _TOP + _BELOW
    parts = [svg.text(16.0, 22.0, heading, 13.0, {"font-weight": "bold"})]
    for place, (name, points) in enumerate(panels):
        x, y = wide * (place % columns), 34.0 + high * (place // columns)
        move = {"transform": f"translate({x + _LEFT:.0f} {y + _TOP:.0f})"}
        panel = _Panel.of(name, points, (references or {}).get(name))
        parts.append(svg.element("g", move, *panel.parts()))
    rows = -(-len(panels) // columns)
    width = max(wide * columns, svg.text_width(heading, 13.0) + 32.0)
    return svg.document(width, 40.0 + high * rows, parts, label=heading)


@attrs.frozen(kw_only=True)
class _Panel:
    """One metric with the scales of its axes."""

    name: str
    points: Points
    reference: float | None
    steps: tuple[float, float]
    values: tuple[float, float]
    logarithmic: bool

    @classmethod
    def of(cls, name: str, points: Points, reference: float | None) -> _Panel:
        found = [value for _, value in points]
        known = reference if reference is not None and math.isfinite(reference) else None
        logarithmic = min(found) > 0 and max(found) > 100 * min(found)
        if known is not None:
            logarithmic = logarithmic and known > 0
            found.append(known)
        scaled = [math.log10(value) for value in found] if logarithmic else found
        low, high = min(scaled), max(scaled)
        room = 0.05 * (high - low) or 0.5 * abs(high) or 1.0
        return cls(
            name=name,
            points=points,
            reference=known,
            steps=(points[0][0], max(points[-1][0], points[0][0] + 1)),
            values=(low - room, high + room),
            logarithmic=logarithmic,
        )

    def parts(self) -> list[str]:
        """Grid, curve, reference and words."""
        found = [*self._grid(), *self._curve()]
        if self.reference is not None:
            y = self._y(self.reference)
            line = {"d": f"M0 {y:.1f}h{_WIDTH}", "stroke": svg.ORANGE, "stroke-dasharray": "5 4"}
            right = {"text-anchor": "end", "fill": svg.ORANGE}
            found.append(svg.element("path", line))
            words = f"exact {self.reference:.4g}"
            found.append(svg.text(_WIDTH, y + 11 if y < 14 else y - 4, words, 9.0, right))
        last = f"{self.points[-1][1]:.4g}"
        found.append(svg.text(0.0, -9.0, self.name, 10.5, {"font-weight": "bold"}))
        end = {"text-anchor": "end", "fill": "#57606a"}
        found.append(svg.text(_WIDTH, -9.0, f"last {last}", 9.5, end))
        return found

    def _x(self, step: float) -> float:
        first, last = self.steps
        return _WIDTH * (step - first) / (last - first)

    def _y(self, value: float) -> float:
        low, high = self.values
        scaled = math.log10(value) if self.logarithmic else value
        return _HEIGHT * (high - scaled) / (high - low)

    def _grid(self) -> list[str]:
        found = []
        end, middle = {"text-anchor": "end"}, {"text-anchor": "middle"}
        look = {"fill": "#57606a"}
        for value in _decades(*self.values) if self.logarithmic else _ticks(*self.values):
            y = self._y(value)
            line = {"d": f"M0 {y:.1f}h{_WIDTH}", "stroke": "#eaeef2"}
            found.append(svg.element("path", line))
            found.append(svg.text(-6.0, y + 3, f"{value:.4g}", 9.0, {**look, **end}))
        for step in _ticks(*self.steps):
            if step == int(step):
                words = f"{int(step):,}"
                found.append(svg.text(self._x(step), _HEIGHT + 14, words, 9.0, {**look, **middle}))
        found.append(svg.element("path", {"d": f"M0 {_HEIGHT}h{_WIDTH}", "stroke": svg.FAINT}))
        return found

    def _curve(self) -> list[str]:
        places = [(self._x(step), self._y(value)) for step, value in self.points]
        look: svg.Attributes = {"fill": "none", "stroke": svg.BLUE, "stroke-linejoin": "round"}
        if len(places) <= _SMOOTH_FROM:
            found = [_line(places, {**look, "stroke-width": 1.5})]
            if len(places) <= 20:
                found += [
                    svg.element("circle", {"cx": x, "cy": y, "r": 2.2, "fill": svg.BLUE})
                    for x, y in places
                ]
            return found
        faint = {**look, "stroke-width": 0.8, "stroke-opacity": 0.3}
        average = {**look, "stroke-width": 1.6}
        return [_line(places, faint), _line(_moving_average(places), average)]


def _line(places: Sequence[tuple[float, float]], look: svg.Attributes) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return svg.element("polyline", {"points": points, **look})


def _moving_average(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Means over windows of a fortieth of the series, without inventing values at the ends."""
    window = max(2, len(places) // _WINDOWS)
    x = y = 0.0
    found = []
    for place, (u, v) in enumerate(places):
        x, y = x + u, y + v
        if place >= window:
            x, y = x - places[place - window][0], y - places[place - window][1]
        if place >= window - 1:
            found.append((x / window, y / window))
    return found


def _ticks(low: float, high: float) -> list[float]:
    """Three to seven round numbers between two bounds."""
    size = 10.0 ** math.floor(math.log10((high - low) / 3))
    step = next(size * factor for factor in (5, 2, 1) if (high - low) / (size * factor) >= 3)
    return [step * count for count in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _decades(low: float, high: float) -> list[float]:
    """Powers of ten between two exponents, at most seven of them."""
    first, last = math.ceil(low), math.floor(high)
    step = max(1, -(-(last - first + 1) // 7))
    return [10.0**power for power in range(first, last + 1, step)]
