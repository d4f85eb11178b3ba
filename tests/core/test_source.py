"""Positions: lines and columns as people count them, offsets as editors do."""

import pytest

from gflowspec.core.source import Position, SourceFile, Span


@pytest.mark.parametrize(
    ("text", "index", "expected"),
    [
        ("", 0, Position(1, 1, 0)),
        ("ab", 1, Position(1, 2, 1)),
        ("ab\ncd", 3, Position(2, 1, 3)),
        ("ab\r\ncd", 4, Position(2, 1, 4)),
        ("ab\rcd", 3, Position(2, 1, 3)),
        ("a\r\n\r\nb", 5, Position(3, 1, 5)),
        ("\ta", 1, Position(1, 2, 1)),
        ("é=日", 2, Position(1, 3, 3)),
        ("😀x\n😀y", 4, Position(2, 2, 10)),
        ("a\n", 2, Position(2, 1, 2)),
        ("a", 99, Position(1, 2, 1)),
    ],
)
def test_positions(text, index, expected):
    assert SourceFile("f", text).position(index) == expected


def test_a_position_within_a_line_break_belongs_to_the_line_before():
    assert SourceFile("f", "ab\r\ncd").position(3).line == 1


def test_lines_come_without_their_ends():
    source = SourceFile("f", "one\r\ntwo\rthree\n")
    assert [source.line(number) for number in range(1, 5)] == ["one", "two", "three", ""]


def test_spans():
    source = SourceFile("a.gfs", "const a = 1")
    word, number = Span(source, 0, 5), Span(source, 10, 11)
    assert word.text == "const"
    assert word.to(number).text == source.text
    assert number.to(word) == word.to(number)
    assert str(number) == "a.gfs:1:11"
