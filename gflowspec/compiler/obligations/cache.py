"""Proofs are kept in the user's cache folder, so that a second `check` visits no state.

An entry is found by the meaning of the instance (names, asserts and scope included) and the state
of the prover. Places are kept as positions in the list of all places of the instance: moving text
around changes the places, not the entry.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from gflowspec.compiler.report import Counts, Report, Result, Strength
from gflowspec.core.canonical import digest
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.entries import read_entry, write_entry
from gflowspec.core.source import Span
from gflowspec.core.stored import from_stored, to_stored
from gflowspec.core.tool import tool_digest
from gflowspec.ir.expr import Const

FOLDER = "proofs"
#: Entries that are kept; the oldest ones go first.
KEPT = 400
#: What proofs depend on, besides the instance.
SOURCES = (
    "compiler/algebra",
    "compiler/derive",
    "compiler/exactness",
    "compiler/provers",
    "compiler/obligations",
    "semantics",
    "ir",
    "core",
)

Proved = tuple[Report, tuple[Diagnostic, ...]]
Outcome = tuple[Report | None, tuple[Diagnostic, ...]]


def remembered(parts: tuple[object, ...], prove: Callable[[], Outcome]) -> Outcome:
    """The stored proof of an instance, or a new one.

    Args:
        parts: What the proof depends on; places are looked for in it too.
        prove: Does the work; what it gives without a report is not stored.
    """
    places = list(_places(parts))
    key = _key(parts)
    stored = _read(key, places)
    if stored is not None:
        return stored
    report, found = prove()
    if report is not None:
        _write(key, (report, found), places)
    return report, found


def _key(parts: tuple[object, ...]) -> str:
    return digest([list(parts), tool_digest(*SOURCES)])


def _places(value: Any) -> Iterator[Span]:
    """All places in a tree of attrs objects, in the order of its fields."""
    if isinstance(value, Span):
        yield value
    elif isinstance(value, Const):
        yield from _places(value.span)  # what it holds has no places, and may be long
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _places(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _places(item)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from _places(getattr(value, field.name))


def _read(key: str, places: list[Span]) -> Proved | None:
    """The entry, or None if there is none or it is damaged."""
    stored = read_entry(FOLDER, key)
    if stored is None:
        return None
    try:
        found = stored["diagnostics"]
        diagnostics = tuple(from_stored(item, places.__getitem__) for item in found)
        return _report(stored["report"]), diagnostics
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def _report(stored: Mapping[str, Any]) -> Report:
    return Report(
        results={
            name: Result(Strength(strength), detail)
            for name, (strength, detail) in stored["results"].items()
        },
        counts=Counts(**stored["counts"]),
        inductive=bool(stored["inductive"]),
        states_upper=stored["states_upper"],
        edges_upper=stored["edges_upper"],
        scope=dict(stored["scope"]),
    )


def _write(key: str, made: Proved, places: list[Span]) -> None:
    """Stores an entry, unless it speaks of other places."""
    index = {_place(span): position for position, span in reversed(list(enumerate(places)))}
    with contextlib.suppress(KeyError, TypeError, ValueError):
        write_entry(FOLDER, key, _plain(made, index), kept=KEPT)


def _place(span: Span) -> tuple[str, int, int]:
    return span.file.name, span.start, span.end


def _plain(made: Proved, index: Mapping[tuple[str, int, int], int]) -> dict[str, Any]:
    report, diagnostics = made
    return {
        "report": {
            "results": {
                name: [result.strength.value, result.detail]
                for name, result in report.results.items()
            },
            "counts": attrs.asdict(report.counts),
            "inductive": report.inductive,
            "states_upper": report.states_upper,
            "edges_upper": report.edges_upper,
            "scope": dict(report.scope),
        },
        "diagnostics": [to_stored(item, lambda span: index[_place(span)]) for item in diagnostics],
    }
