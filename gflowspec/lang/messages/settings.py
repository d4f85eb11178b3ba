"""Diagnostics about settings: one builder for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gflowspec.core.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from gflowspec.core.source import Span
from gflowspec.lang.messages.names import listing, suggestion
from gflowspec.lang.nearest import nearest

_WORDS: Mapping[str, str] = {
    "backward": "backward rule",
    "forward": "forward policy",
    "head": "head of P_F",
    "exploration": "exploration rule",
    "replay": "replay buffer",
    "test_set": "test set",
}


def kind_word(kind: str) -> str:
    """What messages call a kind of component."""
    return _WORDS.get(kind, kind)


def misplaced_setting(
    span: Span, name: str, what: str, homes: Sequence[str], here: str | None
) -> Diagnostic:
    """GFS111: there is no such setting of ``what``, but at the paths ``homes``.

    ``here`` is what to write in its place, where that is known.
    """
    helps = (f"write `{homes[0]}`" if len(homes) == 1 else f"there are {listing(homes)}",)
    fixes = () if here is None else (Fix(f"write `{here}`", (Edit(span, here),), safe=False),)
    message = f"unknown setting `{name}` of {what}"
    return Diagnostic("GFS111", Severity.ERROR, message, Label(span), helps=helps, fixes=fixes)


def unknown_setting(
    span: Span | None, name: str, what: str, known: Iterable[str], noun: str = "setting"
) -> Diagnostic:
    """GFS111: ``what`` owns the settings that exist, such as ``objective `subtb```."""
    candidates = tuple(known)
    message = f"unknown {noun} `{name}` of {what}"
    notes = (f"it has {listing(candidates)}",) if candidates else (f"it has no {noun}s",)
    if span is None:
        return Diagnostic("GFS111", Severity.ERROR, message, notes=notes)
    near = nearest(name, candidates)
    label, fixes = suggestion(span, near)
    listed = notes if near is None else ()
    return Diagnostic(
        "GFS111", Severity.ERROR, message, Label(span, label), notes=listed, fixes=fixes
    )


def no_effect(span: Span, name: str, what: str, owners: Iterable[str]) -> Diagnostic:
    """GFS402: an argument that other constructors of the kind have."""
    message = f"`{name}` has no effect with {what}"
    notes = (f"it is a setting of {listing(owners)}",)
    return Diagnostic("GFS402", Severity.ERROR, message, Label(span), notes=notes)


def set_twice(span: Span, path: str, first: Span) -> Diagnostic:
    """GFS113."""
    return Diagnostic(
        "GFS113",
        Severity.ERROR,
        f"`{path}` is set twice",
        Label(span, "set again"),
        (Label(first, "first set here"),),
        helps=("keep one of the two",),
    )


def missing(span: Span, path: str, experiment: str, choices: Iterable[str]) -> Diagnostic:
    """GFS112: a setting without a default that nobody sets."""
    known = tuple(choices)
    notes = (f"known: {listing(known)}",) if known else ()
    helps = (f"add `{path} = {known[0]}`",) if known else ()
    message = f"experiment `{experiment}` needs a value for `{path}`"
    return Diagnostic("GFS112", Severity.ERROR, message, Label(span), notes=notes, helps=helps)


def exclusive(span: Span, one: str, other: str, first: Span) -> Diagnostic:
    """GFS403: two settings of which only one may be given."""
    return Diagnostic(
        "GFS403",
        Severity.ERROR,
        f"`{one}` and `{other}` exclude each other",
        Label(span),
        (Label(first, "the other one"),),
        helps=("keep one of the two",),
    )


def wrong_value(span: Span, path: str, wanted: str, helps: tuple[str, ...] = ()) -> Diagnostic:
    """GFS120: ``wanted`` says what the setting accepts."""
    message = f"`{path}` needs {wanted}"
    return Diagnostic("GFS120", Severity.ERROR, message, Label(span), helps=helps)


def unknown_word(span: Span, path: str, word: str, choices: Iterable[str]) -> Diagnostic:
    """GFS120: a word that is none of the choices."""
    known = tuple(choices)
    label, fixes = suggestion(span, nearest(word, known))
    message = f"`{path}` cannot be `{word}`: it is one of {listing(known)}"
    return Diagnostic("GFS120", Severity.ERROR, message, Label(span, label), fixes=fixes)


def outside(
    span: Span, path: str, shown: str, allowed: str, helps: tuple[str, ...] = ()
) -> Diagnostic:
    """GFS121."""
    message = f"`{path}` cannot be {shown}: it must lie in {allowed}"
    return Diagnostic("GFS121", Severity.ERROR, message, Label(span), helps=helps)


def wrong_unit(span: Span, path: str, wanted: str, helps: tuple[str, ...]) -> Diagnostic:
    """GFS127."""
    message = f"`{path}` needs {wanted}"
    return Diagnostic("GFS127", Severity.ERROR, message, Label(span), helps=helps)


def not_a_list(span: Span, path: str) -> Diagnostic:
    """GFS120 for ``+=``."""
    message = f"`+=` appends to lists, but `{path}` is no list"
    return Diagnostic("GFS120", Severity.ERROR, message, Label(span), helps=("write `=`",))
