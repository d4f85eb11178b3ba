"""Wrong programs and the exact text that is said about them; every code of a text has one."""

from pathlib import Path

import pytest

from gflowspec.core.codes import CODES
from gflowspec.core.render import to_report

from .said import findings

FOLDER = Path(__file__).parents[1] / "golden" / "bad"
PROGRAMS = sorted(FOLDER.glob("GFS*.gfs"))


def codes_of(program):
    """The codes that a program is about: those its name begins with."""
    return {part for part in program.stem.split("_") if part.startswith("GFS")}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_what_is_said(program, golden, monkeypatch):
    monkeypatch.chdir(FOLDER)
    about = [CODES[code] for code in codes_of(program)]
    flags = {flag for code in about for flag in code.flags}
    (verb,) = {code.verb for code in about}
    found = findings(program.name, flags, verb)
    assert codes_of(program) <= {item.code for item in found}
    golden(program.with_suffix(".txt"), to_report(found, limit=0) + "\n")


def test_each_code_that_a_text_can_show_has_a_program():
    shown = set().union(*map(codes_of, PROGRAMS))
    assert shown == {code.code for code in CODES.values() if code.wrong}
