"""README, Makefile, CI and hooks say the same."""

import os
import re
import stat
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_ci_runs_the_test_command_of_the_readme():
    documented = re.findall(r"^(make test)\b", read("README.md"), re.MULTILINE)
    assert documented
    steps = re.findall(r'^step "[^"]+" (.+)$', read(".ci/run"), re.MULTILINE)
    assert documented[0] in steps


def test_the_makefile_has_the_two_commands():
    makefile = read("Makefile")
    assert re.search(r"^run: \$\(READY\)$", makefile, re.MULTILINE)
    assert re.search(r"^test: \$\(READY\)\n\t\$\(BIN\)/python -m pytest", makefile, re.MULTILINE)
    assert "--resume never" in makefile


def test_the_readme_names_the_file_that_make_runs():
    spec = re.search(r"gflowspec run (\S+)", read("Makefile"))[1]
    assert (ROOT / spec).is_file()
    assert f"trains {spec}" in read("README.md")


def test_ci_is_a_strict_bash_script():
    script = read(".ci/run")
    assert script.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in script
    assert os.stat(ROOT / ".ci/run").st_mode & stat.S_IXUSR  # noqa: PTH116
    subprocess.run(["bash", "-n", str(ROOT / ".ci/run")], check=True)


def test_ci_refuses_unknown_arguments():
    result = subprocess.run(
        [str(ROOT / ".ci/run"), "--fast"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "usage" in result.stderr


def test_tools_that_ci_calls_are_hooks_too():
    hooks = read(".pre-commit-config.yaml")
    for tool in ("ruff format", "ruff check", "lint-imports", "gflowspec fmt"):
        assert tool in hooks
