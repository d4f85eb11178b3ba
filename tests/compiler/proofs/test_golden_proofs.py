"""Programs that fail a proof, and the exact text that is said about them."""

from pathlib import Path

import pytest

from gflowspec.api import check
from gflowspec.core.render import to_report

FOLDER = Path(__file__).parents[2] / "golden" / "bad"
ELSEWHERE = ("GFS307", "GFS334")  # found while types are checked
PROGRAMS = sorted(
    path
    for path in [*FOLDER.glob("GFS3*.gfs"), FOLDER / "GFS130_count_of_states.gfs"]
    if not path.stem.startswith(ELSEWHERE)
)
NUMBERS = (
    *(300, 301, 302, 303, 304, 306, 310, 312, 313, 314, 315),
    *(320, 321, 322, 324, 330, 332, 333, 337, 340, 341, 352),
)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_failed_proofs(program, golden, monkeypatch, tmp_path):
    monkeypatch.chdir(FOLDER)
    found = check(program.name).diagnostics
    assert {code for code in program.stem.split("_") if code.startswith("GFS")} <= {
        item.code for item in found
    }
    golden(program.with_suffix(".txt"), to_report(found) + "\n")


def test_each_code_that_a_text_can_show_has_a_program():
    shown = {part for path in PROGRAMS for part in path.stem.split("_") if part.startswith("GFS3")}
    assert shown == {f"GFS{number}" for number in NUMBERS}
