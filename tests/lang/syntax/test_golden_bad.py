"""Bad programs and the exact text that is said about them."""

from pathlib import Path

import pytest

from gflowspec.core.render import to_report
from gflowspec.core.source import SourceFile
from gflowspec.lang.syntax.parser import parse

FOLDER = Path(__file__).parents[2] / "golden" / "bad"
PROGRAMS = sorted([*FOLDER.glob("GFS00*.gfs"), *FOLDER.glob("GFS010*.gfs")])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_syntax_errors(program, golden):
    text = program.read_bytes().decode()
    _, problems = parse(SourceFile(program.name, text))
    assert program.stem[:6] in {problem.code for problem in problems}
    golden(program.with_suffix(".txt"), to_report(problems) + "\n")


def test_each_syntax_code_has_a_program():
    assert {path.stem[:6] for path in PROGRAMS} == {
        *(f"GFS00{digit}" for digit in (1, 2, 3, 4, 5, 6, 7, 9)),
        "GFS010",
    }
