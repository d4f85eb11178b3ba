"""Samples on disk: what is read back is what was drawn."""

import csv
import json
import sys

import pytest

from gflowspec.cli.sample_files import demand_format, write_samples
from gflowspec.core.errors import UsageError

ROWS = [
    {
        "object": {"x": [0, 3], "w": [None, "red"], "done": flag, "S": members},
        "log_reward": 0.5,
        "log_pf": -1.25,
        "log_pb": float("-inf") if flag else -2.0,
        "trajectory": ["step(i=1)", "stop"],
    }
    for flag, members in ((True, [[0, 1]]), (False, []))
]
#: Labelled edges hold numbers and words: they have no common type.
MIXED = [{"object": {"G": [[0, 1, "red"]]}, "log_reward": 0.0}]


def test_json_lines(tmp_path):
    write_samples(tmp_path / "a.jsonl", ROWS)
    found = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert found[1] == ROWS[1]
    assert found[0] == {**ROWS[0], "log_pb": None}


def test_csv(tmp_path):
    write_samples(tmp_path / "a.csv", ROWS)
    with (tmp_path / "a.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [json.loads(row["object"]) for row in found] == [row["object"] for row in ROWS]
    assert [float(row["log_pb"]) for row in found] == [float("-inf"), -2.0]


def test_parquet(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    write_samples(tmp_path / "a.parquet", ROWS)
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table.to_pylist() == ROWS
    assert str(table.schema.field("log_reward").type) == "double"
    assert table.schema.field("object").type.get_field_index("x") >= 0
    write_samples(tmp_path / "b.parquet", MIXED)
    (row,) = parquet.read_table(tmp_path / "b.parquet").to_pylist()
    assert json.loads(row["object"]) == MIXED[0]["object"]
    write_samples(tmp_path / "c.parquet", [])
    assert parquet.read_table(tmp_path / "c.parquet").num_rows == 0


def test_a_missing_package_is_named_before_anything_is_drawn(run_json, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    said = run_json("sample", "corner", "-o", "a.parquet")
    assert said.code == 2
    assert "needs the package pyarrow" in said.json["diagnostics"][0]["message"]


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(UsageError, match=r"\.parquet, not .*a\.xlsx"):
        demand_format(tmp_path / "a.xlsx")
    with pytest.raises(UsageError, match="cannot write"):
        write_samples(tmp_path / "no/such.csv", ROWS)
