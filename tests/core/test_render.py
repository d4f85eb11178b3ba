"""The only formatter of diagnostics: exact texts for small inputs."""

from textwrap import dedent

from gflowspec.core import render
from gflowspec.core.diagnostics import Diagnostic, Edit, Fix, Label, Severity, TraceStep
from gflowspec.core.source import SourceFile, Span

TEXT = "gfs 1.0\nenvironment E() {\n  action add(v in 0..3) { S.add(v) }\n\n  terminal when c\n}\n"
FILE = SourceFile("e.gfs", TEXT)


def span(word, file=FILE):
    start = file.text.index(word)
    return Span(file, start, start + len(word))


def expect(text):
    return dedent(text).strip("\n")


def test_the_form_of_a_message():
    step = TraceStep({"S": [0, 3]}, "add", {"v": 1})
    found = Diagnostic(
        "GFS320",
        Severity.ERROR,
        "the policy can get stuck",
        Label(span("action"), "the only action"),
        (Label(span("when"), "not satisfied"),),
        notes=("found by enumeration",),
        helps=("let it stop",),
        trace=(TraceStep({"S": []}, "add", {"v": 0}), step, TraceStep({"S": None})),
    )
    assert render.to_text(found) == expect("""
        error[GFS320]: the policy can get stuck
          --> e.gfs:3:3
           |
         3 |   action add(v in 0..3) { S.add(v) }
           |   ^^^^^^ the only action
        ...
         5 |   terminal when c
           |            ---- not satisfied
           = trace: S = [] --add(v = 0)--> S = [0, 3] --add(v = 1)--> S = empty
           = note: found by enumeration
           = help: let it stop
           = see: gflowspec explain GFS320
        """)


def test_a_second_file_follows_the_first():
    other = SourceFile("lib.gfs", "gfs 1.0\nconst a = 1\n")
    found = Diagnostic(
        "GFS102",
        Severity.WARNING,
        "twice",
        Label(span("add")),
        (Label(span("const", other), "here"),),
    )
    assert render.to_text(found) == expect("""
        warning[GFS102]: twice
          --> e.gfs:3:10
           |
         3 |   action add(v in 0..3) { S.add(v) }
           |          ^^^
          ::: lib.gfs:2:1
           |
         2 | const a = 1
           | ----- here
           = see: gflowspec explain GFS102
        """)


def mark(text, word):
    source = SourceFile("f", text)
    shown = render.to_text(Diagnostic("GFS001", Severity.ERROR, "m", Label(span(word, source))))
    line, carets = shown.splitlines()[3:5]
    return line.split(" | ", 1)[1], carets.split(" | ", 1)[1]


def test_carets_use_the_width_of_what_is_shown():
    assert mark("日本 x", "x") == ("日本 x", "     ^")
    assert mark("a 日本", "日本") == ("a 日本", "  ^^^^")
    assert mark("e\u0301 x", "x") == ("e\u0301 x", "  ^")
    assert mark("\tx", "x") == ("    x", "    ^")
    assert mark("ab\tx\r\n", "x") == ("ab  x", "    ^")
    assert mark("\x1b[31m\u202ex", "x") == ("\ufffd[31m\ufffdx", "      ^")


def test_the_end_of_the_file_is_a_place():
    source = SourceFile("f", "a\n")
    shown = render.to_text(Diagnostic("GFS001", Severity.ERROR, "m", Label(Span(source, 2, 2))))
    assert "f:2:1" in shown
    assert shown.splitlines()[4] == "   | ^"


def test_a_span_over_several_lines_is_marked_on_the_first():
    found = Diagnostic("GFS001", Severity.ERROR, "m", Label(Span(FILE, 8, len(TEXT))))
    assert render.to_text(found).splitlines()[3:5] == [
        " 2 | environment E() {",
        "   | ^^^^^^^^^^^^^^^^^",
    ]


def test_long_lines_are_cut_around_the_mark():
    line, carets = mark("x" * 5000 + "here" + "y" * 5000, "here")
    assert len(line) < 170
    assert line[carets.index("^") :].startswith("here")
    assert line[0] == line[-1] == "…"


def test_findings_without_a_place():
    found = Diagnostic("GFS601", Severity.ERROR, "the file `a` does not exist")
    assert render.to_text(found) == expect("""
        error[GFS601]: the file `a` does not exist
           = see: gflowspec explain GFS601
        """)
    assert render.to_concise(found) == "error[GFS601]: the file `a` does not exist"
    assert render.to_json(found)["primary"] is None


def test_colour_is_an_argument():
    found = Diagnostic("GFS102", Severity.ERROR, "m", Label(span("add")))
    coloured = render.to_text(found, color=True)
    assert "\x1b[1;31merror[GFS102]\x1b[0m" in coloured
    assert "\x1b" not in render.to_text(found)


def test_a_long_trace_has_a_step_on_each_line():
    steps = [TraceStep({"x": [0] * 12}, "step", {"i": index}) for index in range(3)]
    text = render.trace_text([*steps, TraceStep({"x": True})])
    assert text.splitlines()[-1] == "x = true"
    assert len(text.splitlines()) == 4


def test_reports_are_sorted_and_limited():
    found = [
        Diagnostic("GFS001", Severity.ERROR, f"m{index}", Label(Span(FILE, index, index + 1)))
        for index in reversed(range(25))
    ]
    text = render.to_report(found, limit=20)
    assert text.startswith("error[GFS001]: m0\n")
    assert text.endswith("\n\nand 5 more")
    assert "more" not in render.to_report(found, limit=0)


def test_json_has_exactly_these_keys():
    source = SourceFile("h.gfs", "# é\nlamda = 1\n")
    where = span("lamda", source)
    found = Diagnostic(
        "GFS111",
        Severity.ERROR,
        "unknown",
        Label(where, "did you mean `lambda`?"),
        fixes=(Fix("rename", (Edit(where, "lambda"),), safe=True),),
        trace=(TraceStep({"x": 1}),),
        obligation="O5",
        strength="failed",
    )
    start = {"line": 2, "column": 1, "offset": 5}
    end = {"line": 2, "column": 6, "offset": 10}
    edit = {"file": "h.gfs", "start": 5, "end": 10, "text": "lambda"}
    assert render.to_json(found) == {
        "code": "GFS111",
        "severity": "error",
        "message": "unknown",
        "primary": {
            "file": "h.gfs",
            "start": start,
            "end": end,
            "label": "did you mean `lambda`?",
        },
        "related": [],
        "notes": [],
        "fixes": [{"title": "rename", "safe": True, "edits": [edit]}],
        "trace": [{"state": {"x": 1}, "action": None, "arguments": {}}],
        "obligation": "O5",
        "strength": "failed",
    }


def test_github_annotations_escape_what_ends_a_field():
    found = Diagnostic("GFS001", Severity.NOTE, "50%\nmore", Label(span("add")))
    assert render.to_github(found) == (
        "::notice title=GFS001,file=e.gfs,line=3,endLine=3,col=10,endColumn=13::50%25%0Amore"
    )
