"""Whether a local store could be written, from its files alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gflowspec.tracking.location import StoreLocation, resolve
from gflowspec.tracking.project import Project
from gflowspec.tracking.storecheck import store_problem


def at(folder: Path) -> StoreLocation:
    return StoreLocation(f"sqlite:///{folder}/mlflow.db", folder / "artifacts")


def database(folder: Path) -> None:
    connection = sqlite3.connect(folder / "mlflow.db")
    connection.execute("create table t (a)")
    connection.close()


@pytest.mark.parametrize(
    "prepare",
    [database, lambda folder: (folder / "mlflow.db").touch(), lambda folder: None],
    ids=["database", "empty", "missing"],
)
def test_a_store_that_can_be_written(tmp_path: Path, prepare: Callable[[Path], None]) -> None:
    prepare(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert store_problem(at(tmp_path)) is None
    assert store_problem(at(tmp_path / "not" / "yet")) is None
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda folder: (folder / "mlflow.db").write_text("a letter"), "not an sqlite database"),
        (lambda folder: (folder / "mlflow.db").write_text("SQLite"), "not an sqlite database"),
        (lambda folder: (folder / "mlflow.db").mkdir(), "directory"),
        (lambda folder: (folder / "artifacts").touch(), "artifacts: Not a directory"),
    ],
    ids=["text", "torn", "folder", "artifacts"],
)
def test_a_store_that_cannot(tmp_path: Path, prepare: Callable[[Path], None], reason: str) -> None:
    prepare(tmp_path)
    problem = store_problem(at(tmp_path))
    assert problem is not None
    assert (problem.code, problem.is_error) == ("GFS505", True)
    assert reason in problem.notes[0]
    assert problem.helps


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    problem = store_problem(at(tmp_path / "file"))
    assert problem is not None
    assert "Not a directory" in problem.notes[0]


@pytest.mark.parametrize("denied", ["mlflow.db", "."])
def test_permissions_are_tried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, denied: str
) -> None:
    def refuse(*_args: object, **_named: object) -> None:
        raise PermissionError(13, "Permission denied")

    target = "pathlib.Path.open" if denied == "mlflow.db" else "tempfile.TemporaryFile"
    monkeypatch.setattr(target, refuse)
    problem = store_problem(at(tmp_path))
    assert problem is not None
    assert problem.notes == (f"the system says of {tmp_path / denied}: Permission denied",)


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", "https://user:secret@example.org"])
def test_a_server_is_not_asked(uri: str) -> None:
    assert store_problem(StoreLocation(uri)) is None


@pytest.mark.parametrize("uri", ["{0}/runs é", "file:{0}/runs é", "file://{0}/runs%20%C3%A9"])
def test_a_store_of_files_is_tried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.chdir(tmp_path)
    location = resolve(Project(tmp_path), {}, uri.format(tmp_path))
    assert location.folder == tmp_path / "runs é"
    assert store_problem(location) is None
    assert not (tmp_path / "runs é").exists()
    (tmp_path / "runs é").write_text("a letter")
    problem = store_problem(location)
    assert problem is not None
    assert problem.code == "GFS505"
    assert problem.notes == (f"the system says of {tmp_path / 'runs é'}: Not a directory",)


def test_a_relative_store_of_files_lies_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve(Project(tmp_path), {}, "mlruns").folder == tmp_path / "mlruns"
