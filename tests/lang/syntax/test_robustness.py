"""No text whatever raises, and none takes long."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gflowspec.core import render
from gflowspec.core.source import SourceFile
from gflowspec.lang.formatter import format_source
from gflowspec.lang.syntax.parser import (
    decode,
    parse,
    parse_expression,
    parse_override,
    read_source,
)

TOKENS = """gfs 1.0 const environment reward experiment sweep state action let stop terminal when
    every R logR floor if else for in is not and or true empty file x y1 E int array of ( ) [ ] { }
    = += := == < .. . , : ? + - * / // % ^ => -> ~ # ## " \\ ; $ 3 0x 1. 5s é 😀"""
WORDS = [*TOKENS.split(), "\n", "\n", "\r\n", "\t", " ", "\ufeff", "\0", '"a"']


def survives(text):
    """Parse a text in every way; each message can be rendered in every way."""
    source = SourceFile("a.gfs", text)
    for problems in (
        parse(source)[1],
        parse_override(text)[1],
        parse_expression(text)[1],
        format_source(source)[1],
    ):
        render.to_report(problems, limit=0)
        for problem in problems:
            render.to_json(problem)
            render.to_github(problem)
            assert problem.message.strip()
    return parse(source)


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_arbitrary_text(text):
    survives(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40), st.sampled_from(["", " "]))
def test_arbitrary_tokens(words, separator):
    survives("gfs 1.0\n" + separator.join(words))


@settings(max_examples=60, deadline=None)
@given(st.binary())
def test_arbitrary_bytes(data):
    source, problems = decode("a.gfs", data)
    assert (source is None) == bool(problems)
    if source is not None:
        survives(source.text)
    render.to_report(problems)


def test_a_megabyte_of_random_bytes(tmp_path):
    file = tmp_path / "noise.gfs"
    file.write_bytes(random.Random(0).randbytes(1_000_000))
    source, (found,) = read_source(file)
    assert source is None
    assert found.code == "GFS005"
    assert len(render.to_text(found)) < 2_000


def test_a_megabyte_of_random_text():
    letters = random.Random(0)
    text = "".join(chr(letters.randrange(32, 127)) for _ in range(300_000))
    _, problems = parse(SourceFile("a.gfs", text))
    assert problems[0].code == "GFS010"
    assert len(render.to_report(problems)) < 5_000


@pytest.mark.parametrize(
    "expression",
    [
        "+".join(["1"] * 20_000),
        "not " * 3_000 + "x",
        "-" * 3_000 + "x",
        "2^" * 2_000 + "x",
        "1 if a else " * 1_000 + "x",
        "x" + ".b" * 5_000,
        "x" + "()" * 5_000,
        "x" + "[1]" * 3_000,
        "a => " * 2_000 + "b",
        "[1 " + "for x in y " * 1_000 + "]",
        "(" * 101 + ")" * 101,
        "[" * 20_000,
    ],
    ids=lambda text: text[:12],
)
def test_deep_nesting_is_refused(expression):
    module, problems = parse(SourceFile("a.gfs", f"gfs 1.0\nconst a = {expression}\n"))
    assert module.items == ()
    assert [item.code for item in problems] == ["GFS009"]


def test_types_are_limited_too():
    for text in ("int" + "?" * 2_000, "array[2] of " * 1_000 + "int"):
        _, problems = parse(SourceFile("a.gfs", f"gfs 1.0\ntype T = {text}\n"))
        assert [item.code for item in problems] == ["GFS009"]


def test_the_limits_themselves_are_allowed():
    for text in (
        "(" * 99 + "1" + ")" * 99,
        " + ".join(["1"] * 200),
        "-" * 199 + "1",
        "not " * 199 + "x",
    ):
        source = SourceFile("a.gfs", f"gfs 1.0\nconst a = {text}\n")
        module, problems = parse(source)
        assert (len(module.items), problems) == (1, ())
        assert format_source(source)[1] == ()


def test_many_siblings_are_not_deep():
    entries = "".join(f"a{index} = {index}\n" for index in range(1_000))
    module, problems = parse(SourceFile("a.gfs", f"gfs 1.0\nexperiment e {{\n{entries}}}\n"))
    assert problems == ()
    assert len(module.items[0].entries) == 1_000
