"""The published tables, against reference rows that stand beside them."""

import json
import os
from pathlib import Path

import pytest

from .writing import data

FOLDER = os.environ.get("GFLOWSPEC_DATA", "")
TABLES = {
    "tfbind8": (
        'data d: array[65_536] of real[0..1] = file("gfs:data/tfbind8.npz", array = "y", sha256 = '
        '"6c6dbd43d6a7e5d4551cbecbb0713a6b769b4970cfc43cda689e4b4403f9124a")'
    ),
    "qm9_small": (
        'data d: array[161_051] of real = file("gfs:data/qm9_small_rewards.npz", array = "reward", '
        'sha256 = "0b90ebabfbf3fd6e9b2303483c99fd0ced9e16f9675c9ed62e8cc2e148202908")'
    ),
}
FILES = {"tfbind8": "tfbind8.npz", "qm9_small": "qm9_small_rewards.npz"}


def reference(name):
    if not FOLDER or not Path(FOLDER, FILES[name]).is_file():
        pytest.skip(f"{FILES[name]} is not in GFLOWSPEC_DATA")
    path = Path(FOLDER).parent / "golden" / f"{name}_golden.json"
    if not path.is_file():
        pytest.skip(f"the reference rows {path.name} do not stand beside GFLOWSPEC_DATA")
    return json.loads(path.read_text())


def test_binding_scores_of_letters(tmp_path):
    rows = reference("tfbind8")["rows"]
    table = data(tmp_path, TABLES["tfbind8"], "d")
    assert len(rows) == 70
    for row in rows:
        place = int("".join(str("ACGT".index(letter)) for letter in row["seq"]), 4)
        assert place == row["index"]
        assert table[place] == row["y"]
    assert data(tmp_path, TABLES["tfbind8"], "max(v for v in d)") == 1.0


def test_rewards_of_small_molecules(tmp_path):
    golden = reference("qm9_small")
    table = data(tmp_path, TABLES["qm9_small"], "d")
    for row in [*golden["top20"], *golden["random50"]]:
        place = 0
        for block in row["blocks"]:
            place = place * 11 + block
        assert table[place] == row["reward"]
    stats = golden["stats"]
    assert data(tmp_path, TABLES["qm9_small"], "min(d)") == stats["min"]
    assert data(tmp_path, TABLES["qm9_small"], "max(d)") == stats["max"]
    assert data(tmp_path, TABLES["qm9_small"], "mean(d)") == pytest.approx(stats["mean"])
