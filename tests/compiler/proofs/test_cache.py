"""Proofs are remembered by meaning, and a damaged or foreign entry is no entry."""

import attrs
import pytest
import texts

from compiler.proofs import worlds
from gflowspec.compiler.derive.derivation import Derivation
from gflowspec.compiler.obligations import pipeline, prove


@pytest.fixture
def folder(tmp_path, monkeypatch):
    worlds.instance(worlds.HYPERGRID)  # the parser's own cache stays where it is
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "gflowspec" / "proofs"


@pytest.fixture
def work(monkeypatch):
    """Counts how often something was proved afresh."""
    done = []
    afresh = pipeline.prove_afresh

    def counted(*arguments):
        done.append(arguments)
        return afresh(*arguments)

    monkeypatch.setattr(pipeline, "prove_afresh", counted)
    return done


def outcome(text, limit=1_000):
    (instance,) = texts.library(text)[0]
    full = Derivation(instance.environment)
    report, found = prove(
        instance, full, None, limits={"scope_limit": limit, "table_limit": 65_536}
    )
    return report, [readable(item) for item in found]


def readable(item):
    """A finding whose places are lines and texts: the file has another name every time."""

    def shown(label):
        start = label.span.file.position(label.span.start)
        return start.line, start.column, label.span.text, label.text

    places = (shown(item.primary), *(shown(label) for label in item.related))
    return attrs.evolve(item, primary=None, related=()), places


@pytest.mark.parametrize("text", [worlds.PREFIX, worlds.HYPERGRID, worlds.PERMUTATION_FREE])
def test_a_second_proof_is_read(folder, work, text):
    first = outcome(text)
    assert outcome(text) == first
    assert len(work) == 1
    assert len(list(folder.glob("*.json"))) == 1


def test_a_stored_proof_needs_no_derivation(folder, work, monkeypatch):
    outcome(worlds.HYPERGRID)

    def refused(environment):
        raise AssertionError(environment.name)

    monkeypatch.setattr("gflowspec.compiler.derive.pipeline.derive", refused)
    assert all(
        result.strength.value == "proved"
        for result in outcome(worlds.HYPERGRID)[0].results.values()
    )


def test_places_follow_the_text(folder, work):
    outcome(worlds.PREFIX)
    moved = worlds.PREFIX.replace("  action add", "  # a comment\n\n    action add")
    (places,) = [places for item, places in outcome(moved)[1] if item.is_error]
    assert len(work) == 1
    assert places[0][:3] == (6, 12, "add")


@pytest.mark.parametrize(
    "text",
    [
        worlds.PREFIX.replace("> 0", ">= 1"),
        worlds.PREFIX.replace("(v in", "(u in").replace("v ==", "u ==").replace("[v", "[u"),
        worlds.PREFIX.replace("  stop", "  assert count(states) == 5\n  stop"),
    ],
)
def test_another_meaning_or_another_name_is_proved_afresh(folder, work, text):
    outcome(worlds.PREFIX)
    outcome(text)
    assert len(work) == 2


def test_another_limit_is_another_proof(folder, work):
    outcome(worlds.PREFIX)
    outcome(worlds.PREFIX, limit=3)
    assert len(work) == 2


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"report": {}, "diagnostics": []}', "\x00"])
def test_a_damaged_entry_is_replaced(folder, work, damage):
    first = outcome(worlds.PREFIX)
    (entry,) = folder.glob("*.json")
    entry.write_text(damage)
    assert outcome(worlds.PREFIX) == first
    assert outcome(worlds.PREFIX) == first
    assert len(work) == 2


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path, monkeypatch, work):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert outcome(worlds.PREFIX) == outcome(worlds.PREFIX)
    assert len(work) == 2


def test_the_folder_does_not_grow_without_end(folder, monkeypatch):
    from gflowspec.compiler.obligations import cache

    monkeypatch.setattr(cache, "KEPT", 4)
    for limit in range(10, 20):
        outcome(worlds.HYPERGRID, limit)
    assert len(list(folder.glob("*"))) <= 4
