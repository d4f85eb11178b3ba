"""Diagnostics about names, files and imports: one builder for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gflowspec.core.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from gflowspec.core.resources import STANDARD
from gflowspec.core.source import Span
from gflowspec.lang.nearest import is_close, nearest


def suggestion(span: Span, near: str | None) -> tuple[str, tuple[Fix, ...]]:
    """The label and the fix that go with a did-you-mean; both empty without one.

    The fix counts as safe if one letter differs: there was no meaning that it could change.
    """
    if near is None:
        return "", ()
    fix = Fix(f"rename to `{near}`", (Edit(span, near),), safe=is_close(span.text, near))
    return f"did you mean `{near}`?", (fix,)


def listing(words: Iterable[str], limit: int = 12) -> str:
    """Up to ``limit`` names in backticks."""
    ordered = sorted(words)
    shown = ", ".join(f"`{word}`" for word in ordered[:limit])
    rest = len(ordered) - limit
    return f"{shown} and {rest} more" if rest > 0 else shown


def beginning(span: Span, text: str) -> Span:
    """The part of a span that holds the text it begins with."""
    return Span(span.file, span.start, span.start + len(text))


def undefined(
    span: Span, what: str, name: str, candidates: Iterable[str], takes: str = ""
) -> Diagnostic:
    """GFS101: ``what`` says which kind of name was looked for, such as ``function``.

    ``takes`` says what else may stand there.
    """
    advice = _ELSEWHERE.get(name)
    known = tuple(candidates)
    near = None if advice else nearest(name, known)
    label, fixes = suggestion(span, near)
    listed = known and near is None and what in _LISTED
    return Diagnostic(
        "GFS101",
        Severity.ERROR,
        f"undefined {what} `{name}`",
        Label(span, label),
        notes=(f"there are: {listing(known)}",) if listed else (),
        helps=tuple(filter(None, (advice, takes))),
        fixes=fixes,
    )


#: What a file has few of, all its own or imported.
_LISTED = frozenset({"environment", "reward"})


#: Names of other languages, and what is written here instead.
_ELSEWHERE = {
    "True": "write `true`",
    "False": "write `false`",
    "None": "an empty slot is `empty`; a setting is switched off by `none`",
    "append": "in an action, write `s.append(v)`",
    "enumerate": "range over the places: `for i in index(x)`, and read `x[i]`",
    "float": "numbers are exact: leave it out",
    "int": "`floor(x)` is the integer below x",
    "log10": "write `log(x) / log(10)`",
    "log2": "write `log(x) / log(2)`",
    "math": "functions are built in: write `exp(x)`",
    "np": "functions are built in: write `exp(x)`",
    "numpy": "functions are built in: write `exp(x)`",
    "pow": "write `x ^ n`",
    "range": "write `0..n - 1` for the integers from 0 to n - 1",
    "round": "write `floor(x + 1 / 2)`",
    "size": "write `len(x)`",
    "sorted": "only sequences have an order; `min`, `max` and `count` read the others",
    "str": "`text(x)` is the text of a state",
    "torch": "functions are built in: write `exp(x)`",
    "zip": "range over the places: `for i in index(x)`, and read `x[i]` and `y[i]`",
}


def unknown_choice(span: Span, what: str, name: str, candidates: Iterable[str]) -> Diagnostic:
    """GFS101 where only a few names are possible: the message lists them."""
    known = tuple(candidates)
    near = nearest(name, known)
    label, fixes = suggestion(span, near)
    notes = (f"known: {listing(known)}",) if known and near is None else ()
    message = f"undefined {what} `{name}`"
    return Diagnostic(
        "GFS101", Severity.ERROR, message, Label(span, label), notes=notes, fixes=fixes
    )


def duplicate(span: Span, name: str, first: Span, where: str) -> Diagnostic:
    """GFS102: ``where`` is ``this file`` or the declaration that holds both."""
    return Diagnostic(
        "GFS102",
        Severity.ERROR,
        f"`{name}` is declared twice in {where}",
        Label(span, "second declaration"),
        (Label(first, "first declaration"),),
        helps=("rename one of the two",),
    )


#: Names that a message about a cycle lists and points at.
_MAX_CYCLE = 8


def cycle(places: Sequence[tuple[str, Span]], what: str) -> Diagnostic:
    """GFS103: names in the order in which they need each other, without the repeated end.

    Args:
        places: Names and where they are declared.
        what: What they are, in the plural.
    """
    names = [name for name, _ in places]
    if len(names) == 1:
        message = f"`{names[0]}` is defined by itself"
    else:
        shown = [*names, names[0]]
        if len(names) > _MAX_CYCLE:
            shown = [*names[:6], "...", names[0]]
        message = f"these {what} need each other: {' -> '.join(shown)}"
    note = "recursion is not part of the language: every expression has a static cost"
    if what == "experiments":
        note = "`extends` copies the base first, so a base cannot be built on the copy"
    others = zip(places[1:_MAX_CYCLE], (*names[2:], names[0]), strict=False)
    related = tuple(Label(span, f"needs `{needed}`") for (_, span), needed in others)
    label = f"needs `{names[1]}`" if len(names) > 1 else ""
    primary = Label(places[0][1], label)
    return Diagnostic("GFS103", Severity.ERROR, message, primary, related, notes=(note,))


def import_cycle(span: Span, names: Sequence[str]) -> Diagnostic:
    """GFS103 between files; one name means that a file imports itself."""
    if len(names) == 1:
        message = f"`{names[0]}` imports itself"
        helps = ("remove the import: names of this file need none",)
    else:
        message = f"files import each other in a cycle: {' -> '.join([*names, names[0]])}"
        helps = ("move what both need into a third file",)
    return Diagnostic("GFS103", Severity.ERROR, message, Label(span), helps=helps)


def wrong_kind(span: Span, name: str, found: str, wanted: str) -> Diagnostic:
    """GFS104."""
    message = f"`{name}` is {_article(found)}, but {_article(wanted)} is needed here"
    return Diagnostic("GFS104", Severity.ERROR, message, Label(span))


def shadowed(span: Span, name: str, what: str, hidden: Span | None) -> Diagnostic:
    """GFS105: ``what`` describes the hidden declaration."""
    related = () if hidden is None else (Label(hidden, "hidden here"),)
    return Diagnostic(
        "GFS105",
        Severity.WARNING,
        f"`{name}` hides {what}",
        Label(span),
        related,
        helps=("rename it",),
    )


def import_not_found(span: Span, path: str, known: Iterable[str] = ()) -> Diagnostic:
    """GFS106."""
    candidates = tuple(known)
    near = nearest(path, candidates)
    label = "" if near is None else f'did you mean "{near}"?'
    fixes: tuple[Fix, ...] = ()
    if near is not None:
        safe = is_close(span.text, near)
        fixes = (Fix(f"import {near}", (Edit(span, f'"{near}"'),), safe),)
    owner = "the library" if path.startswith(STANDARD) else "the folder"
    notes = (f"{owner} has {listing(candidates)}",) if candidates and near is None else ()
    message = f"there is no file `{path}` to import"
    return Diagnostic(
        "GFS106", Severity.ERROR, message, Label(span, label), notes=notes, fixes=fixes
    )


def path_leaves_tree(span: Span, path: str) -> Diagnostic:
    """GFS204."""
    return Diagnostic(
        "GFS204",
        Severity.ERROR,
        f"the path `{path}` leaves the folder of the file that is checked",
        Label(span),
        helps=("copy the file next to the importing one, and import it from there",),
    )


def not_supported(span: Span, feature: str, helps: tuple[str, ...] = ()) -> Diagnostic:
    """GFS141: part of level 1 that this version cannot lower; ``feature`` begins the sentence."""
    message = f"{feature} is not supported by this version"
    return Diagnostic("GFS141", Severity.ERROR, message, Label(span), helps=helps)


def needs_level_two(span: Span, feature: str, helps: tuple[str, ...] = ()) -> Diagnostic:
    """GFS140."""
    message = f"{feature} needs language level 2, which this version does not have"
    return Diagnostic("GFS140", Severity.ERROR, message, Label(span), helps=helps)


def _article(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"
