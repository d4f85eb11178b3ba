"""The catalogue of diagnostics: complete, consistent, and its syntax programs do what they say."""

import re

import pytest

import gflowspec
from gflowspec.core.codes import CODES, explain
from gflowspec.core.source import SourceFile
from gflowspec.lang.syntax.parser import parse

WITH_PROGRAMS = [code for code in CODES.values() if code.wrong]


def test_codes_are_well_formed():
    for name, code in CODES.items():
        assert re.fullmatch(r"GFS\d{3}", name)
        assert code.code == name
        assert code.title[0].islower() or code.title[0] in "`RO"
        assert not code.title.endswith(".")
        assert code.explanation.endswith((".", "`"))
        assert bool(code.wrong) == bool(code.right)


@pytest.mark.parametrize("code", WITH_PROGRAMS, ids=lambda code: code.code)
def test_programs_parse_unless_the_code_is_about_syntax(code):
    found = parse(SourceFile("wrong.gfs", code.wrong))[1]
    assert [item.code for item in found] == ([code.code] if code.code < "GFS020" else [])
    assert parse(SourceFile("right.gfs", code.right))[1] == ()


@pytest.mark.parametrize("code", WITH_PROGRAMS, ids=lambda code: code.code)
def test_programs_do_what_the_page_says(code, tmp_path):
    found = {}
    for name, text in code.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name, text in (("wrong", code.wrong), ("right", code.right)):
        file = tmp_path / f"{name}.gfs"
        file.write_text(text, encoding="utf-8")
        found[name] = gflowspec.check(str(file)).diagnostics
    assert code.severity in {item.severity for item in found["wrong"] if item.code == code.code}
    assert not any(item.is_error or item.code == code.code for item in found["right"])


def test_pages_show_both_programs():
    page = explain(CODES["GFS003"])
    assert page.startswith("GFS003 (error): bad number\n")
    assert "Wrong:\n\n    gfs 1.0\n    const half = .5\n" in page
    assert "Right:" not in explain(CODES["GFS008"])
