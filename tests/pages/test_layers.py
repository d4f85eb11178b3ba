"""The layout of layered graphs: columns by rank, nothing on top of anything, few crossings."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gflowspec.pages.layers import _PASSING, Box, _rising, layered


def grid(side):
    states = sorted(itertools.product(range(side), repeat=2), key=lambda s: (sum(s), s))
    index = {state: i for i, state in enumerate(states)}
    boxes = [Box(sum(state), 30.0, 20.0) for state in states]
    edges = [
        (index[x, y], index[child])
        for x, y in states
        for child in ((x + 1, y), (x, y + 1))
        if child in index
    ]
    return boxes, edges


@st.composite
def graphs(draw):
    ranks = sorted(draw(st.lists(st.integers(0, 4), min_size=1, max_size=14)))
    ranks = [rank - ranks[0] for rank in ranks]
    boxes = [Box(rank, draw(st.floats(10, 90)), draw(st.floats(10, 60))) for rank in ranks]
    pairs = [(a, b) for a in range(len(ranks)) for b in range(len(ranks)) if ranks[a] < ranks[b]]
    return boxes, draw(st.lists(st.sampled_from(pairs), max_size=25)) if pairs else []


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_boxes_stand_in_the_column_of_their_rank_and_never_overlap(graph):
    boxes, edges = graph
    found = layered(boxes, edges, between=50.0)
    for box, (x, _) in zip(boxes, found.centres, strict=True):
        left, right = found.columns[box.rank]
        assert left <= x - box.width / 2 + 1e-6
        assert x + box.width / 2 <= right + 1e-6
    for (a, (_, y)), (b, (_, v)) in itertools.combinations(
        zip(boxes, found.centres, strict=True), 2
    ):
        if a.rank == b.rank:
            assert abs(y - v) >= (a.height + b.height) / 2
    heights = [y + d * b.height / 2 for b, (_, y) in zip(boxes, found.centres, strict=True)
               for d in (-1, 1)]  # fmt: skip
    assert min(heights) >= -1e-6
    assert max(heights) <= found.height + 1e-6


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_edges_pass_every_layer_between_their_ends_beside_its_boxes(graph):
    boxes, edges = graph
    found = layered(boxes, edges, between=50.0)
    for (parent, child), route in zip(edges, found.routes, strict=True):
        passed = range(boxes[parent].rank + 1, boxes[child].rank)
        assert len(route) == len(passed)
        for rank, (x, y) in zip(passed, route, strict=True):
            left, right = found.columns[rank]
            assert left <= x <= right
            for box, (_, v) in zip(boxes, found.centres, strict=True):
                if box.rank == rank:
                    assert abs(y - v) >= (box.height + _PASSING) / 2


def test_the_layout_of_a_grid_has_no_crossing_and_is_symmetric():
    boxes, edges = grid(5)
    found = layered(boxes, edges, between=50.0)
    assert found == layered(boxes, edges, between=50.0)
    for one, two in itertools.combinations(edges, 2):
        if boxes[one[0]].rank == boxes[two[0]].rank:
            left = found.centres[one[0]][1] - found.centres[two[0]][1]
            right = found.centres[one[1]][1] - found.centres[two[1]][1]
            assert left * right >= 0
    middle = found.height / 2
    assert found.centres[0][1] == pytest.approx(middle)
    assert found.centres[-1][1] == pytest.approx(middle)


def test_a_chain_is_a_straight_line():
    boxes = [Box(rank, 20.0 + rank, 10.0 + 3 * rank) for rank in range(5)]
    found = layered(boxes, [(i, i + 1) for i in range(4)], between=10.0)
    assert len({round(y, 6) for _, y in found.centres}) == 1


def test_the_closest_sequence_that_never_falls():
    assert _rising([1.0, 2.0, 3.0]) == [1.0, 2.0, 3.0]
    assert _rising([3.0, 1.0]) == [2.0, 2.0]
    assert _rising([0.0, 4.0, 2.0, 3.0, 9.0]) == [0.0, 3.0, 3.0, 3.0, 9.0]
    chance = random.Random(0)
    for _ in range(20):
        values = [chance.randint(0, 2) for _ in range(3)]
        grids = itertools.combinations_with_replacement([i / 6 for i in range(13)], 3)
        best = min(sum((a - b) ** 2 for a, b in zip(values, g, strict=True)) for g in grids)
        found = sum((a - b) ** 2 for a, b in zip(values, _rising(values), strict=True))
        assert found == pytest.approx(best, abs=1e-9)
