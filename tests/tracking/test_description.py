"""What is logged, under exactly which name."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gflowspec.core.schema import ComponentCall
from gflowspec.ir.config import Config, Setting
from gflowspec.tracking import description
from gflowspec.tracking.location import StoreLocation, resolve, without_credentials
from gflowspec.tracking.naming import run_name
from gflowspec.tracking.project import Project
from gflowspec.tracking.rundir import RunInfo


def call(kind: str, name: str, **arguments: Any) -> ComponentCall:
    return ComponentCall(kind, name, arguments)


def config_of(track: Mapping[str, Any] | None = None, **settings: Any) -> Config:
    return Config(
        experiment="hypergrid_tlm",
        settings={key: Setting(key, value, "default") for key, value in settings.items()},
        policy={"backward": call("backward", "tlm")},
        objective=call("objective", "subtb"),
        replay=None,
        train={"seed": 1},
        evaluate=(),
        track=track or {"backend": call("tracker", "mlflow", experiment=None), "tags": {}},
        limits={},
    )


def test_the_name_of_a_run() -> None:
    name = run_name(config_of(), "run:1/3f9c2a77")
    assert name == "hypergrid_tlm-subtb.tlm-s1-3f9c2a"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (20, "20"),
        (True, "true"),
        (None, "none"),
        ("tlm", "tlm"),
        (0.001, "0.001"),
        (Fraction(1, 1000), "0.001"),
        (Fraction(1, 3), "1/3"),
        (Fraction(-5), "-5"),
        ((64, 64), "[64, 64]"),
        (("a", Fraction(1, 2)), "[a, 0.5]"),
        (ComponentCall("metric", "tv_exact", {}), "tv_exact"),
        (ComponentCall("optimizer", "adam", {"lr": Fraction(1, 10)}), "adam(lr = 0.1)"),
    ],
)
def test_settings_are_written_as_in_a_specification(value: Any, text: str) -> None:
    assert description.text(value) == text
    assert description.params({"a.b": Setting("a.b", value, "default")}) == {"a.b": text}


@given(st.fractions(max_denominator=10**6) | st.decimals(-1000, 1000, places=5).map(Fraction))
def test_decimals_are_exact_or_fractions(value: Fraction) -> None:
    text = description.decimal(value)
    assert Fraction(text) == value
    assert len(text) <= 19 or "/" in text
    plain = description.json_value(value)
    if isinstance(plain, str):
        assert plain == text
    else:  # an integer is exact, however large
        assert plain == (value if isinstance(plain, int) else float(value))


def test_the_tags_of_a_run() -> None:
    info = RunInfo(
        run_id="20260131-1",
        name="n",
        experiment="e",
        hashes={"env": "env:1/a", "task": "task:1/b", "run": "run:1/c"},
        created=0.0,
        version="0.1.0",
    )
    tags = description.tags(
        info,
        config_of({"tags": {"team": "grid", "gflowspec.seed": "7"}}),
        strengths={f"O{i}": "proved" for i in range(1, 10)},
        source="experiment e {}\n",
        lowering="eager",
        device="cpu",
    )
    assert {key.removeprefix("gflowspec.") for key in tags if key.startswith("gflowspec.")} == {
        "run_id", "version", "seed", "hash.env", "hash.task", "hash.run", "lowering", "device",
        *(f"strength.O{i}" for i in range(1, 10)),
    }  # fmt: skip
    assert tags["gflowspec.seed"] == "1"  # what we say about a run cannot be overwritten
    assert tags["team"] == "grid"
    assert tags["mlflow.note.content"] == "```\nexperiment e {}\n```"
    assert "mlflow.source.git.commit" not in tags


def test_the_commit_of_the_specification_is_told(tmp_path: Path) -> None:
    assert description.git_commit(tmp_path) is None
    assert description.git_commit(tmp_path / "nowhere") is None


def test_a_long_note_is_cut_at_a_line_and_says_so() -> None:
    lines = [f"# line {i} " + "x" * 90 for i in range(200)]
    note = description.note("\n".join(lines))
    assert len(note) < 6300
    kept = note.splitlines()[1:-2]
    assert kept == lines[: len(kept)]
    assert "spec/source.gfs" in note
    assert description.note("a\n```\nb") == "````\na\n```\nb\n````"


def test_the_experiment_may_be_named_in_the_tracker() -> None:
    assert description.experiment_name(config_of()) == "hypergrid_tlm"
    named = config_of({"backend": call("tracker", "mlflow", experiment="paper")})
    assert description.experiment_name(named) == "paper"


def test_resolved_settings_keep_their_source() -> None:
    settings = {
        "train.lr": Setting("train.lr", Fraction(1, 1000), "a.gfs:3:5"),
        "train.clip": Setting("train.clip", math.inf, "default"),
        "a.third": Setting("a.third", Fraction(1, 3), "command line"),
    }
    assert json.loads(description.resolved(settings)) == {
        "a.third": {"value": "1/3", "source": "command line"},
        "train.clip": {"value": None, "source": "default"},
        "train.lr": {"value": 0.001, "source": "a.gfs:3:5"},
    }


def test_samples_are_a_table_of_mlflow() -> None:
    table = json.loads(description.samples_table([((0, 1), 0.5, -1.0, -math.inf), ("x", 1, 2, 3)]))
    assert table["columns"] == ["object", "log_reward", "log_pf", "log_pb"]
    assert table["data"] == [["[0, 1]", 0.5, -1.0, None], ["x", 1, 2, 3]]
    tag = description.table_tag(["eval/samples.json"])
    assert json.loads(tag["mlflow.loggedArtifacts"]) == [
        {"path": "eval/samples.json", "type": "table"}
    ]


def test_packages_are_sorted_and_pinned() -> None:
    lines = description.packages().splitlines()
    assert lines == sorted(lines, key=str.lower)
    assert any(line.startswith("attrs==") for line in lines)


def test_documents_are_written_below_their_folder(tmp_path: Path) -> None:
    written = description.write_documents(tmp_path, {"spec/a.gfs": "é\n", "env/p.txt": ""})
    assert {path: file.read_text("utf-8") for path, file in written.items()} == {
        "spec/a.gfs": "é\n",
        "env/p.txt": "",
    }


def test_the_store_is_resolved_in_order_and_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project = Project(tmp_path)
    folder = tmp_path / ".gflowspec"
    assert resolve(project, {}) == StoreLocation(
        f"sqlite:///{folder / 'mlflow.db'}", folder / "artifacts"
    )
    variable = {"MLFLOW_TRACKING_URI": "sqlite:///other.db"}
    assert resolve(project, variable) == StoreLocation(
        f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "artifacts"
    )
    assert resolve(project, variable, "http://host:5000") == StoreLocation("http://host:5000")
    assert resolve(project, {}, "mlruns").uri == f"file://{tmp_path / 'mlruns'}"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://me:secret@host:5000/x", "http://host:5000/x"),
        ("postgresql://me:p%40ss@host/db", "postgresql://host/db"),
        ("sqlite:////a@b/mlflow.db", "sqlite:////a@b/mlflow.db"),
        ("http://host", "http://host"),
    ],
)
def test_a_store_is_never_shown_with_its_password(uri: str, shown: str) -> None:
    assert without_credentials(uri) == StoreLocation(uri).shown == shown
    assert "secret" not in repr(StoreLocation(uri))
