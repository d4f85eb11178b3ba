"""Diagnostics for commands that cannot be understood: GFS600 to GFS604, exit code 2."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.lang.nearest import nearest

if TYPE_CHECKING:
    from gflowspec.lang.ast import Override


def usage(
    code: str, message: str, *, notes: Sequence[str] = (), helps: Sequence[str] = ()
) -> Diagnostic:
    """A usage error; it has no place in a text."""
    return Diagnostic(code, Severity.ERROR, message, notes=tuple(notes), helps=tuple(helps))


def unknown_word(kind: str, word: str, known: Iterable[str]) -> Diagnostic:
    """An unknown verb, flag, topic or template, with the nearest known ones."""
    names = sorted(known)
    near = nearest(word, names)
    if near is not None:
        return usage("GFS600", f"unknown {kind} `{word}`", helps=[f"did you mean `{near}`?"])
    return usage("GFS600", f"unknown {kind} `{word}`", notes=[f"there are: {', '.join(names)}"])


def no_such_file(path: str, kind: str = "file", known: Iterable[str] = ()) -> Diagnostic:
    """A path of the command line that leads nowhere, or to a folder."""
    if kind == "file" and Path(path).is_dir():
        return usage("GFS601", f"{path} is a folder", helps=["name a file in it"])
    return usage("GFS601", f"no such {kind}: {path}", helps=_did_you_mean(nearest(path, known)))


def which_experiment(path: str, names: Sequence[str], noun: str = "experiment") -> Diagnostic:
    """A file with several experiments, or environments, and no name after the colon."""
    return usage(
        "GFS604",
        f"{path} has {len(names)} {noun}s",
        notes=[f"they are: {', '.join(names)}"],
        helps=[f"name one: {path}:{names[0]}"],
    )


def no_experiment(
    path: str, wanted: str | None, names: Sequence[str], noun: str = "experiment"
) -> Diagnostic:
    """A file without the experiment, or environment, that is asked for."""
    if wanted is None:
        return usage("GFS604", f"{path} has no {noun}")
    near = nearest(wanted, names)
    notes = [f"there are: {', '.join(names)}"] if names else [f"{path} has no {noun} at all"]
    helps = _did_you_mean(None if near is None else f"{path}:{near}")
    return usage("GFS604", f"{path} has no {noun} `{wanted}`", notes=notes, helps=helps)


def _did_you_mean(name: str | None) -> list[str]:
    return [] if name is None else [f"did you mean `{name}`?"]


def not_of_an_environment(item: Override, name: str) -> Diagnostic:
    """GFS111 for a setting of experiments where an environment alone is asked for."""
    return Diagnostic(
        "GFS111",
        Severity.ERROR,
        f"`{item.path.text}` is set in experiments, but `{name}` is an environment",
        Label(item.path.span),
        helps=(f"name an experiment, or an instance: `environment Small = {name}(...)`",),
    )
