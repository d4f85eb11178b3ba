"""An edit of one item parses that item only, and gives what a fresh parse gives."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import laid_out

from gflowspec.core.source import SourceFile, Span
from gflowspec.lang.formatter import same_tree
from gflowspec.lang.syntax import reuse
from gflowspec.lang.syntax.parser import parse
from gflowspec.lang.syntax.reuse import ParsedItems

TEXT = """gfs 1.0
# a first comment
const a = 1

## What it is: é, 😀.
environment Grid(side: int[2..64] = 4) {
  state { x: array[2] of int[0..side - 1] = 0 }  # the place, é
  action step(i in index(x)) { x[i] += 1 }
  stop
}

reward Corner(ground: real(0..) = 1 / 2) for Grid {
  ## a product
  R = ground + x[0] * x[1]
}

const b = [1, 2 experiment
const c = a +
experiment corner { environment = Grid()  reward = Corner()  objective = tb() }
"""
ITEMS = 6


def spans(value):
    """All places in a tree or in findings, in order."""
    if isinstance(value, Span):
        return [value]
    if isinstance(value, tuple | list):
        return [span for item in value for span in spans(item)]
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))
        return [span for field in fields for span in spans(getattr(value, field.name))]
    return []


def compare(text, known):
    """Parse with what is known, and afresh; returns how many pieces were parsed."""
    before = known.parsed
    source = SourceFile("a.gfs", text)
    tree, found = parse(source, known)
    fresh, expected = parse(SourceFile("a.gfs", text))
    assert same_tree(tree, fresh)
    assert found == expected
    for places, others in ((spans(tree), spans(fresh)), (spans(found), spans(expected))):
        assert places == others
        assert all(span.file is source for span in places)
        shown = [(span.file.position(span.start), span.file.position(span.end)) for span in places]
        assert shown == [(s.file.position(s.start), s.file.position(s.end)) for s in others]
    return known.parsed - before


def test_a_text_is_parsed_once():
    known = ParsedItems()
    assert compare(TEXT, known) == ITEMS - 1  # the one with an open bracket is not parsed
    assert compare(TEXT, known) == 0


@pytest.mark.parametrize(
    ("old", "new", "parsed"),
    [
        ("const a = 1", "const a = 17", 1),
        ("x[i] += 1", "x[i] += 2", 1),
        ("x[0] * x[1]", "x[0] + x[1]", 1),
        ("x[0] * x[1]", "x[0] * * x[1]", 1),  # an error comes
        ("const c = a +", "const c = a + 1", 1),  # and goes
        ("1, 2 experiment", "1, 2]  # experiment", 1),
        ("# a first comment", "# é, another and longer comment", 0),
        ("# a first comment\n", "", 0),
        ("\n\n", "\n\n\n\n", 0),
        ("gfs 1.0", "# 😀\ngfs 1.0", 0),
        ("  # the place, é", "", 1),
        ("## What it is: é, 😀.", "## Another thing.", 1),
        ("const a = 1\n", "const a = 1\nconst d = 4\n", 1),
        ("const a = 1\n", "", 0),
        ("reward Corner", "experiment other { }\nreward Corner", 1),
    ],
)
def test_an_edit_parses_what_it_touches(old, new, parsed):
    assert old in TEXT
    known = ParsedItems()
    compare(TEXT, known)
    assert compare(TEXT.replace(old, new, 1), known) == parsed
    assert compare(TEXT, known) == 0  # undone


def test_positions_are_told_in_code_points_and_in_bytes():
    known = ParsedItems()
    parse(SourceFile("a.gfs", TEXT), known)
    tree, _ = parse(SourceFile("a.gfs", "# é😀\n" + TEXT), known)
    assert tree.items == parse(SourceFile("a.gfs", TEXT))[0].items
    place = tree.items[-1].span
    at = place.file.position(place.start)
    text = place.file.text
    assert (at.line, at.column) == (text.count("\n", 0, place.start) + 1, 1)
    assert at.offset == len(text[: place.start].encode())
    assert at.offset > place.start


def test_the_oldest_items_are_forgotten(monkeypatch):
    monkeypatch.setattr(reuse, "KEPT", 3)
    known = ParsedItems()
    texts = [f"gfs 1.0\nconst a{i} = {i}\n" for i in range(5)]
    assert [compare(text, known) for text in texts] == [1] * 5
    assert compare(texts[4], known) == compare(texts[2], known) == 0
    assert compare(texts[0], known) == 1
    assert compare(texts[2], known) == 0  # it was used again before
    assert compare(texts[3], known) == 1


@st.composite
def edits(draw):
    """A text of random items, and what random edits make of it."""
    texts = [draw(laid_out())]
    for _ in range(draw(st.integers(1, 3))):
        text = texts[-1]
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from((0, 0, 1, 1, 2, 7, 40))))
        new = draw(st.sampled_from(("", " ", "\n", "{", "}", "é", "# ", "## d\n", "x", "const ",
                                    "\nconst k = 1\n", '"', "gfs 1.0", "\r", "😀")))  # fmt: skip
        texts.append(text[:start] + new + text[end:])
    return texts


@settings(deadline=None, max_examples=30)
@given(edits())
def test_any_edit_gives_what_a_fresh_parse_gives(texts):
    known = ParsedItems()
    for text in texts:
        compare(text, known)
    for text in texts:
        assert compare(text, known) == 0
