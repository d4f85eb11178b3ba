"""Runs in a project of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gflowspec.tracking.location import StoreLocation
from gflowspec.tracking.project import Project
from gflowspec.tracking.rundir import Run, RunInfo

from .fakes import RUN_HASH


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / ".gflowspec").mkdir()
    return Project.find(tmp_path)


@pytest.fixture
def make_run(project: Project) -> Callable[..., Run]:
    def make(name: str = "grid-tb.tlm-s1-3f9c2a", created: float | None = None) -> Run:
        moment = time.time() if created is None else created
        run_id = project.new_run_id(RUN_HASH, moment)
        info = RunInfo(
            run_id=run_id,
            name=name,
            experiment="grid",
            hashes={"run": RUN_HASH},
            created=moment,
        )
        return project.create_run(info)

    return make


@pytest.fixture
def run(make_run: Callable[..., Run]) -> Run:
    return make_run()


@pytest.fixture
def location(project: Project) -> StoreLocation:
    folder = project.folder
    return StoreLocation(f"sqlite:///{folder / 'mlflow.db'}", folder / "artifacts")
