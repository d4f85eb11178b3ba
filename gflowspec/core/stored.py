"""Diagnostics as JSON that can be read back; what users see is the business of ``render``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gflowspec.core.diagnostics import Diagnostic, Edit, Fix, Label, Severity, TraceStep
from gflowspec.core.source import Span


def to_stored(item: Diagnostic, place: Callable[[Span], Any]) -> dict[str, Any]:
    """A diagnostic in terms of JSON; ``place`` says how a span is written."""

    def label(of: Label) -> list[Any]:
        return [place(of.span), of.text]

    trace = item.trace
    return {
        "code": item.code,
        "severity": item.severity.value,
        "message": item.message,
        "primary": None if item.primary is None else label(item.primary),
        "related": [label(of) for of in item.related],
        "notes": list(item.notes),
        "helps": list(item.helps),
        "fixes": [
            [fix.title, fix.safe, [[place(edit.span), edit.text] for edit in fix.edits]]
            for fix in item.fixes
        ],
        "trace": None
        if trace is None
        else [
            [dict(step.state), step.action, dict(step.arguments), dict(step.texts)]
            for step in trace
        ],
        "obligation": item.obligation,
        "strength": item.strength,
    }


def from_stored(stored: Mapping[str, Any], span: Callable[[Any], Span]) -> Diagnostic:
    """The diagnostic; ``span`` reads what ``place`` has written.

    Raises:
        KeyError: It is none; or IndexError, TypeError, ValueError.
    """

    def label(of: Any) -> Label:
        at, text = of
        return Label(span(at), text)

    trace = stored["trace"]
    return Diagnostic(
        stored["code"],
        Severity(stored["severity"]),
        stored["message"],
        None if stored["primary"] is None else label(stored["primary"]),
        tuple(label(of) for of in stored["related"]),
        notes=tuple(stored["notes"]),
        helps=tuple(stored["helps"]),
        fixes=tuple(
            Fix(title, tuple(Edit(span(at), text) for at, text in edits), safe)
            for title, safe, edits in stored["fixes"]
        ),
        trace=None if trace is None else tuple(TraceStep(*step) for step in trace),
        obligation=stored["obligation"],
        strength=stored["strength"],
    )
