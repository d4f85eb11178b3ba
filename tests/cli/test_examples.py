"""The examples run."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_example_is_short():
    assert len((ROOT / "examples/rucksack.gfs").read_text().splitlines()) <= 25


def test_the_python_example(project, capsys):
    main = runpy.run_path(str(ROOT / "examples/rucksack.py"))["main"]
    assert main(trajectories=640) < 0.6
    said = capsys.readouterr().out
    assert "finished: exact TV" in said
    assert "capacity 9: 17 states" in said


@pytest.mark.slow
def test_the_shell_example(project):
    shutil.copytree(ROOT / "examples", project / "examples")
    script = project / "examples/walkthrough.sh"
    script.write_text(script.read_text().replace("8_000", "320"))
    bin_folder = Path(sys.executable).parent
    result = subprocess.run(
        ["bash", str(script)],
        env={**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "exact TV" in result.stdout
    assert "rucksack-tb.tlm-s0" in result.stdout
