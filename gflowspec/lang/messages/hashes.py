"""Diagnostics about hashes that a text holds: one builder for each."""

from __future__ import annotations

import re

from gflowspec.core.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from gflowspec.core.source import Span

_HASH = re.compile(r"[0-9a-fA-F]{64}")


def is_hash(text: str) -> bool:
    """Whether a text can be a SHA-256."""
    return _HASH.fullmatch(text) is not None


def no_hash(span: Span) -> Diagnostic:
    """GFS202: what is written is no hash at all."""
    return Diagnostic(
        "GFS202",
        Severity.ERROR,
        "a sha256 is 64 hexadecimal digits",
        Label(span),
        helps=("`sha256sum FILE` prints it",),
    )


def other_hash(span: Span, written: str, found: str) -> Diagnostic:
    """GFS202."""
    fix = Fix("take the file as it is now", (Edit(span, f'"{found}"'),))
    return Diagnostic(
        "GFS202",
        Severity.ERROR,
        "the file is not the one whose `sha256` is written here",
        Label(span, "the hash it should have"),
        notes=(f"its hash is  {found}", f"written is   {written}"),
        helps=("get the right file, or write the new hash if the change was meant",),
        fixes=(fix,),
    )
