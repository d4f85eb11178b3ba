"""What each command loads: static contracts do not see start-up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "mlflow", "numpy", "networkx", "matplotlib", "rich", "lark")
PROGRAM = """
import contextlib, io, json, sys
from gflowspec.cli.main import main
with contextlib.redirect_stdout(io.StringIO()) as text:
    code = main(sys.argv[1:])
print(json.dumps({"code": code, "modules": sorted(sys.modules), "text": text.getvalue()}))
"""

GRID = ROOT / "specs/quickstart.gfs"


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    """Proofs that were remembered earlier would hide what is loaded to find them."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def loaded(*argv: str, cwd: Path) -> set[str]:
    """Names of the heavy modules that a command leaves in ``sys.modules``.

    The folder is a project of its own: runs that lie above it are not resumed.
    """
    (cwd / ".gflowspec").mkdir(exist_ok=True)
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *argv],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    answer = json.loads(result.stdout.splitlines()[-1])
    assert answer["code"] == 0, answer["text"] + result.stderr
    return set(HEAVY) & set(answer["modules"])


@pytest.mark.parametrize(
    ("argv", "allowed"),
    [
        (["--help"], set()),
        (["run", "--help"], set()),
        (["new", "--list"], set()),
        (["fmt", "--check", str(GRID)], {"lark"}),
        (["explain", "objective.tb"], {"lark"}),
        (["explain", "GFS302"], {"lark"}),
        (["check", str(GRID)], {"lark", "networkx"}),
        (["plan", str(GRID)], {"lark", "networkx"}),
        (["step", str(GRID), "--do", "step(i=0)"], {"lark", "networkx"}),
        (["ls"], set()),
    ],
    ids=[
        "help",
        "run_help",
        "new",
        "fmt",
        "explain_setting",
        "explain_code",
        "check",
        "plan",
        "step",
        "ls",
    ],
)
def test_a_command_loads_no_more_than_it_needs(argv, allowed, tmp_path):
    assert loaded(*argv, cwd=tmp_path) <= allowed


def test_checking_data_and_functions_loads_neither_numpy_nor_the_functions(tmp_path):
    np.savez(tmp_path / "table.npz", y=np.arange(4) + 0.5)
    (tmp_path / "scoring.py").write_text("raise RuntimeError\n")
    (tmp_path / "spec.gfs").write_text(
        "gfs 1.0\n"
        'data y: array[4] of real = file("table.npz", array = "y")\n'
        'extern fn f(x: int[0..3]) -> real(0..) { python = "scoring:f" }\n'
        "environment Line() { state { x: int[0..3] = 0 } action step() { x += 1 } stop }\n"
        "reward Table() for Line { R = y[x] }\n"
        "reward Python() for Line { R = f(x) }\n"
    )
    assert loaded("check", "spec.gfs", cwd=tmp_path) <= {"lark", "networkx"}


def test_importing_the_package_loads_nothing():
    program = "import sys, gflowspec; print(*sorted(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not set(HEAVY) & set(result.stdout.split())


def test_training_without_a_tracker_does_not_load_mlflow(tmp_path):
    argv = ["run", str(GRID), "--tracker", "none", "-s", "train.trajectories=32"]
    assert "mlflow" not in loaded(*argv, cwd=tmp_path)


def test_components_are_importable_without_torch():
    program = (
        "import sys, pkgutil, importlib, gflowspec.components as c\n"
        "for m in pkgutil.walk_packages(c.__path__, 'gflowspec.components.'):\n"
        "    if '.nets' not in m.name: importlib.import_module(m.name)\n"
        "print('torch' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert result.stdout.strip() == "False"
