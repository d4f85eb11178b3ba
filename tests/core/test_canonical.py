from collections.abc import Mapping
from enum import Enum
from fractions import Fraction

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gflowspec.core.canonical import canonical_json, digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Colour(Enum):
    RED = 1


@attrs.frozen
class Node:
    value: object
    place: object = attrs.field(default=None, eq=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
        (Fraction(1, 3), '"1/3"'),
        (Fraction(2), '"2/1"'),
        ((0.1, float("inf")), '[0.1,"inf"]'),
        (frozenset({3, 1, 2}), "[1,2,3]"),
        (Colour.RED, '"RED"'),
        ("é", '"é"'),
        (Node((1,), place="here"), '{"node":"Node","value":[1]}'),
    ],
)
def test_forms(value, text):
    assert canonical_json(value) == text


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_the_order_of_keys_does_not_matter(value: Mapping[str, object]):
    turned = dict(reversed(list(value.items())))
    assert digest(value) == digest(turned)


def test_what_equality_ignores_is_left_out():
    assert digest(Node(1, "a")) == digest(Node(1, "b"))
    assert digest(Node(1)) != digest(Node(2))


@pytest.mark.parametrize("value", [object(), {1: 2}])
def test_other_values_are_refused(value):
    with pytest.raises(TypeError):
        canonical_json(value)
