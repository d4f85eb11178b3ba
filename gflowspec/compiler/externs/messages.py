"""Diagnostics about functions in Python: one builder for each finding."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from gflowspec.compiler.externs.locate import Located
from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.source import Span


def closed(name: str) -> str:
    """What evaluation says where it meets a function that was not allowed to run."""
    return f"`{name}` is not called here: only `compile` and `run` run Python"


def not_found(span: Span, target: str, reason: str) -> Diagnostic:
    """GFS214: there is no module."""
    return Diagnostic(
        "GFS214",
        Severity.ERROR,
        f"the function `{target}` is not installed: {reason}",
        Label(span),
        helps=("install its package, or put the module beside the specification",),
    )


def as_warning(found: Diagnostic) -> Diagnostic:
    """What keeps a function from running, as long as nothing is to be run."""
    notes = (*found.notes, "what depends on its results is unknown")
    return attrs.evolve(found, severity=Severity.WARNING, notes=notes)


def bad_target(span: Span, written: str) -> Diagnostic:
    """GFS214: the text names no function."""
    return Diagnostic(
        "GFS214",
        Severity.ERROR,
        f"`{written[:80]}` names no function in Python",
        Label(span),
        helps=('write module and function, as in `"package.module:function"`',),
    )


def not_importable(span: Span, name: str, located: Located, reason: str) -> Diagnostic:
    """GFS214: the module is there, and importing it fails."""
    return Diagnostic(
        "GFS214",
        Severity.ERROR,
        f"`{name}` cannot be imported: {reason}",
        Label(span),
        notes=(f"`{located.target}` is in {located.file}",),
    )


def invalid_result(span: Span, name: str, arguments: str, reason: str) -> Diagnostic:
    """GFS215: a call gave no result of the declared type."""
    return Diagnostic(
        "GFS215",
        Severity.ERROR,
        f"`{name}` gave no valid result: {reason}",
        Label(span),
        notes=(f"called as {name}({arguments})",),
        helps=("with `on_error = reject` such objects get the reward `floor`",),
    )


def impure(span: Span | None, name: str, what: str) -> Diagnostic:
    """GFS216: ``what`` needs a function whose results do not change."""
    return Diagnostic(
        "GFS216",
        Severity.ERROR,
        f"{what}, but `{name}` may give another result each time",
        None if span is None else Label(span),
        helps=("declare it `pure = true` if equal arguments give equal results",),
    )


def host_only(span: Span | None, what: str, where: str) -> Diagnostic:
    """GFS217: ``what`` is a string or a function; ``where`` is such as ``a guard``."""
    return Diagnostic(
        "GFS217",
        Severity.ERROR,
        f"{what} cannot stand in {where}",
        None if span is None else Label(span),
        notes=("masks and steps are tensor programs, which have neither text nor Python",),
        helps=("use it in a reward or in `object`",),
    )


def needs_floor(span: Span, name: str, reward: str) -> Diagnostic:
    """GFS112: calls that are rejected give the floor, and there is none."""
    return Diagnostic(
        "GFS112",
        Severity.ERROR,
        f"reward `{reward}` needs a `floor`: `{name}` may reject an object",
        Label(span),
        helps=("add `floor = 1e-6` to the reward, or declare `on_error = fail`",),
    )


def not_trusted(functions: Sequence[tuple[Span, str, Located]], path: str) -> list[Diagnostic]:
    """GFS218 for each function that would run Python without having been allowed to."""
    return [
        Diagnostic(
            "GFS218",
            Severity.ERROR,
            f"`{name}` runs Python, and was not trusted yet",
            Label(span),
            notes=(
                f"function: {located.target}",
                f"from: {located.distribution}",
                f"file: {_from_here(located.file)}",
                f"sha256: {located.sha256}",
            ),
            helps=(
                f"read the file, then: gflowspec trust {path}",
                f"or for one command: --trust sha256:{located.sha256}",
            ),
        )
        for span, name, located in functions
    ]


def _from_here(file: str) -> str:
    """A path as short as it can be typed from where the command runs."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
