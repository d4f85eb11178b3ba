"""The canonical layout: idempotent, it keeps the tree and the comments, and looks as expected."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from strategies import laid_out

from gflowspec.core.errors import InternalError
from gflowspec.core.source import SourceFile
from gflowspec.lang import formatter
from gflowspec.lang.formatter import format_source, same_tree
from gflowspec.lang.syntax.parser import parse

FOLDER = Path(__file__).parents[1] / "golden" / "format"
FIXED = sorted(FOLDER.glob("*.gfs"))


def formatted(text):
    result, problems = format_source(SourceFile("a.gfs", text))
    assert problems == ()
    return result


def body(text):
    """The layout of items, without the version line."""
    return formatted(f"gfs 1.0\n{text}").removeprefix("gfs 1.0\n").strip("\n")


@pytest.mark.parametrize("path", FIXED, ids=lambda path: path.stem)
def test_formatted_files_are_fixed_points(path):
    text = path.read_text(encoding="utf-8")
    assert formatted(text) == text


def test_a_messy_file(golden):
    golden(FOLDER / "messy.gfs", formatted((FOLDER / "messy.in").read_text(encoding="utf-8")))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(laid_out())
def test_random_files(text):
    source = SourceFile("a.gfs", text)
    module, problems = parse(source)
    assert problems == ()
    once = formatted(text)
    again, problems = parse(SourceFile("a.gfs", once))
    assert problems == ()
    assert same_tree(module, again)
    assert [c.text.lstrip("#") for c in module.comments] == [
        c.text.lstrip("#") for c in again.comments
    ]
    assert formatted(once) == once
    assert all(line == line.rstrip() for line in once.split("\n"))


def test_literals_and_parentheses_are_kept():
    assert body("const a=((1_000+0xFF))*2.50") == "const a = ((1_000 + 0xFF)) * 2.50"
    assert body("const a = 4 . x + 5min .y + z . w") == "const a = 4 .x + 5min .y + z.w"


def test_blocks_on_one_line_stay_there_if_they_fit():
    assert body("experiment e{a=1 b=2}") == "experiment e { a = 1  b = 2 }"
    long = f"a = {'x' * 50}  b = {'y' * 50}"
    assert body(f"experiment e {{ {long} }}") == (
        f"experiment e {{\n  a = {'x' * 50}\n  b = {'y' * 50}\n}}"
    )
    assert body("experiment e {\n a = 1 }") == "experiment e { a = 1 }"
    assert body("experiment e { a = 1\n b = 2 }") == "experiment e {\n  a = 1\n  b = 2\n}"
    assert body("experiment e {\n}") == "experiment e {}"


def test_neighbours_are_aligned():
    text = "experiment e {\n a = 1\n long = 2 # c\n mid = 3\n\n b = 4\n # own\n cc = 5\n}"
    assert body(text) == (
        "experiment e {\n  a    = 1\n  long = 2  # c\n  mid  = 3\n\n  b  = 4\n  # own\n  cc = 5\n}"
    )


def test_empty_lines():
    text = "const a = 1\n\n\n\nconst b = 2\nexperiment e {\n\n a = 1\n\n}\nconst c = 3"
    assert body(text) == (
        "const a = 1\n\nconst b = 2\n\nexperiment e { a = 1 }\n\nconst c = 3".replace(
            "{ a = 1 }", "{\n  a = 1\n}"
        )
    )


def test_long_chains_have_their_operands_in_a_column():
    left, right = "a" * 60, "b" * 60
    assert body(f"const c = {left} + {right}") == f"const c = {left}\n        + {right}"


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (50, "  action step(i in D) when {} {{ y += 1 }}\n"),
        (80, "  action step(i in D)\n    when {} {{ y += 1 }}\n"),
        (90, "  action step(i in D)\n    when {}\n  {{\n    y += 1\n  }}\n"),
    ],
)
def test_guards_break_before_blocks(length, expected):
    guard = "x" * length
    text = f"environment E() {{\n action step(i in D) when {guard} {{ y += 1 }}\n}}"
    assert body(text) == f"environment E() {{\n{expected.format(guard)}}}"


def test_comments_stay_beside_what_they_say():
    text = "const a = [1, # one\n 2 # two\n]\n# own\n\n# last"
    assert body(text) == "const a = [\n  1,  # one\n  2,  # two\n]\n# own\n\n# last"


def test_documentation_that_belongs_to_nothing_does_not_come_to_belong():
    assert body("fn f ## stray\n (a: int) = 1").count("##") == 0
    assert body("fn f(\n ## about a\n a: int) = 1") == "fn f(\n  ## about a\n  a: int,\n) = 1"


def test_line_endings_and_marks_are_normalised():
    assert formatted("\ufeffgfs 1.0\r\nconst a = 1\r\n") == "gfs 1.0\nconst a = 1\n"


def test_files_with_errors_are_left_alone():
    for text in ("", "const a = 1\n", "gfs 1.0\nconst a =\n"):
        result, problems = format_source(SourceFile("a.gfs", text))
        assert result is None
        assert problems


def test_a_change_of_meaning_is_a_bug(monkeypatch):
    monkeypatch.setattr(formatter, "render", lambda _document: "gfs 1.0\nconst a = 2\n")
    with pytest.raises(InternalError, match="change the meaning"):
        format_source(SourceFile("a.gfs", "gfs 1.0\nconst a = 1\n"))
