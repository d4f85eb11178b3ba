"""The project on disk: found, listed, searched, and refused before training if it is full."""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from gflowspec.core.errors import UsageError
from gflowspec.tracking import atomic
from gflowspec.tracking.base import Status
from gflowspec.tracking.process import ProcessIdentity
from gflowspec.tracking.project import MINIMUM_FREE_BYTES, Project, short_hash
from gflowspec.tracking.rundir import Run, RunInfo

from .fakes import RUN_HASH


@pytest.mark.parametrize("marker", [".gflowspec", ".git"])
def test_the_nearest_marked_ancestor_is_the_project(tmp_path: Path, marker: str) -> None:
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / "a" / marker).mkdir()
    assert Project.find(deep).root == tmp_path / "a"
    assert Project.find(tmp_path).root == tmp_path


def test_without_a_marked_ancestor_the_folder_itself_is_the_project(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert Project.find(tmp_path / "a").root in {tmp_path / "a", *tmp_path.parents}


def test_ids_are_unique_readable_and_sort_by_time(project: Project) -> None:
    early = [project.new_run_id(RUN_HASH, 1_700_000_000) for _ in range(50)]
    late = project.new_run_id(RUN_HASH, 1_700_000_001)
    assert len(set(early)) == 50
    assert max(early) < late
    assert late.startswith("20231114-221321-3f9c2a-")


@pytest.mark.parametrize("text", ["run:1/3f9c2a77", "run:3f9c2a77", "3f9c2a77"])
def test_a_hash_is_shown_by_its_first_six_digits(text: str) -> None:
    assert short_hash(text) == "3f9c2a"


def test_run_json_is_read_back(run: Run) -> None:
    info = attrs.evolve(
        run.info,
        status=Status.FINISHED,
        metrics={"tv_exact": 0.01, "kl": math.nan},
        settings={"train.lr": {"value": 0.1, "source": "default"}},
        overrides=("train.steps=5",),
        sources={"a.gfs": "experiment e {}"},
        process=ProcessIdentity.current().plain(),
    )
    run.write(info)
    again = Run.read(run.directory).info
    assert again == attrs.evolve(info, metrics={"tv_exact": 0.01, "kl": None})
    json.loads((run.directory / "run.json").read_text(), parse_constant=pytest.fail)


def test_run_json_of_a_newer_version_is_read_as_far_as_it_is_known() -> None:
    info = RunInfo(run_id="a", name="n", experiment="e", hashes={}, created=1.0)
    plain = {**json.loads(info.to_json()), "colour": "blue"}
    assert RunInfo.from_json(json.dumps(plain)) == info
    for text in ("", "[]", "{}", '{"run_id": "a"}'):
        with pytest.raises(ValueError, match=r"Expecting value|an object|incomplete"):
            RunInfo.from_json(text)


def test_a_running_run_is_alive_while_its_process_is(run: Run) -> None:
    here = ProcessIdentity.current().plain()
    running = attrs.evolve(run.info, process=here)
    assert Run(run.directory, running).is_alive
    assert not Run(run.directory, attrs.evolve(running, status=Status.KILLED)).is_alive
    gone = attrs.evolve(running, process={**here, "started": "1"})
    assert not Run(run.directory, gone).is_alive


def test_runs_are_listed_newest_first_and_foreign_folders_left_out(
    project: Project, make_run: Callable[..., Run]
) -> None:
    assert Project(project.root / "nowhere").runs() == ()
    made = [make_run(created=1_700_000_000.0 + day) for day in (2, 0, 1)]
    (project.runs_folder / "foreign").mkdir()
    (project.runs_folder / "broken").mkdir()
    (project.runs_folder / "broken" / "run.json").write_text("{")
    found = [run.info.run_id for run in project.runs()]
    assert found == [made[0].info.run_id, made[2].info.run_id, made[1].info.run_id]


def test_a_run_is_found_by_id_prefix_name_and_directory(
    project: Project, make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = make_run("same", created=1_700_000_000.0)
    new = make_run("same", created=1_700_086_400.0)
    assert project.find_run(old.info.run_id) == old
    assert project.find_run("same") == new  # the latest
    assert project.find_run("20231114") == old
    assert project.find_run(str(old.directory)) == old
    monkeypatch.chdir(project.runs_folder)
    assert project.find_run(old.info.run_id).directory == old.directory


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2023", "2023 is the start of 2 runs"),
        ("202", "no such run: 202"),
        ("gird", "no such run: gird"),
    ],
)
def test_an_unclear_run_is_a_usage_error(
    project: Project, make_run: Callable[..., Run], text: str, message: str
) -> None:
    make_run("one", created=1_700_000_000.0)
    make_run("two", created=1_700_000_100.0)
    with pytest.raises(UsageError) as caught:
        project.find_run(text)
    diagnostic = caught.value.diagnostic
    assert (diagnostic.code, diagnostic.message) == ("GFS602", message)
    assert diagnostic.notes
    assert diagnostic.helps


def test_in_an_empty_project_the_help_says_how_to_start(project: Project) -> None:
    with pytest.raises(UsageError) as caught:
        project.find_run("anything")
    assert "no runs" in caught.value.diagnostic.notes[0]


def test_a_damaged_run_directory_is_a_usage_error(run: Run) -> None:
    (run.directory / "run.json").write_text("{")
    with pytest.raises(UsageError) as caught:
        Project.find(run.directory).find_run(str(run.directory))
    assert caught.value.diagnostic.code == "GFS602"


def test_preflight_finds_nothing_and_leaves_nothing(project: Project) -> None:
    assert project.preflight() == ()
    assert list(project.runs_folder.iterdir()) == []


def test_preflight_refuses_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / ".gflowspec").write_text("a file in the way")
    (diagnostic,) = Project(tmp_path).preflight()
    assert diagnostic.code == "GFS505"
    assert diagnostic.is_error
    assert "cannot be written" in diagnostic.message
    assert diagnostic.helps


def test_a_file_of_that_name_hides_no_project_above(tmp_path: Path) -> None:
    (tmp_path / ".gflowspec").mkdir()
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / ".gflowspec").write_text("")
    project = Project.find(inner)
    assert project.root == inner
    (diagnostic,) = project.preflight()
    assert (diagnostic.code, diagnostic.message.endswith(".gflowspec is a file")) == (
        "GFS505",
        True,
    )
    assert "move the file away" in diagnostic.helps[0]


def test_preflight_refuses_a_disk_that_is_nearly_full(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(project.root)
    low = usage._replace(free=MINIMUM_FREE_BYTES - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: low)
    (diagnostic,) = project.preflight()
    assert (diagnostic.code, "64 MiB left" in diagnostic.message) == ("GFS505", True)


def test_preflight_believes_a_write_more_than_a_number(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    (diagnostic,) = project.preflight()
    assert "the disk is full" in diagnostic.message
    assert list(project.runs_folder.iterdir()) == []


def test_a_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "run.json"
    atomic.write_text(place, "before")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        atomic.write_text(place, "after")
    assert place.read_text() == "before"
    assert list(tmp_path.iterdir()) == [place]
