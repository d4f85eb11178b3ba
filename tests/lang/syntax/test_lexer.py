"""Tokens by longest match, and keywords only where the grammar accepts them."""

from lark import UnexpectedToken

from gflowspec.lang.syntax.table import load_parser


def tokens(text, start="expression"):
    parser = load_parser().parse_interactive(text, start=start)
    found = []
    try:
        found.extend((token.type, str(token)) for token in parser.iter_parse())
    except UnexpectedToken as error:
        found.append((error.token.type, str(error.token)))
    return found


def test_signs_are_as_long_as_possible():
    assert [text for _, text in tokens("a//b..c=>d<=e")] == [
        *("a", "//", "b", "..", "c", "=>", "d", "<=", "e"),
    ]
    assert tokens("const a == 1", "one")[-1][1] == "=="


def test_numbers_and_quantities():
    assert [text for _, text in tokens("1.5+5s-1e-3*0..7")] == [
        *("1.5", "+", "5s", "-", "1e-3", "*", "0", "..", "7"),
    ]
    assert [kind for kind, _ in tokens("5s - 5")] == ["QUANTITY", "MINUS", "NUMBER"]


def test_a_word_is_a_keyword_where_the_grammar_accepts_it():
    assert tokens("const const = const", "one") == [
        ("CONST", "const"),
        ("NAME", "const"),
        ("EQUAL", "="),
        ("CONST", "const"),
    ]
    assert tokens("for_in in index") == [("NAME", "for_in"), ("IN", "in"), ("NAME", "index")]


def test_places():
    parser = load_parser().parse_interactive("a  # c\n+ bc", start="expression")
    assert [(t.start_pos, t.end_pos) for t in parser.iter_parse()] == [(0, 1), (7, 8), (9, 11)]
