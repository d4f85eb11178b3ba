"""The catalogue of diagnostics: complete, consistent, and its programs do what their pages say."""

import re
from pathlib import Path

import pytest

import gflowspec
from gflowspec.core.codes import CODES, explain
from gflowspec.core.diagnostics import Severity

from .said import findings

PACKAGE = Path(gflowspec.__file__).parent
WITH_PROGRAMS = [code for code in CODES.values() if code.wrong]


def said_of(code, text, path):
    """What the command of a page says about a text."""
    for name, beside in code.files.items():
        (path.parent / name).write_text(beside, encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    return findings(path, code.flags, code.verb)


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_an_entry_is_well_formed(code):
    assert CODES[code.code] is code
    assert re.fullmatch(r"GFS\d{3}", code.code)
    assert code.title[0].islower() or code.title[0] in "`RO"
    assert not code.title.endswith(".")
    assert code.explanation.endswith((".", "`"))
    assert bool(code.wrong) == bool(code.right)
    # There is a program, or a reason why there is none.
    assert [bool(code.wrong), bool(code.without_program), bool(code.reserved)].count(True) == 1
    assert code.title in explain(code)
    assert code.reserved in explain(code)
    assert code.without_program in explain(code)


@pytest.mark.parametrize("code", WITH_PROGRAMS, ids=lambda code: code.code)
def test_programs_do_what_the_page_says(code, tmp_path):
    wrong = said_of(code, code.wrong, tmp_path / "wrong.gfs")
    assert code.severity in {item.severity for item in wrong if item.code == code.code}
    right = said_of(code, code.right, tmp_path / "right.gfs")
    assert not [item for item in right if item.is_error or item.code == code.code]


@pytest.mark.parametrize("code", WITH_PROGRAMS, ids=lambda code: code.code)
def test_a_wrong_program_is_wrong_in_one_way(code, tmp_path):
    """Nothing but the code of the page is an error in it, and what it brings with it."""
    found = said_of(code, code.wrong, tmp_path / "wrong.gfs")
    errors = {item.code for item in found if item.severity is Severity.ERROR}
    # Where nothing ends, and there is no cycle, something gets stuck.
    assert errors - {code.code} == ({"GFS320"} if code.code == "GFS322" else set())


def said_by_the_package():
    """Codes that stand in the package outside of its catalogue."""
    texts = (
        path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
        if "catalogue" not in path.parts
    )
    return {code for text in texts for code in re.findall(r'"(GFS\d{3})"', text)}


def test_what_is_said_is_in_the_catalogue_and_what_is_reserved_is_not_said():
    reserved = {code.code for code in CODES.values() if code.reserved}
    assert said_by_the_package() == CODES.keys() - reserved


def test_pages_show_both_programs():
    page = explain(CODES["GFS003"])
    assert page.startswith("GFS003 (error): bad number\n")
    assert "Wrong:\n\n    gfs 1.0\n    const half = .5\n" in page
    assert "Right:" not in explain(CODES["GFS008"])
    assert "No program shows it: it would be larger than 1 MiB." in explain(CODES["GFS008"])
    assert "Wrong (found by `gflowspec check --style`):" in explain(CODES["GFS901"])
    assert "Reserved: this version never says it." in explain(CODES["GFS342"])
