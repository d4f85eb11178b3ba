"""Common mistakes have hand-written messages."""

import pytest

from gflowspec.core.source import SourceFile
from gflowspec.lang.syntax.characters import CHARACTERS
from gflowspec.lang.syntax.mistakes import MISTAKES
from gflowspec.lang.syntax.parser import parse


def only(text):
    _, found = parse(SourceFile("a.gfs", f"gfs 1.0\n{text}\n"))
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.snippet)
def test_the_snippet_gives_the_message(mistake):
    found = only(mistake.snippet)
    assert found.code == "GFS001"
    assert found.message == mistake.message
    assert found.helps == (mistake.help,)


@pytest.mark.parametrize("character", sorted(CHARACTERS))
def test_characters_that_begin_no_token(character):
    found = only(f"const a = 1 {character}")
    assert found.code == "GFS005"
    assert found.helps == (CHARACTERS[character],)


def test_misspelt_keywords_are_suggested():
    found = only("environment E() { invarient x == 1 }")
    assert found.helps == ("did you mean `invariant`?",)
    assert found.fixes[0].edits[0].text == "invariant"


def test_comments_of_other_languages():
    assert only("const a = 1 // the comment").helps == (
        "a comment begins with `#`; `//` is floor division",
    )


def test_what_could_stand_there_is_named():
    assert only("const a =").primary.text == "expected an expression"
    assert only("const = 1").primary.text == "expected a name"
    assert only("enum A B").primary.text == "expected `{`"
    assert only("param a: = 3").primary.text == "expected a type"
    assert only("import 3").primary.text == "expected a string"


def test_no_name_of_a_terminal_reaches_users():
    for mistake in MISTAKES:
        found = only(mistake.snippet)
        said = " ".join((found.message, found.primary.text, *found.helps))
        assert "__" not in said.replace("1__000", "")
        assert not any(word in said for word in ("LPAR", "NAME", "NUMBER", "STRING", "$END"))
