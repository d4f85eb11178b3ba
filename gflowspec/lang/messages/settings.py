"""Diagnostics about settings: one builder for each."""

from __future__ import annotations

from collections.abc import Iterable

from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.source import Span
from gflowspec.lang.messages.names import listing, suggestion
from gflowspec.lang.nearest import nearest


def unknown_setting(
    span: Span | None, name: str, what: str, known: Iterable[str], noun: str = "setting"
) -> Diagnostic:
    """GFS111: ``what`` owns the settings that exist, such as ``objective `subtb```."""
    candidates = tuple(known)
    message = f"unknown {noun} `{name}` of {what}"
    notes = (f"it has {listing(candidates)}",) if candidates else (f"it has no {noun}s",)
    if span is None:
        return Diagnostic("GFS111", Severity.ERROR, message, notes=notes)
    label, fixes = suggestion(span, nearest(name, candidates))
    return Diagnostic("GFS111", Severity.ERROR, message, Label(span, label), (), notes, (), fixes)
