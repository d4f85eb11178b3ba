from fractions import Fraction

import pytest

from gflowspec.ir.config import Setting
from gflowspec.ir.diff import Change, Part, changes, setting_parts


def settings(**values):
    named = {path.replace("__", "."): value for path, value in values.items()}
    return setting_parts({path: Setting(path, value, "default") for path, value in named.items()})


def sides(before, after):
    """Changes as a list of path and both values."""
    return [
        (change.path, *(part and part.value for part in (change.before, change.after)))
        for change in changes(before, after)
    ]


def test_changes_are_listed_by_path():
    before = settings(train__seed=1, train__steps=5, policy__backward="tlm", policy__backward__lr=1)
    after = settings(train__seed=2, train__steps=5, policy__backward="uniform")
    assert sides(before, after) == [
        ("policy.backward", "tlm", "uniform"),
        ("policy.backward.lr", 1, None),
        ("train.seed", 1, 2),
    ]


def test_provenance_is_no_change():
    before = settings(train__seed=1)
    after = setting_parts({"train.seed": Setting("train.seed", 1, "command line")})
    assert changes(before, after) == ()


@pytest.mark.parametrize("value", [1, 1.0, Fraction(1)])
def test_equal_numbers_are_no_change(value):
    assert changes(settings(a=1), settings(a=value)) == ()
    assert changes(settings(a=(1, 2)), settings(a=(value, 2))) == ()


def test_other_numbers_and_other_kinds_are():
    for value in (2, 1.5, Fraction(1, 3), True, "1", None, (1,), float("inf")):
        assert len(changes(settings(a=1), settings(a=value))) == 1


def test_what_one_side_has_stands_where_it_has_it():
    left = [Part(path, path, path) for path in "abd"]
    right = [Part(path, path, path) for path in "abcxde"]
    assert sides(left, right) == [("c", None, "c"), ("x", None, "x"), ("e", None, "e")]
    assert sides(right, left) == [("c", "c", None), ("x", "x", None), ("e", "e", None)]


def test_parts_of_one_path_are_matched_whatever_their_order():
    def claims(*forms):
        return [Part("claim", form, form) for form in forms]

    assert changes(claims("a", "b"), claims("b", "a")) == ()
    assert sides(claims("a", "b", "b"), claims("b", "c")) == [
        ("claim", "a", "c"),
        ("claim", "b", None),
    ]


@pytest.mark.parametrize(
    ("path", "affects"),
    [
        ("train.seed", True),
        ("train.device", False),
        ("train.device.index", False),
        ("evaluate.every.100", False),
        ("track.every", False),
        ("compile.table_limit", True),
        ("compile.scope_limit", False),
        ("environment.side", True),
    ],
)
def test_only_some_settings_belong_to_the_run_hash(path, affects):
    assert Change(path, None, None).affects_run is affects
