"""Fixes: what `gflowspec fix` makes of wrong programs, and what it never does."""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from gflowspec.compiler.front import check_spec
from gflowspec.compiler.mending import mend
from gflowspec.components.discover import vocabulary
from gflowspec.core.diagnostics import Edit, Fix
from gflowspec.core.source import SourceFile, Span
from gflowspec.lang.edits import apply_fixes
from gflowspec.lang.spec import load
from gflowspec.lang.style import check_style
from gflowspec.lang.syntax.characters import INSTEAD, QUOTES
from gflowspec.lang.syntax.mistakes import MISTAKES
from gflowspec.lang.syntax.parser import parse
from gflowspec.lang.syntax.scan import Kind, scan

BAD = Path(__file__).parents[1] / "golden" / "bad"
PROGRAMS = sorted(path.name for path in BAD.glob("*.gfs"))


def edit(file, old, new, nth=0):
    at = -1
    for _ in range(nth + 1):
        at = file.text.index(old, at + 1)
    return Edit(Span(file, at, at + len(old)), new)


def mended(folder, text, **how):
    path = folder / "a.gfs"
    path.write_text(text, encoding="utf-8", newline="")
    return mend([str(path)], vocabulary(), **how)


def after(folder, text, **how):
    return next(iter(mended(folder, text, **how).after.values()))


def comments(text):
    return [text[p.start : p.end].lstrip("#") for p in scan(text) if p.kind is Kind.COMMENT]


# ---- edits ------------------------------------------------------------------------------------


def test_edits_are_made_from_the_end():
    file = SourceFile("f", "a b c")
    fixes = [
        Fix("", (edit(file, "a", "long"), edit(file, "c", ""))),
        Fix("", (edit(file, "b", "B"),)),
    ]
    assert apply_fixes({"f": file}, fixes).texts == {"f": "long B "}


def test_of_two_that_meet_the_first_is_made():
    file = SourceFile("f", "abcd")
    first, second = Fix("1", (edit(file, "bc", "x"),)), Fix("2", (edit(file, "cd", "y"),))
    assert apply_fixes({"f": file}, [first, second]).texts == {"f": "axd"}
    twice = [Fix("1", (edit(file, "", "x"),)), Fix("2", (edit(file, "", "y"),))]
    assert apply_fixes({"f": file}, twice).texts == {"f": "xabcd"}


def test_a_fix_is_made_as_a_whole_or_not_at_all():
    file, other = SourceFile("f", "a b"), SourceFile("g", "c")
    whole = Fix("", (edit(file, "a", "x"), edit(other, "c", "y")))
    assert apply_fixes({"f": file}, [whole]).fixes == ()
    overlapping = Fix("", (edit(file, "b", "y"), edit(file, "a", "z")))
    made = apply_fixes({"f": file}, [Fix("", (edit(file, "a", "x"),)), overlapping])
    assert made.texts == {"f": "x b"}


def test_an_edit_that_would_lose_a_comment_is_not_made():
    file = SourceFile("f", "a # why\nb")
    gone = Fix("", (Edit(Span(file, 0, len(file.text)), "c"),))
    assert apply_fixes({"f": file}, [gone]).fixes == ()
    kept = Fix("", (Edit(Span(file, 0, len(file.text)), "c # why\n"),))
    assert apply_fixes({"f": file}, [kept]).texts == {"f": "c # why\n"}


def test_line_ends_are_those_of_the_file():
    file = SourceFile("f", "a\r\nb\r\n")
    assert (
        apply_fixes({"f": file}, [Fix("", (edit(file, "a", "x\ny"),))]).texts["f"]
        == "x\r\ny\r\nb\r\n"
    )


# ---- mistakes of syntax -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "mistake", [item for item in MISTAKES if item.mend], ids=lambda item: item.snippet
)
def test_a_mistake_that_is_mended_is_gone(mistake):
    file = SourceFile("a.gfs", f"gfs 1.0\n{mistake.snippet}\n")
    (found,) = parse(file)[1]
    (fix,) = found.fixes
    text = apply_fixes({file.name: file}, [fix]).texts[file.name]
    again = parse(SourceFile("a.gfs", text))[1]
    assert not [item for item in again if item.message == mistake.message]
    # What is left of a snippet is another mistake behind this one.
    assert all(item.primary.span.start > found.primary.span.start for item in again)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("const a = 1;", "const a = 1"),
        ("const a = 2 × 3 − 1", "const a = 2 * 3 - 1"),
        ("const a = 1 ≤ 2 && 3 ≠ 4", "const a = 1 <= 2 and 3 != 4"),
        ("const a = true|false", "const a = true or false"),
        ("const a = !true", "const a = not true"),
        ("const a = “text”", 'const a = "text"'),
        ("const a = 'text'", 'const a = "text"'),
        ("const a = .5 + 1. + 2", "const a = 0.5 + 1.0 + 2"),
        ("const a = 1\N{NO-BREAK SPACE}+ 2", "const a = 1 + 2"),
        ("const a = 2 ** 3 # not **", "const a = 2 ^ 3 # not **"),
        ("fn f(x: int) → int = x", "fn f(x: int) -> int = x"),
        ("const a == 1", "const a = 1"),
    ],
)
def test_habits_of_other_languages(wrong, right, tmp_path):
    assert after(tmp_path, f"gfs 1.0\n{wrong}\n") == f"gfs 1.0\n{right}\n"


def test_every_sign_that_is_mended_is_one_that_is_explained():
    for sign in [*INSTEAD, *QUOTES]:
        (found, *_) = parse(
            SourceFile("a.gfs", f"gfs 1.0\nconst a = b {sign}c d{QUOTES.get(sign, '')}\n")
        )[1]
        assert found.code == "GFS005"
        assert found.fixes[0].safe


# ---- files ------------------------------------------------------------------------------------

WALK = """\
environment Walk(n: int[1..9] = 4) {
  state { x: int[0..n] = 0 }   # where we are
  action step() { x += 1 }
  stop
}
"""


def test_a_chain_of_fixes(tmp_path):
    text = f"""# top
{WALK}
reward Height() for Walk {{ R = 1 + x; }}
experiment e {{
  environment = Walkk()   # a typo
  reward = Height()
  objective = subtb(lamda = .9)
  train {{ btach = 16 }}
}}
"""
    found = mended(tmp_path, text)
    assert found.diagnostics == ()
    (result,) = found.after.values()
    assert (
        result
        == f"""gfs 1.0

# top
{WALK}
reward Height() for Walk {{ R = 1 + x }}
experiment e {{
  environment = Walk()   # a typo
  reward = Height()
  objective = subtb(lambda = 0.9)
  train {{ batch = 16 }}
}}
"""
    )
    assert found.fixes[0].title == "write `gfs 1.0` on the first line"


def test_doubtful_renames_are_unsafe(tmp_path):
    text = f"gfs 1.0\n{WALK}reward Height() for Walk {{ R = 1 + hieghts }}\nconst height = 3\n"
    assert after(tmp_path, text) == text
    assert "R = 1 + height " in after(tmp_path, text, unsafe=True)


def test_files_that_were_not_named_are_left_alone(tmp_path):
    (tmp_path / "b.gfs").write_text("gfs 1.0\nconst width = widht\nconst widths = 3\n")
    found = mended(tmp_path, 'gfs 1.0\nimport "b.gfs" { width }\nconst twice = 2 * widht\n')
    assert list(found.after) == [str(tmp_path / "a.gfs")]
    (text,) = found.after.values()
    assert text.endswith("const twice = 2 * width\n")
    assert found.diagnostics[0].primary.span.file.name.endswith("b.gfs")


def test_an_import_is_mended_together_with_what_it_brings(tmp_path):
    (tmp_path / "b.gfs").write_text("gfs 1.0\nconst width = 3\n")
    (tmp_path / "a.gfs").write_text('gfs 1.0\nimport "b.gfs" { widht }\nconst twice = 2 * width\n')
    both = mend([str(tmp_path / name) for name in ("a.gfs", "b.gfs")], vocabulary())
    assert both.changed == (str(tmp_path / "a.gfs"),)
    assert not any(item.is_error for item in both.diagnostics)


def test_unused_imports_go_with_their_line(tmp_path):
    head = 'gfs 1.0\nimport "gfs:std/hypergrid" { Hypergrid, Corners }\n'
    tail = "experiment e {\n  environment = Walk()\n  reward = Height()\n  objective = tb\n}\n"
    rest = f"{WALK}reward Height() for Walk {{ R = 1 + x }}\n{tail}"
    assert after(tmp_path, head + rest) == "gfs 1.0\n" + rest
    remark = head.replace("Corners }", "Corners }  # for later")
    assert after(tmp_path, remark + rest) == "gfs 1.0\n  # for later\n" + rest


def test_style_is_mended_on_demand(tmp_path):
    text = "## Nothing.\ngfs 1.0\n## A number.\nconst a = 1\n"
    assert after(tmp_path, text) == text
    assert after(tmp_path, text, style=True) == text.replace("## Nothing", "# Nothing")


@pytest.fixture(scope="module")
def bad_programs(tmp_path_factory):
    """A copy of the wrong programs that may be written to."""
    return shutil.copytree(BAD, tmp_path_factory.mktemp("fixed") / "bad")


@pytest.mark.parametrize(
    "unsafe", [pytest.param(False, marks=pytest.mark.slow), True], ids=["safe", "unsafe"]
)
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_fixing_never_does(program, unsafe, bad_programs, monkeypatch):
    """It loses no comment, breaks no syntax, writes nothing, and is done when it is done."""
    monkeypatch.chdir(bad_programs)
    found = mend([program], vocabulary(), unsafe=unsafe)
    before, result = found.before[program], found.after[program]
    assert Path(program).read_bytes().decode() == before
    assert comments(before) == comments(result)
    broken = [len(parse(SourceFile("f", text))[1]) for text in (before, result)]
    assert broken[1] <= broken[0]
    if found.changed:
        Path(program).write_text(result, encoding="utf-8", newline="")
        try:
            assert mend([program], vocabulary(), unsafe=unsafe).fixes == ()
        finally:
            Path(program).write_text(before, encoding="utf-8", newline="")


def said(program, text):
    """All findings about a program if its text were this one."""
    spec, found = load(program, (), vocabulary(), texts={os.path.realpath(program): text})
    more = () if spec is None else check_spec(spec, known=found)[1]
    style = () if spec is None else check_style(spec.root)
    return [item for part in (found, more, style) for item in part]


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_fix_mends_what_it_is_offered_for_and_breaks_nothing(
    program, bad_programs, monkeypatch
):
    """An item that begins to parse is looked at for the first time: what is wrong in it besides
    its syntax may be said then.
    """
    monkeypatch.chdir(bad_programs)
    text = Path(program).read_bytes().decode("utf-8", "replace")
    found = said(program, text)
    before = Counter((item.code, item.message) for item in found)
    for item in found:
        for fix in item.fixes:
            sources = {edit.span.file.name: edit.span.file for edit in fix.edits}
            result = apply_fixes(sources, [fix]).texts
            assert set(result) == {program}
            after = Counter((left.code, left.message) for left in said(program, result[program]))
            key = (item.code, item.message)
            assert after[key] < before[key], fix.title
            new = {code for code, _ in after - before}
            assert all(item.code < "GFS100" <= code for code in new), (fix.title, new)


def test_some_wrong_programs_are_mended(bad_programs, monkeypatch):
    monkeypatch.chdir(bad_programs)
    for name in ("GFS001_habits", "GFS003_numbers", "GFS010_missing", "GFS111_unknown_setting"):
        assert mend([f"{name}.gfs"], vocabulary()).changed
