"""Warnings about what a file says in vain, and about style: one builder for each."""

from __future__ import annotations

from gflowspec.core.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from gflowspec.core.source import Span


def unused(span: Span, what: str, name: str) -> Diagnostic:
    """GFS114: ``what`` is the kind of the declaration."""
    return Diagnostic(
        "GFS114",
        Severity.WARNING,
        f"{what} `{name}` is never used",
        Label(span),
        helps=(f"remove it, or call it `_{name}` if it has to stay",),
    )


def unused_import(span: Span, name: str, fixes: tuple[Fix, ...]) -> Diagnostic:
    """GFS114 for a name of another file."""
    message = f"import `{name}` is never used"
    helps = (fixes[0].title,) if fixes else ("remove it",)
    return Diagnostic("GFS114", Severity.WARNING, message, Label(span), helps=helps, fixes=fixes)


def unused_binder(span: Span, name: str, action: str) -> Diagnostic:
    """GFS114 for a binder: its values are actions that all do the same."""
    return Diagnostic(
        "GFS114",
        Severity.WARNING,
        f"binder `{name}` of action `{action}` is never used",
        Label(span),
        notes=("each of its values is an action of its own, and all of them do the same",),
        helps=(f"remove it, or call it `_{name}` if parallel edges are wanted",),
    )


def naming(span: Span, what: str, name: str, wanted: str) -> Diagnostic:
    """GFS901: ``wanted`` is the style, such as ``snake_case``."""
    return Diagnostic(
        "GFS901", Severity.WARNING, f"{what} `{name}` is not written in {wanted}", Label(span)
    )


def undocumented(span: Span, what: str, name: str) -> Diagnostic:
    """GFS902."""
    return Diagnostic(
        "GFS902",
        Severity.WARNING,
        f"{what} `{name}` has no documentation",
        Label(span),
        helps=("write a line that begins with `##` in front of it",),
    )


def stray_documentation(span: Span) -> Diagnostic:
    """GFS904: a ``##`` line that documents nothing; ``span`` covers its mark."""
    return Diagnostic(
        "GFS904",
        Severity.WARNING,
        "this documents nothing",
        Label(span, "no declaration begins behind it"),
        helps=("write `#`: it is a comment",),
        fixes=(Fix("write `#`", (Edit(span, "#"),), safe=True),),
    )
