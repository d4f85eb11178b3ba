import pytest
from hypothesis import given
from hypothesis import strategies as st

from gflowspec.lang.nearest import distance, nearest

WORDS = st.text(alphabet="abc", max_size=6)


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [("", "", 0), ("lamda", "lambda", 1), ("batchh", "batch", 1), ("ab", "ba", 1), ("abc", "", 3)],
)
def test_known_distances(a, b, edits):
    assert distance(a, b) == edits


@given(WORDS, WORDS, WORDS)
def test_distance_is_symmetric_and_positive(a, b, c):
    assert distance(a, b) == distance(b, a)
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a + c, b + c) <= distance(a, b)


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("lamda", ["lambda", "weighting"], "lambda"),
        ("hypergrid", ["Hypergrid", "Corners"], "Hypergrid"),
        ("R11", ["R0", "R1", "R2"], "R1"),
        ("xyz", ["lambda"], None),
        ("ab", ["ba", "abc"], "abc"),
        ("x" * 200, ["x" * 199], None),
    ],
)
def test_suggestions(name, known, found):
    assert nearest(name, known) == found
