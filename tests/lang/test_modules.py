"""Files, imports, and the errors they can have."""

import hashlib

import pytest
from texts import codes, words

from gflowspec.compiler.elaborate import elaborate_library
from gflowspec.core.resources import std_directory
from gflowspec.lang.spec import load

GRID = """gfs 1.0
const SIDE = 3
environment Grid(side: int[2..9] = SIDE) {
  state { x: int[0..side - 1] = 0 }
  action step() { x += 1 }
  stop
}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "grid.gfs").write_text(GRID)
    return tmp_path


def load_text(folder, text, name="main.gfs"):
    (folder / name).write_text(text)
    return load(str(folder / name), (), words())


REWARD = "reward Flat() for {grid} {{ R = side }}\n"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ('import "grid.gfs" { Grid }\n', "Grid"),
        ('import "grid.gfs" as g\n', "g.Grid"),
        ('import "sub/../grid.gfs" as g\n', "g.Grid"),
    ],
)
def test_imported_environments_can_be_used(folder, head, name):
    (folder / "sub").mkdir()
    spec, found = load_text(folder, "gfs 1.0\n" + head + REWARD.format(grid=name))
    assert not found
    instances, found = elaborate_library(spec)
    assert not found
    assert [i.environment.parameters for i in instances] == [{"side": 3}]
    assert instances[0].rewards[0].value.value == 3


def test_a_file_is_loaded_once_whatever_its_path(folder):
    text = 'gfs 1.0\nimport "grid.gfs" as a\nimport "./grid.gfs" { Grid }\n'
    spec, found = load_text(folder, text)
    assert not found
    assert len(spec.program.modules) == 2


def test_a_file_that_imports_itself(folder):
    _, found = load_text(folder, 'gfs 1.0\nimport "main.gfs" as me\n')
    assert codes(found) == ["GFS103"]
    assert "imports itself" in found[0].message


def test_a_cycle_of_files(folder):
    (folder / "a.gfs").write_text('gfs 1.0\nimport "b.gfs" as b\n')
    (folder / "b.gfs").write_text('gfs 1.0\nimport "a.gfs" as a\n')
    _, found = load_text(folder, 'gfs 1.0\nimport "a.gfs" as a\n')
    assert codes(found) == ["GFS103"]
    assert found[0].message.count("a.gfs") == 2


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("gird.gfs", "GFS106"),
        ("gfs:std/hypergird", "GFS106"),
        ("../outside.gfs", "GFS204"),
        ("/etc/passwd", "GFS204"),
        ("a\\u{0}b.gfs", "GFS106"),
    ],
)
def test_paths_that_lead_nowhere(folder, path, code):
    (folder / "inner").mkdir()
    (folder / "outside.gfs").write_text(GRID)
    _, found = load_text(folder, f'gfs 1.0\nimport "{path}" as m\nconst A = m.x\n', "inner/f.gfs")
    assert codes(found) == [code]


def test_the_library_is_suggested(folder):
    _, found = load_text(folder, 'gfs 1.0\nimport "gfs:std/hypergird" { Hypergrid }\n')
    assert "gfs:std/hypergrid" in found[0].primary.text


def test_unknown_imported_names(folder):
    _, found = load_text(
        folder, 'gfs 1.0\nimport "grid.gfs" { Gridd }\nreward R() for Gridd { R = 1 }\n'
    )
    assert codes(found) == ["GFS101"]
    assert found[0].primary.text == "did you mean `Grid`?"


def test_errors_of_imported_files_are_reported_where_they_are(folder):
    (folder / "bad.gfs").write_text("gfs 1.0\nconst A = B\n")
    _, found = load_text(folder, 'gfs 1.0\nimport "bad.gfs" { A }\n')
    assert codes(found) == ["GFS101"]
    assert found[0].primary.span.file.name.endswith("bad.gfs")


def test_a_syntax_error_hides_no_name_behind_it(folder):
    text = "gfs 1.0\nconst A = = 3\nconst B = A\nconst C = D\n"
    _, found = load_text(folder, text)
    assert codes(found) == ["GFS001", "GFS101"]


def test_a_missing_file_is_a_usage_error(tmp_path):
    spec, found = load(str(tmp_path / "none.gfs"), (), words())
    assert spec is None
    assert codes(found) == ["GFS601"]


def test_an_override_that_does_not_parse_is_a_usage_error(folder):
    spec, found = load(str(folder / "grid.gfs"), ("train.steps",), words())
    assert spec is None
    assert codes(found) == ["GFS603"]


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("rest", ["as g", "{ Grid }"])
def test_a_pinned_import_is_the_file_that_was_meant(folder, rest):
    _, found = load_text(folder, f'gfs 1.0\nimport "grid.gfs", sha256 = "{sha256(GRID)}" {rest}\n')
    assert not found
    (folder / "grid.gfs").write_text(GRID + "# changed\n")
    text = f'gfs 1.0\nimport "grid.gfs", sha256 = "{sha256(GRID)}" {rest}\n'
    _, [found] = load_text(folder, text)
    assert found.code == "GFS202"
    [edit] = found.fixes[0].edits
    mended = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert not load_text(folder, mended)[1]


def test_the_library_can_be_pinned(folder):
    whole = (std_directory() / "hypergrid.gfs").read_text()
    head = 'gfs 1.0\nimport "gfs:std/hypergrid", sha256 = "{}" as h\n'
    assert not load_text(folder, head.format(sha256(whole)))[1]
    assert codes(load_text(folder, head.format(sha256("")))[1]) == ["GFS202"]


@pytest.mark.parametrize(
    ("pin", "code"), [('sha256 = "12"', "GFS202"), ('sha1 = "12"', "GFS111"), ("sha256", "GFS001")]
)
def test_pins_that_are_none(folder, pin, code):
    assert codes(load_text(folder, f'gfs 1.0\nimport "grid.gfs", {pin} as g\n')[1]) == [code]
