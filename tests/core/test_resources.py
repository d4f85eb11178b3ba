"""The grammar and the standard library are found beside the code."""

from pathlib import Path

import pytest

from gflowspec.core import resources
from gflowspec.core.errors import InternalError


def test_the_grammar_is_found_in_a_checkout():
    assert "start: version item*" in resources.grammar_file().read_text(encoding="utf-8")


def test_the_package_comes_before_the_checkout(tmp_path, monkeypatch):
    package = tmp_path / "gflowspec"
    for folder in (package / "_grammar", tmp_path / "grammar"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", package)
    with pytest.raises(InternalError, match="grammar is missing"):
        resources.grammar_file()
    (tmp_path / "grammar" / "gflowspec.lark").touch()
    assert resources.grammar_file().parent.name == "grammar"
    (package / "_grammar" / "gflowspec.lark").touch()
    assert resources.grammar_file().parent.name == "_grammar"


def test_the_cache_follows_xdg(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert resources.cache_directory() == Path("/somewhere/gflowspec")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", "/house")
    assert resources.cache_directory() == Path("/house/.cache/gflowspec")
