"""Running commands in process, and reading what they say."""

import json
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from gflowspec.cli.jobs import job_of
from gflowspec.cli.main import main
from gflowspec.runs.documents import SPEC_FOLDER, keep_sources
from gflowspec.tracking.base import Status
from gflowspec.tracking.description import json_value
from gflowspec.tracking.project import Project
from gflowspec.tracking.rundir import Run, RunInfo

GRID = """gfs 1.0

environment Grid(side: int[2..64] = 4) {
  state { x: array[2] of int[0..side - 1] = 0 }
  action step(i in index(x)) { x[i] += 1 }
  stop
}

reward Corner(ground: real(0..) = 1 / 2) for Grid { R = ground + x[0] * x[1] }

experiment corner {
  environment = Grid()
  reward = Corner()
  objective = tb()
  policy { encoder = mlp(hidden = [16])  backward = tlm() }
  train { trajectories = 160  batch = 8 }
  evaluate { every 10 { metrics = [tv_exact()] } }
}
"""


@attrs.frozen
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        """The object on the last line; every line must be JSON."""
        lines = [json.loads(line) for line in self.out.splitlines()]
        assert lines, self.err
        return lines[-1]

    @property
    def codes(self) -> list[str]:
        """Codes of the errors in a JSON answer."""
        return [item["code"] for item in self.json["diagnostics"] if item["severity"] == "error"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project with one specification, as working directory."""
    (tmp_path / ".gflowspec").mkdir()
    (tmp_path / "grid.gfs").write_text(GRID)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


@pytest.fixture
def run(project: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command in the project."""

    def call(*argv: str) -> Said:
        capsys.readouterr()
        code = main([str(part) for part in argv])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Said(code, said.out, said.err)

    return call


@pytest.fixture
def run_json(run: Callable[..., Said]) -> Callable[..., Said]:
    """Run a command with ``--format json``; standard output must be JSON throughout."""

    def call(*argv: str) -> Said:
        said = run(*argv, "--format", "json")
        answer = said.json
        assert answer["ok"] == (said.code in {0, 4})
        if not answer["ok"]:
            assert answer["error_count"] == len(said.codes)
        return said

    return call


@pytest.fixture
def past_run(project: Path) -> Callable[..., Run]:
    """Make the directory that a finished run of a specification leaves, without training."""

    def make(spec: str, *overrides: str) -> Run:
        job = job_of(spec, overrides)
        settings = {
            path: {"value": json_value(item.value), "source": item.source}
            for path, item in job.config.settings.items()
        }
        info = RunInfo(
            run_id=f"20260131-142233-{job.hashes['run'][-6:]}-abcd",
            name=job.name,
            experiment=job.config.experiment,
            hashes=dict(job.hashes),
            created=1.0,
            settings=settings,
            spec_path=str(Path(job.spec_path).absolute()),
            sources=job.sources,
            overrides=overrides,
            status=Status.FINISHED,
            outcome="finished",
        )
        made = Project.find().create_run(info)
        keep_sources(job, made.directory / SPEC_FOLDER)
        return made

    return make
