"""The grammar itself: no conflicts, word boundaries, and readmitted keywords."""

import re

import pytest

from gflowspec.core.resources import grammar_file
from gflowspec.core.source import SourceFile
from gflowspec.lang import ast
from gflowspec.lang.syntax.context import RESERVED
from gflowspec.lang.syntax.parser import parse, parse_expression, parse_override
from gflowspec.lang.syntax.table import build_parser, load_parser

GRAMMAR = grammar_file().read_text(encoding="utf-8")
KEYWORDS = sorted(
    terminal.pattern.value.removesuffix(r"(?!\w)")
    for terminal in load_parser().terminals
    if terminal.pattern.value.endswith(r"(?!\w)") and terminal.name != "QUANTITY"
)
SOFT = [word for word in KEYWORDS if word not in RESERVED]
#: Soft keywords that may also be read as values.
READABLE = [word for word in SOFT if word not in {"file", "state"}]


def value(text):
    node, problems = parse_expression(text)
    assert problems == ()
    return node


def body(text):
    module, problems = parse(SourceFile("a.gfs", f"gfs 1.0\n{text}\n"))
    assert problems == ()
    return module.items[-1]


def test_strict_lark_finds_no_conflict():
    build_parser(GRAMMAR, strict=True)


def test_the_grammar_stays_readable():
    assert len(GRAMMAR.splitlines()) <= 200


def test_every_word_of_the_grammar_is_a_keyword_with_a_boundary():
    rules = re.sub(r"//.*", "", GRAMMAR.split("// ---- tokens")[0])
    assert sorted(set(re.findall(r'"([^\W\d]\w*)"', rules))) == KEYWORDS
    assert set(KEYWORDS) >= RESERVED


@pytest.mark.parametrize("word", KEYWORDS)
def test_a_keyword_with_a_letter_behind_it_is_a_name(word):
    assert value(f"{word}x + 1").left == ast.Var(name=f"{word}x", span=None)
    assert body(f"const {word}x = 1").name.text == f"{word}x"


def test_a_forgotten_in_is_not_found_within_a_name():
    _, problems = parse_expression("sum(i for i index(x))")
    assert [item.message for item in problems] == ["`in` is missing"]


def test_soft_is_complete():
    listed = re.search(r"!word:(.*?)dotted:", GRAMMAR, re.DOTALL)
    assert sorted([*re.findall(r'"(\w+)"', listed[1]), "file", "state"]) == SOFT


@pytest.mark.parametrize("word", SOFT)
def test_soft_keywords_are_settings_attributes_and_arguments(word):
    entries = body(f"experiment e {{ a = tb() {word} = 1 {word}.{word} = 2 {word} {{ }} }}").entries
    paths = [entry.path.text for entry in entries]
    assert paths == ["a", word, f"{word}.{word}", word]
    assert value(f"x.{word}.y").base.name.text == word
    assert value(f"f({word} = 1, b, {word} = 2)").arguments[2].name.text == word
    assert parse_override(f"{word}.{word}=1")[0].path.text == f"{word}.{word}"


@pytest.mark.parametrize("word", READABLE)
def test_soft_keywords_are_values_and_variables(word):
    assert value(f"f({word}, {word})").arguments[0].value.name == word
    assert value(f"{word} + x[{word}]").left.name == word
    text = (
        f"environment E(a: int = 1, {word}: int = 2) {{"
        f" state {{ a: int[0..{word}] = 0 {word}: int[0..3] = 0 }}"
        f" let {word} = a"
        f" action {word}(b in D, {word} in D) {{ a += 1 {word} += 1 {word}[1] := 2 }} }}"
    )
    state, let, action = body(text).members
    assert [variable.name.text for variable in state.variables] == ["a", word]
    assert let.name.text == word
    assert [effect.target.span.text for effect in action.effects] == ["a", word, f"{word}[1]"]


def test_a_soft_keyword_may_follow_an_expression():
    text = "reward W() for E { R = x beta = R floor = beta mode when floor > 1 }"
    assert [type(member) for member in body(text).members] == [ast.RewardValue] * 3 + [ast.Mode]


@pytest.mark.parametrize("word", sorted(RESERVED | {"file", "state"}))
def test_reserved_words_are_no_names(word):
    for text in (f"const {word} = 1", f"enum E {{ A, {word} }}", f"fn f({word}: int) = 1"):
        _, problems = parse(SourceFile("a.gfs", f"gfs 1.0\n{text}\n"))
        assert [item.code for item in problems] == ["GFS004"]
        assert problems[0].primary.span.text == word
