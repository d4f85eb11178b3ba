"""Proofs are kept in the user's cache folder, so that a second `check` visits no state.

An entry is found by the meaning of the instance (names, asserts and scope included), the version
of GFlowSpec, and the state of its prover. Places are kept as positions in the list of all places
of the instance: moving text around changes the places, not the entry.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import attrs

from gflowspec.compiler.report import Counts, Report, Result, Strength
from gflowspec.core.canonical import digest
from gflowspec.core.diagnostics import Diagnostic, Label, Severity, TraceStep
from gflowspec.core.resources import cache_directory
from gflowspec.core.source import Span

#: Entries that are kept; the oldest ones go first.
KEPT = 400

Proved = tuple[Report, tuple[Diagnostic, ...]]
Outcome = tuple[Report | None, tuple[Diagnostic, ...]]


def remembered(parts: tuple[object, ...], prove: Callable[[], Outcome]) -> Outcome:
    """The stored proof of an instance, or a new one.

    Args:
        parts: What the proof depends on; places are looked for in it too.
        prove: Does the work; what it gives without a report is not stored.
    """
    places = list(_places(parts))
    path = _path(parts)
    stored = _read(path, places)
    if stored is not None:
        return stored
    report, found = prove()
    if report is not None:
        _write(path, (report, found), places)
    return report, found


def _path(parts: tuple[object, ...]) -> Path:
    key = digest([list(parts), _tool()])
    return cache_directory() / "proofs" / f"{key}.json"


@lru_cache(maxsize=1)
def _tool() -> str:
    """The version, and in a checkout the state of the files that proofs depend on."""
    try:
        number = version("gflowspec")
    except PackageNotFoundError:
        number = "0"
    root = Path(__file__).parents[2]
    stamps = []
    for folder in (
        "compiler/algebra",
        "compiler/derive",
        "compiler/exactness",
        "compiler/provers",
        "compiler/obligations",
        "semantics",
        "ir",
        "ir/views",
    ):
        for file in sorted((root / folder).glob("*.py")):
            status = file.stat()
            stamps.append(f"{file.name}:{status.st_size}:{status.st_mtime_ns}")
    return digest([number, stamps])


def _places(value: Any) -> Iterator[Span]:
    """All places in a tree of attrs objects, in the order of its fields."""
    if isinstance(value, Span):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _places(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _places(item)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from _places(getattr(value, field.name))


def _read(path: Path, places: list[Span]) -> Proved | None:
    """The entry, or None if there is none or it is damaged."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        diagnostics = tuple(_diagnostic(item, places) for item in stored["diagnostics"])
        return _report(stored["report"]), diagnostics
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
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


def _diagnostic(stored: Mapping[str, Any], places: list[Span]) -> Diagnostic:
    trace = stored["trace"]
    return Diagnostic(
        stored["code"],
        Severity(stored["severity"]),
        stored["message"],
        _label(stored["primary"], places),
        tuple(Label(places[at], text) for at, text in stored["related"]),
        notes=tuple(stored["notes"]),
        helps=tuple(stored["helps"]),
        trace=None if trace is None else tuple(TraceStep(*step) for step in trace),
        obligation=stored["obligation"],
        strength=stored["strength"],
    )


def _label(stored: Any, places: list[Span]) -> Label | None:
    if stored is None:
        return None
    at, text = stored
    return Label(places[at], text)


def _write(path: Path, made: Proved, places: list[Span]) -> None:
    """Stores an entry as a whole or not at all; a cache that cannot be written is no error."""
    index = {_key(span): position for position, span in reversed(list(enumerate(places)))}
    try:
        text = json.dumps(_plain(made, index))
    except (KeyError, TypeError, ValueError):
        return
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _forget_oldest(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".new")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)


def _forget_oldest(folder: Path) -> None:
    entries = [entry for entry in os.scandir(folder) if entry.is_file()]
    if len(entries) >= KEPT:
        entries.sort(key=lambda entry: entry.stat().st_mtime)
        for entry in entries[: len(entries) // 2]:
            with contextlib.suppress(OSError):
                Path(entry.path).unlink()


def _key(span: Span) -> tuple[str, int, int]:
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
        "diagnostics": [_plain_diagnostic(item, index) for item in diagnostics],
    }


def _plain_diagnostic(
    item: Diagnostic, index: Mapping[tuple[str, int, int], int]
) -> dict[str, Any]:
    def label(of: Label | None) -> list[Any] | None:
        return None if of is None else [index[_key(of.span)], of.text]

    if item.fixes:
        message = "edits have places of their own"
        raise ValueError(message)
    trace = item.trace
    return {
        "code": item.code,
        "severity": item.severity.value,
        "message": item.message,
        "primary": label(item.primary),
        "related": [label(of) for of in item.related],
        "notes": list(item.notes),
        "helps": list(item.helps),
        "trace": None
        if trace is None
        else [
            [dict(step.state), step.action, dict(step.arguments), dict(step.texts)]
            for step in trace
        ],
        "obligation": item.obligation,
        "strength": item.strength,
    }
