"""Diagnostics about files that a text names: one builder for each."""

from __future__ import annotations

from collections.abc import Sequence

from gflowspec.compiler.data.problems import DataProblem
from gflowspec.compiler.elaborate import messages
from gflowspec.core import places
from gflowspec.core.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from gflowspec.core.places import DATA
from gflowspec.core.source import Span
from gflowspec.core.types import Type
from gflowspec.lang import ast
from gflowspec.lang.nearest import nearest


def positional(span: Span) -> Diagnostic:
    """GFS120."""
    message = "the arguments of `file` after the path have names"
    helps = ('for example `array = "y"` or `column = "score"`',)
    return messages.error("GFS120", message, span, helps=helps)


def not_text(span: Span, found: Type, wanted: str) -> Diagnostic:
    """GFS120."""
    return messages.mismatch(span, found, wanted)


def not_pinned(ref: ast.FileRef, found: str) -> Diagnostic:
    """GFS202 as a note: a hash that could be written down."""
    end = ref.span.end - 1
    inside = ref.span.file.text[ref.span.start : end].rstrip()
    text = f'sha256 = "{found}"'
    edit = Edit(Span(ref.span.file, end, end), f" {text}" if inside.endswith(",") else f", {text}")
    return Diagnostic(
        "GFS202",
        Severity.NOTE,
        f"the hash of `{ref.path.value}` is not written down",
        Label(ref.path.span),
        notes=("with its hash, a file that changes is noticed",),
        helps=(f"add `{text}`",),
        fixes=(Fix("write the hash", (edit,), safe=True),),
    )


def missing(span: Span, written: str, known: Sequence[str], *, warns: bool) -> Diagnostic:
    """GFS201: an error, or a warning that says what follows from it."""
    shared = written.startswith(DATA)
    name = written.removeprefix(DATA).rsplit("/", maxsplit=1)[-1]
    near = nearest(name, known)
    label = "" if near is None else f"did you mean `{near}`?"
    notes = ("what depends on its values is unknown",) if warns else ()
    helps = (f"register it: `gflowspec data add PATH/TO/{name}`",) if shared else ()
    where = "in the data directory" if shared else "to read"
    shown = written.removeprefix(DATA) if shared else written
    return Diagnostic(
        "GFS201",
        Severity.WARNING if warns else Severity.ERROR,
        f"there is no file `{places.shown(shown)}` {where}",
        Label(span, label),
        notes=notes,
        helps=helps,
    )


def leaves(span: Span, written: str) -> Diagnostic:
    """GFS204."""
    return Diagnostic(
        "GFS204",
        Severity.ERROR,
        f"the path `{places.shown(written)}` leads out of the folder of the file that is checked",
        Label(span),
        notes=("links are followed; `~` and `$VAR` are not expanded",),
        helps=("put the file below that folder, or register it: `gflowspec data add FILE`",),
    )


def library_path(span: Span, written: str) -> Diagnostic:
    """GFS204 in the standard library."""
    message = (
        f"a file of the standard library reads `{DATA}...` only, not `{places.shown(written)}`"
    )
    return messages.error("GFS204", message, span)


def unusable(span: Span, problem: DataProblem) -> Diagnostic:
    """What a reader found, at the place of the path."""
    return messages.error(
        problem.code, problem.message, span, notes=problem.notes, helps=problem.helps
    )
