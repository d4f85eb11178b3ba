"""Texts -> nodes: shapes, exact spans, and files that cannot be read."""

import pytest

from gflowspec.core.source import SourceFile
from gflowspec.lang import ast
from gflowspec.lang.formatter import same_tree
from gflowspec.lang.syntax.parser import (
    MAX_BYTES,
    parse,
    parse_expression,
    parse_override,
    read_source,
)
from gflowspec.lang.syntax.table import load_parser


def value(text):
    node, problems = parse_expression(text)
    assert problems == ()
    return node


def shape(node):
    """A node as a nested list of words, to compare with by eye."""
    match node:
        case ast.Binary(op=op, left=left, right=right):
            return [op, shape(left), shape(right)]
        case ast.Unary(op=op, operand=operand):
            return [op, shape(operand)]
        case ast.Comparison(operands=operands, operators=operators):
            return [*operators, *map(shape, operands)]
        case ast.Conditional(test=test, then=then, otherwise=otherwise):
            return ["if", shape(test), shape(then), shape(otherwise)]
        case ast.Group(inner=inner):
            return ["()", shape(inner)]
        case _:
            return node.span.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * c", ["+", "a", ["*", "b", "c"]]),
        ("a - b - c", ["-", ["-", "a", "b"], "c"]),
        ("a ^ b ^ c", ["^", "a", ["^", "b", "c"]]),
        ("-a ^ -b", ["-", ["^", "a", ["-", "b"]]]),
        ("a // b % c", ["%", ["//", "a", "b"], "c"]),
        ("0..n - 1", ["..", "0", ["-", "n", "1"]]),
        ("a < b <= c", ["<", "<=", "a", "b", "c"]),
        ("a not in b", ["not in", "a", "b"]),
        ("a is not b", ["is not", "a", "b"]),
        ("not a == b", ["not", ["==", "a", "b"]]),
        ("a or b and not c", ["or", "a", ["and", "b", ["not", "c"]]]),
        ("a if b else c if d else e", ["if", "b", "a", ["if", "d", "c", "e"]]),
        ("a => b => c", ["=>", "a", ["=>", "b", "c"]]),
        ("a or b => c", ["=>", ["or", "a", "b"], "c"]),
        ("(a + b) * c", ["*", ["()", ["+", "a", "b"]], "c"]),
    ],
)
def test_precedence(text, expected):
    assert shape(value(text)) == expected


def test_operands_in_brackets():
    call = value("f(a, n = 1, x[i, j], s[0:2], t.u)")
    assert [argument.name and argument.name.text for argument in call.arguments] == [
        None,
        "n",
        None,
        None,
        None,
    ]
    assert [type(argument.value) for argument in call.arguments] == [
        ast.Var,
        ast.Number,
        ast.Index,
        ast.Slice,
        ast.Attribute,
    ]
    (generator,) = value("sum(e for i, j in D if c for k in E)").arguments
    first, second = generator.value.clauses
    assert [name.text for name in first.names] == ["i", "j"]
    assert first.condition.name == "c"
    assert first.span.text == "for i, j in D if c"
    assert second.span.text == "for k in E"
    assert len(value("(a,)").items) == 1
    assert value("[]").items == ()
    assert isinstance(value("{a for b in c}"), ast.SetComp)
    assert value('file("p", array = "y")').path.value == "p"


def test_strings_mean_what_they_escape():
    assert value(r'"a\n\t\"\\\u{1F600}"').value == 'a\n\t"\\😀'
    assert value(r'"a\n"').text == r'"a\n"'


def test_literals_keep_their_spelling():
    for text in ("1_000", "0xfF", "0b1_0", "1e-3", "2.50"):
        assert value(text) == ast.Number(text=text, span=None)
    assert value("30min") == ast.Quantity(text="30min", span=None)


def test_names_are_normalised():
    assert value("e\u0301").name == "\u00e9"


EVERYTHING = """\
gfs 1.0
import "m.gfs" as m
import "n.gfs" { A, B, }
const c: int = 1
param p: real(0..) = 2
enum Color { red, green }
type T = (int[0..3], array[2, 3] of bool?)
fn f(a: int, b: set of int) -> int = a
data d: map[Color] of real[0..] = file("d.csv")
extern fn g(a: string) -> real { pure = true }
environment E(n: int[1..9] = 3) {
  state { x: int[0..n] = 0  s: seq[0..3] of T  G: digraph { nodes[3..3] of T edges of int } }
  let u(i) = i
  let v = 2
  action a(i in 0..1, j in D) when i < j { x += 1  w[i] := j  s.append(j)  b = true }
  stop when x > 1
  terminal when x == n
  measure x
  invariant x >= 0
  assert n > 1, "n"
  assume O5 because "it is so"
  symmetry iso(correct = true)
  scope { n = 2 }
  object state
}
environment Small = E(n = 2)
reward W(k: real = 1) for E, m.F {
  logR = x
  beta = 2
  floor = 1
  mode when x > 2
}
reward Hard = W(k = 2)
experiment e extends m.base {
  objective = tb
  metrics += [a()]
  train { steps = 1 }
  every 100 { metrics = [] }
}
sweep z of e {
  grid a.b = [1, 2]
  zip (a, b) = [(1, 2)]
  sample lr ~ uniform(0, 1)
  samples 8 seed 7
  seeds 1..3
  skip when a is b
  also { a = 1 }
}
"""


def module(text):
    parsed, problems = parse(SourceFile("a.gfs", text))
    assert problems == ()
    return parsed


def test_every_rule_of_the_grammar_is_used_above():
    items = module(EVERYTHING).items
    assert [type(item).__name__ for item in items] == [
        *("ImportModule", "ImportNames", "Const", "Param", "Enumeration", "TypeAlias"),
        *("Function", "Data", "Extern", "Environment", "EnvironmentAlias", "Reward"),
        *("RewardAlias", "Experiment", "Sweep"),
    ]
    environment, sweep = items[9], items[14]
    assert [type(member).__name__ for member in environment.members] == [
        *("State", "Let", "Let", "Action", "Stop", "Terminal", "Measure", "Invariant"),
        *("Assert", "Assume", "Symmetry", "Scope", "ObjectDecl"),
    ]
    assert [item.kind for item in sweep.items] == [
        *("grid", "zip", "sample", "samples", "seeds", "skip", "also")
    ]
    assert [len(item.values) for item in sweep.items] == [1, 1, 1, 2, 1, 1, 0]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_spans_are_exact(ending):
    parsed = module(EVERYTHING.replace("\n", ending))
    starts = [item.span.text.split()[0] for item in parsed.items]
    assert starts[:4] == ["import", "import", "const", "param"]
    assert parsed.items[0].span.text == 'import "m.gfs" as m'
    environment = parsed.items[9]
    action = environment.members[3]
    assert environment.span.text.endswith(f"object state{ending}}}")
    assert action.span.text.startswith("action a(")
    assert action.span.text.endswith("b = true }")
    assert action.guard.span.text == "i < j"
    assert [effect.span.text for effect in action.effects] == [
        "x += 1",
        "w[i] := j",
        "s.append(j)",
        "b = true",
    ]
    assert environment.members[0].variables[1].type.span.text == "seq[0..3] of T"
    assert parsed.items[12].call.span.text == "W(k = 2)"


def test_spans_count_code_points():
    parsed = module('gfs 1.0\nconst a = "😀日"\tconst b = 2 # 😀\n')
    second = parsed.items[1]
    assert second.span.text == "const b = 2"
    position = second.span.file.position(second.span.start)
    assert (position.line, position.column, position.offset) == (2, 16, 28)


def test_a_comment_after_any_token_changes_nothing():
    plain = module(EVERYTHING)
    tokens = load_parser().parse_interactive(EVERYTHING, start="start").iter_parse()
    places = [token.end_pos for token in tokens]
    assert len(places) > 380
    for comment in ("# c\n", "# }\n ", '# "\r\n'):
        text = EVERYTHING
        for place in reversed(places):
            text = text[:place] + comment + text[place:]
        assert same_tree(module(text), plain)
    for place in places[::7]:
        text = EVERYTHING[:place] + " # one\n" + EVERYTHING[place:]
        assert same_tree(module(text), plain)


def test_overrides_use_the_language():
    override, problems = parse_override("policy.backward=tlm(lr = 1e-3)")
    assert problems == ()
    assert override.path.text == "policy.backward"
    assert override.value.span.text == "tlm(lr = 1e-3)"
    for text in ("", "a", "a=", "=1", "a=1 b=2", "a==1", "a=1;", "a=(1", 'a="x', "a+=1", "a=.5"):
        override, problems = parse_override(text)
        assert override is None
        assert [item.code for item in problems] == ["GFS603"]
        assert problems[0].primary.span.file.name == "<command line>"
        assert "path=value" in problems[0].helps[-1]


def test_files_that_cannot_be_read(tmp_path):
    def code(path):
        source, (found,) = read_source(path)
        assert source is None
        return found.code

    assert code(tmp_path / "missing.gfs") == "GFS601"
    assert code(tmp_path) == "GFS601"
    assert code("nul\0nul") == "GFS601"
    file = tmp_path / "a.gfs"
    for data, expected in (
        (b"gfs 1.0\n\0", "GFS005"),
        (b'gfs 1.0\nconst a = "\xff"', "GFS005"),
        (b"\xff\xfeg\0f\0s\0", "GFS005"),
        (b"x" * (MAX_BYTES + 1), "GFS008"),
    ):
        file.write_bytes(data)
        assert code(file) == expected
    file.write_bytes("gfs 1.0\r\n# é\r\n".encode())
    source, problems = read_source(file)
    assert (source.text, problems) == ("gfs 1.0\r\n# é\r\n", ())


def test_the_place_of_a_bad_byte_is_shown(tmp_path):
    file = tmp_path / "a.gfs"
    file.write_bytes("é\nab\xff".encode("latin-1"))
    _, (found,) = read_source(file)
    assert found.primary.span.start == 0
    assert found.primary.text == "byte 0xe9 at offset 0"


def test_every_is_the_name_of_a_setting_where_it_is_given_a_value():
    (experiment,) = module("gfs 1.0\nexperiment e { track { every = 5 } track.every = 6 }").items
    section, dotted = experiment.entries
    assert section.entries[0].path.text == "every"
    assert dotted.path.text == "track.every"
    (block,) = module("gfs 1.0\nexperiment e { every 5 { every = 6 } }").items[0].entries
    assert isinstance(block, ast.Every)
    assert block.entries[0].path.text == "every"
