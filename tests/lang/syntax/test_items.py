"""Files are cut into items, so that no error hides another."""

import pytest

from gflowspec.core.source import SourceFile
from gflowspec.lang.syntax.items import outline
from gflowspec.lang.syntax.parser import parse


def pieces(text):
    source = SourceFile("a.gfs", text)
    return [text[piece.start : piece.end] for piece in outline(source).pieces]


def codes(text):
    module, found = parse(SourceFile("a.gfs", text))
    return len(module.items), [item.code for item in found]


def test_items_begin_at_keywords_in_the_first_column():
    assert pieces("gfs 1.0\nconst a = 1 # c\n\nenum B {\n  C\n}\n# end\n") == [
        "const a = 1",
        "enum B {\n  C\n}",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "gfs 1.0 const a = 1 const b = 2 enum C { D }",
        "  gfs 1.0\n  const a = 1\n  const b = 2\n  enum C { D }",
        "gfs 1.0\n  const a = 1\n\tconst b = 2\nenum C { D }",
        "\ufeffgfs 1.0\r\nconst a = 1\r\nconst b = 2\r\nenum C { D }",
        "# c\ngfs # c\n1.0\nconst a = data\nconst b = 1 + type enum C { D }",
        "gfs 1.0\nextern\nfn f() -> int { }\nconst b = 2\nenum C { D }",
    ],
)
def test_items_may_stand_anywhere(text):
    assert codes(text) == (3, [])


def test_settings_in_the_first_column_are_no_items():
    text = "gfs 1.0\nexperiment e {\nenvironment = E()\nreward = R()\ntrain { steps = 1 }\n}\n"
    assert codes(text) == (1, [])
    text = "gfs 1.0\nsweep s of e {\nskip when\nreward is R\n}\n"
    assert codes(text) == (1, [])


def test_each_item_gives_its_error_and_good_ones_stay():
    text = "gfs 1.0\nconst a = \nconst b = 2\nenum { A }\nconst c = (1\nconst d = 1 const e =\n"
    assert codes(text) == (2, ["GFS001", "GFS001", "GFS002", "GFS001"])


def test_a_file_full_of_errors_is_not_read_to_the_end():
    count, found = codes("gfs 1.0\n" + "const\n" * 3000)
    assert count == 0
    assert len(found) == 1001


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "GFS010"),
        ("   \n\n# c\n", "GFS010"),
        ("gfs\nconst a = 1\n", "GFS010"),
        ("gfs 1\nconst a = 1\n", "GFS010"),
        ("gfs 1.1\nconst a = 1\n", "GFS010"),
        ("version 1.0\nconst a = 1\n", "GFS010"),
    ],
)
def test_versions(text, code):
    assert codes(text)[1] == [code]


def test_a_missing_version_hides_nothing():
    assert codes("const a = 1\nconst b =\n") == (1, ["GFS001", "GFS010"][::-1])


def test_the_fix_of_a_missing_version_works():
    source = SourceFile("a.gfs", "# c\nconst a = 1\n")
    (found,) = parse(source)[1]
    (edit,) = found.fixes[0].edits
    fixed = source.text[: edit.span.start] + edit.text + source.text[edit.span.end :]
    assert codes(fixed) == (1, [])


def test_documentation_belongs_to_the_declaration_that_follows():
    text = (
        "gfs 1.0\n## one\n## two\n# no\n\n"
        "environment E(\n  ## side\n  n: int) {\n  ## go\n  stop\n}\n"
    )
    module, _ = parse(SourceFile("a.gfs", text))
    (item,) = module.items
    assert item.doc == "one\ntwo"
    assert item.params[0].doc == "side"
    assert item.members[0].doc == "go"
    assert [comment.doc for comment in module.comments] == [True, True, False, True, True]
