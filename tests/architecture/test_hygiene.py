"""Texts are clean, and speak of the project alone."""

import re
import runpy
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
faults = runpy.run_path(str(Path(__file__).with_name("hygiene.py")))["faults"]
#: Places of one machine, and marks of unfinished work.
FOREIGN = re.compile(r"(?<![\w.])/(work|tmp|home|root)/|\bTODO\b|\bFIXME\b|\bXXX\b")


def tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_whitespace():
    wrong = [
        fault
        for path in tracked()
        if "golden" not in path.parts and path.suffix not in {".png", ".db"}
        for fault in faults(path)
    ]
    assert not wrong, "\n".join(wrong)


def test_each_fault_is_found(tmp_path):
    for text in (b"a \n", b"a", b"a\n\n"):
        (tmp_path / "file").write_bytes(text)
        assert list(faults(tmp_path / "file"))


def test_no_foreign_places_and_no_unfinished_marks():
    wrong = []
    for path in tracked():
        if path == Path(__file__) or "golden" in path.parts or path.suffix in {".png", ".db"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        wrong += [f"{path}: {match[0]}" for match in FOREIGN.finditer(text)]
    assert not wrong, "\n".join(wrong)
