"""The cached parse table: equal to a fresh one, and never in the way."""

import json
from pathlib import Path

import pytest

from gflowspec.core.resources import grammar_file
from gflowspec.lang.syntax import table

TEXT = "f(x[1..3], 2 * y) if a < b else not c"


@pytest.fixture(scope="module")
def built():
    return table.build_parser(grammar_file().read_text(encoding="utf-8"))


@pytest.fixture
def load(monkeypatch, tmp_path, built):
    """A loader with a cache of its own; it counts how often it had to build the parser."""
    monkeypatch.setattr(table, "cache_directory", lambda: tmp_path / "cache")

    def build(_grammar):
        loader.builds += 1
        return built

    def loader():
        return table.load_parser.__wrapped__().parse(TEXT, start="expression")

    loader.builds = 0
    monkeypatch.setattr(table, "build_parser", build)
    return loader


def test_the_lexer_gives_the_trees_of_lark_s_own(built):
    folder = Path(__file__).parents[2] / "golden" / "format"
    ours = table.load_parser()
    for file in folder.glob("*.gfs"):
        text = file.read_text(encoding="utf-8")
        assert ours.parse(text, start="start") == built.parse(text, start="start")


def cached(tmp_path):
    (file,) = (tmp_path / "cache").iterdir()
    return file


def test_the_table_is_written_once_and_gives_the_same_trees(load, tmp_path, built):
    expected = built.parse(TEXT, start="expression")
    assert load() == expected
    assert json.loads(cached(tmp_path).read_text(encoding="utf-8")).keys() == {"data", "memo"}
    assert load() == expected
    assert load.builds == 1


@pytest.mark.parametrize("damage", ["", '{"data": {}, "memo": {}}', "[1]", "\0"])
def test_a_damaged_cache_is_rebuilt(load, tmp_path, damage):
    load()
    cached(tmp_path).write_text(damage, encoding="utf-8")
    assert load().data == "expression"
    assert load().data == "expression"
    assert load.builds == 2


def test_a_cache_that_cannot_be_written_does_no_harm(load, tmp_path):
    (tmp_path / "cache").write_text("a file, not a folder", encoding="utf-8")
    assert load().data == "expression"
    assert load().data == "expression"
    assert load.builds == 2


def test_another_grammar_has_another_table(load, tmp_path, monkeypatch):
    load()
    edited = tmp_path / "edited.lark"
    edited.write_text("// another grammar", encoding="utf-8")
    monkeypatch.setattr(table, "grammar_file", lambda: edited)
    load()
    assert load.builds == 2
    assert len(list((tmp_path / "cache").iterdir())) == 2
