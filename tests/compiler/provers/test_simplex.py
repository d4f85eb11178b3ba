"""The rational simplex against brute force over vertices, and ranks against brute force."""

from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gflowspec.compiler.derive.rank import weights
from gflowspec.compiler.provers.simplex import Optimum, Unbounded, maximize

numbers = st.integers(-3, 3)
programs = st.integers(1, 3).flatmap(
    lambda n: st.tuples(
        st.lists(numbers, min_size=n, max_size=n),
        st.lists(
            st.tuples(st.lists(numbers, min_size=n, max_size=n), st.integers(0, 4)),
            min_size=1,
            max_size=4,
        ),
    )
)


def solve(matrix, right):
    """Cramer-free Gauss elimination over the rationals; None if singular."""
    rows = [[Fraction(v) for v in (*row, b)] for row, b in zip(matrix, right, strict=True)]
    size = len(rows)
    for k in range(size):
        pivot = next((r for r in range(k, size) if rows[r][k]), None)
        if pivot is None:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [v / rows[k][k] for v in rows[k]]
        for r in range(size):
            if r != k:
                rows[r] = [a - rows[r][k] * b for a, b in zip(rows[r], rows[k], strict=True)]
    return [row[-1] for row in rows]


def best_vertex(objective, rows, limits):
    """The largest value at a vertex of the feasible set."""
    size = len(objective)
    unit = [[-int(i == j) for j in range(size)] for i in range(size)]
    matrix, right = [*rows, *unit], [*limits, *([0] * size)]
    values = []
    for chosen in combinations(range(len(matrix)), size):
        point = solve([matrix[k] for k in chosen], [right[k] for k in chosen])
        if point is not None and all(
            sum(a * x for a, x in zip(row, point, strict=True)) <= b
            for row, b in zip(matrix, right, strict=True)
        ):
            values.append(sum(c * x for c, x in zip(objective, point, strict=True)))
    return max(values)


@settings(max_examples=150, deadline=None)
@given(programs)
def test_optimum_prices_and_rays(program):
    objective, constraints = program
    rows, limits = [row for row, _ in constraints], [limit for _, limit in constraints]
    found = maximize(objective, rows, limits)
    if isinstance(found, Unbounded):
        assert all(x >= 0 for x in found.ray)
        assert all(sum(a * x for a, x in zip(row, found.ray, strict=True)) <= 0 for row in rows)
        assert sum(c * x for c, x in zip(objective, found.ray, strict=True)) > 0
        return
    assert found.value == best_vertex(objective, rows, limits)
    assert found.value == sum(p * b for p, b in zip(found.prices, limits, strict=True))
    assert all(price >= 0 for price in found.prices)
    for j, cost in enumerate(objective):
        assert sum(p * row[j] for p, row in zip(found.prices, rows, strict=True)) >= cost


def test_bland_ends_on_a_degenerate_program():
    """Beale's example cycles under the largest-coefficient rule."""
    objective = [Fraction(3, 4), -150, Fraction(1, 50), -6]
    rows = [
        [Fraction(1, 4), -60, Fraction(-1, 25), 9],
        [Fraction(1, 2), -90, Fraction(-1, 50), 3],
        [0, 0, 1, 0],
    ]
    found = maximize(objective, rows, [0, 0, 1])
    assert isinstance(found, Optimum)
    assert found.value == Fraction(1, 20)


deltas = st.integers(1, 3).flatmap(
    lambda n: st.lists(st.lists(st.integers(-2, 2), min_size=n, max_size=n), min_size=1, max_size=5)
)


@settings(max_examples=120, deadline=None)
@given(deltas)
def test_a_rank_or_actions_that_cancel_out(rows):
    count = len(rows[0])
    found = weights(rows, count)
    if isinstance(found, Unbounded):
        assert any(found.ray)
        assert all(y >= 0 for y in found.ray)
        for j in range(count):
            assert sum(y * row[j] for y, row in zip(found.ray, rows, strict=True)) == 0
        for small in product(range(-6, 7), repeat=count):
            assert not all(sum(w * d for w, d in zip(small, row, strict=True)) >= 1 for row in rows)
    else:
        assert all(isinstance(w, int) for w in found)
        assert all(sum(w * d for w, d in zip(found, row, strict=True)) >= 1 for row in rows)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1, 0], [0, 1]], (1, 1)),
        ([[1, -1]], (1, 0)),
        ([[1, -2], [0, 1]], (3, 1)),
        ([[2, 0]], (1, 0)),
        ([[-1]], (-1,)),
    ],
)
def test_weights_are_small_and_whole(rows, expected):
    assert weights(rows, len(rows[0])) == expected
