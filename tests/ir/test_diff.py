import pytest

from gflowspec.ir.config import Setting
from gflowspec.ir.diff import changes


def settings(**values):
    return {
        path.replace("__", "."): Setting(path.replace("__", "."), value, "default")
        for path, value in values.items()
    }


def test_changes_are_listed_by_path():
    before = settings(train__seed=1, train__steps=5, policy__backward="tlm", policy__backward__lr=1)
    after = settings(train__seed=2, train__steps=5, policy__backward="uniform")
    found = {change.path: change.values for change in changes(before, after)}
    assert found == {
        "policy.backward": ("tlm", "uniform"),
        "policy.backward.lr": (1, None),
        "train.seed": (1, 2),
    }


def test_provenance_is_no_change():
    before = settings(train__seed=1)
    after = {"train.seed": Setting("train.seed", 1, "command line")}
    assert changes(before, after) == ()


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
    (change,) = changes({}, {path: Setting(path, 1, "default")})
    assert change.affects_run is affects
