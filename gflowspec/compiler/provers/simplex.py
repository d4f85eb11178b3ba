"""Linear programs over the rationals: the simplex method with Bland's rule (Bland, 1977).

Exact and free of cycling; for programs of tens of rows, such as ranks and small proofs.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import attrs

Row = list[Fraction]


@attrs.frozen
class Optimum:
    """A finite optimum.

    Attributes:
        value: The largest value of the objective.
        point: Where it is attained.
        prices: The dual solution, one price for each constraint.
    """

    value: Fraction
    point: tuple[Fraction, ...]
    prices: tuple[Fraction, ...]


@attrs.frozen
class Unbounded:
    """The objective grows without limit along ``ray``, which is not negative."""

    ray: tuple[Fraction, ...]


def maximize(
    objective: Sequence[Fraction | int],
    rows: Sequence[Sequence[Fraction | int]],
    limits: Sequence[Fraction | int],
) -> Optimum | Unbounded:
    """Maximize ``objective . y`` subject to ``rows y <= limits`` and ``y >= 0``.

    Args:
        objective: One coefficient for each variable.
        rows: One row for each constraint.
        limits: Right-hand sides; none is negative, so that 0 is feasible.
    """
    columns, count = len(objective), len(rows)
    table = [
        [Fraction(value) for value in row]
        + [Fraction(int(i == j)) for j in range(count)]
        + [Fraction(limit)]
        for i, (row, limit) in enumerate(zip(rows, limits, strict=True))
    ]
    costs: Row = [Fraction(value) for value in objective] + [Fraction(0)] * (count + 1)
    basis = list(range(columns, columns + count))
    while True:
        entering = next((j for j, cost in enumerate(costs[:-1]) if cost > 0), None)
        if entering is None:
            return _optimum(table, costs, basis, columns)
        leaving = _leaving(table, basis, entering)
        if leaving is None:
            return Unbounded(_ray(table, basis, entering, columns))
        _pivot(table, costs, leaving, entering)
        basis[leaving] = entering


def _leaving(table: Sequence[Row], basis: Sequence[int], entering: int) -> int | None:
    """The row with the smallest ratio; of several, that of the smallest variable."""
    best: tuple[Fraction, int, int] | None = None
    for i, row in enumerate(table):
        if row[entering] > 0:
            candidate = (row[-1] / row[entering], basis[i], i)
            best = candidate if best is None else min(best, candidate)
    return None if best is None else best[2]


def _pivot(table: list[Row], costs: Row, leaving: int, entering: int) -> None:
    pivot = table[leaving][entering]
    table[leaving] = [value / pivot for value in table[leaving]]
    row = table[leaving]
    for other in (*(line for i, line in enumerate(table) if i != leaving), costs):
        factor = other[entering]
        if factor:
            for j, value in enumerate(row):
                if value:
                    other[j] -= factor * value


def _optimum(table: Sequence[Row], costs: Row, basis: Sequence[int], columns: int) -> Optimum:
    point = [Fraction(0)] * columns
    for i, variable in enumerate(basis):
        if variable < columns:
            point[variable] = table[i][-1]
    prices = tuple(-cost for cost in costs[columns:-1])
    return Optimum(-costs[-1], tuple(point), prices)


def _ray(
    table: Sequence[Row], basis: Sequence[int], entering: int, columns: int
) -> tuple[Fraction, ...]:
    ray = [Fraction(0)] * columns
    if entering < columns:
        ray[entering] = Fraction(1)
    for i, variable in enumerate(basis):
        if variable < columns:
            ray[variable] = -table[i][entering]
    return tuple(ray)
