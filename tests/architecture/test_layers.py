"""The import contracts of pyproject.toml hold, and each of them can fail."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]

#: For each contract, a module and the line planted in it that must break the contract.
VIOLATIONS = {
    "layers": ("core/planted.py", "import gflowspec.cli.main"),
    "light": ("lang/planted.py", "import numpy"),
    "lark": ("compiler/planted.py", "import lark"),
    "networkx": ("executor/planted.py", "import networkx"),
    "mlflow": ("tracking/planted.py", "import mlflow"),
    "terminal": ("executor/planted.py", "import rich"),
    "proofs": ("compiler/derive/planted.py", "import torch"),
    "objectives": ("components/objectives/planted.py", "import gflowspec.components.objectives.tb"),
    "backward": ("components/backward/planted.py", "import gflowspec.components.backward.tlm"),
}


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Run the contracts over the package in ``folder``."""
    chosen = [flag for contract in contracts for flag in ("--contract", contract)]
    program = "import sys; from importlinter.cli import lint_imports_command as c; c()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo", *chosen],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """All modules of the package, empty, with the real contracts: a graph that is built fast."""
    for path in (ROOT / "gflowspec").rglob("*.py"):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text("")
    # Names that a contract protects must be imported somewhere, or there is nothing to protect.
    doors = {"lang/syntax": "lark", "tracking/store": "mlflow", "cli": "click, rich"}
    for folder, names in doors.items():
        (tmp_path / "gflowspec" / folder / "door.py").write_text(f"import {names}\n")
    (tmp_path / "gflowspec/compiler/graphs.py").write_text("import networkx\n")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_has_a_planted_violation():
    assert {contract["id"] for contract in CONTRACTS} == set(VIOLATIONS)


def test_the_contracts_hold():
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_skeleton_itself_keeps_the_contracts(skeleton):
    result = lint(skeleton)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("contract", sorted(VIOLATIONS))
def test_a_planted_violation_is_found(skeleton, contract):
    module, line = VIOLATIONS[contract]
    (skeleton / "gflowspec" / module).write_text(line + "\n")
    result = lint(skeleton, contract)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "planted" in result.stdout


def test_a_new_top_level_package_must_be_placed(skeleton):
    (skeleton / "gflowspec/somewhere").mkdir()
    (skeleton / "gflowspec/somewhere/__init__.py").write_text("")
    result = lint(skeleton, "layers")
    assert result.returncode == 1
    assert "somewhere" in result.stdout + result.stderr
