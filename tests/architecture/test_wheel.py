"""The wheel holds everything: it is built, installed in a fresh environment, and used."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def call(*command: str | Path, **more: object) -> str:
    result = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, **more
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT)
    [made] = folder.glob("gflowspec-*.whl")
    return made


def test_the_wheel_holds_grammar_library_and_templates(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "gflowspec/_grammar/gflowspec.lark" in names
    for path in (*(ROOT / "gflowspec").rglob("*.gfs"), *(ROOT / "gflowspec").rglob("*.hpp")):
        assert str(path.relative_to(ROOT)) in names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_an_installed_wheel_works(wheel, tmp_path):
    call(sys.executable, "-m", "venv", "--without-pip", tmp_path / "env")
    python = tmp_path / "env/bin/python"
    target = call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    call(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, wheel)
    # Libraries come from this environment; its .pth files, and so the checkout, do not.
    outside = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}
    work = tmp_path / "work"
    work.mkdir()
    program = "import gflowspec; print(gflowspec.__file__)"
    assert str(tmp_path) in call(python, "-c", program, cwd=work, env=outside)
    command = [python, "-m", "gflowspec"]
    call(*command, "new", "hypergrid", cwd=work, env=outside)
    call(*command, "check", "hypergrid.gfs", cwd=work, env=outside)
    call(*command, "fmt", "--check", "hypergrid.gfs", cwd=work, env=outside)
