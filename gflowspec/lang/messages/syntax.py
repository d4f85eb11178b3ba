"""Diagnostics about texts, tokens and syntax: one builder for each."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from gflowspec.core.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from gflowspec.core.frozen import Frozen
from gflowspec.core.source import SourceFile, Span

#: What the first line of a file must be.
VERSION_LINE = "gfs 1.0"


def _error(
    code: str,
    message: str,
    span: Span,
    label: str = "",
    *,
    related: tuple[Label, ...] = (),
    helps: tuple[str, ...] = (),
    fixes: tuple[Fix, ...] = (),
) -> Diagnostic:
    return Diagnostic(
        code,
        Severity.ERROR,
        message,
        Label(span, label),
        related=related,
        helps=helps,
        fixes=fixes,
    )


# ---- texts ------------------------------------------------------------------------------------


def file_missing(path: str, reason: str) -> Diagnostic:
    """GFS601: a file that cannot be read; ``reason`` is a clause such as ``does not exist``."""
    return Diagnostic("GFS601", Severity.ERROR, f"the file `{path}` {reason}")


def file_too_large(name: str, size: int, limit: int) -> Diagnostic:
    """GFS008."""
    message = f"the file has {size:,} bytes, but at most {limit:,} are allowed"
    help_text = "keep tables in a data file and read it with `data ... = file(...)`"
    return _error("GFS008", message, Span(SourceFile(name, ""), 0, 0), helps=(help_text,))


def not_text(span: Span, what: str) -> Diagnostic:
    """GFS005: the file is not a UTF-8 text; ``what`` was found at ``span``."""
    help_text = "a specification is a text file in UTF-8"
    return _error("GFS005", "this is not a text in UTF-8", span, what, helps=(help_text,))


def text_too_large(source: SourceFile, size: int, limit: int) -> Diagnostic:
    """GFS008 for a text that did not come from a file."""
    return file_too_large(source.name, size, limit)


# ---- version ----------------------------------------------------------------------------------


def _version_fix(span: Span, text: str) -> Fix:
    return Fix(f"write `{VERSION_LINE}` on the first line", (Edit(span, text),), safe=True)


def empty_file(source: SourceFile) -> Diagnostic:
    """GFS010: nothing but blanks and comments."""
    return _error(
        "GFS010",
        "the file is empty",
        Span(source, 0, 0),
        helps=(f"begin with the line `{VERSION_LINE}`; `gflowspec new` writes a complete example",),
        fixes=(_version_fix(Span(source, 0, 0), VERSION_LINE + "\n"),),
    )


def missing_version(span: Span) -> Diagnostic:
    """GFS010: the file starts with something else, at ``span``."""
    start = Span(span.file, 0, 0)
    return _error(
        "GFS010",
        f"the file does not begin with `{VERSION_LINE}`",
        span,
        f"`{VERSION_LINE}` must come first",
        helps=(f"insert the line `{VERSION_LINE}` at the top",),
        fixes=(_version_fix(start, VERSION_LINE + "\n\n"),),
    )


def bad_version(span: Span) -> Diagnostic:
    """GFS010: a version line that is misspelt or incomplete covers ``span``."""
    return _error(
        "GFS010",
        "this is not a version line",
        span,
        helps=(f"write `{VERSION_LINE}`",),
        fixes=(_version_fix(span, VERSION_LINE),),
    )


def unsupported_version(span: Span, version: str) -> Diagnostic:
    """GFS010: a version of the language that this program does not know."""
    return _error(
        "GFS010",
        f"version {version} of the language is not supported",
        span,
        "this program reads version 1.0",
        helps=("install a newer gflowspec, or write the file in version 1.0",),
    )


# ---- tokens -----------------------------------------------------------------------------------


def bad_number(span: Span, advice: str, instead: str = "") -> Diagnostic:
    """GFS003; ``instead`` is the number that was meant, if that is clear."""
    fixes = (Fix(f"write `{instead}`", (Edit(span, instead),), safe=True),) if instead else ()
    return _error("GFS003", f"`{span.text}` is not a number", span, advice, fixes=fixes)


def unterminated_string(span: Span) -> Diagnostic:
    """GFS006: a string that does not end on its line."""
    help_text = 'close it with `"` on the same line; a line break is written `\\n`'
    end = span.start + len(span.text.rstrip())
    fix = Fix("close it at the end of the line", (Edit(Span(span.file, end, end), '"'),))
    message = "this string has no end"
    return _error("GFS006", message, span, "opened here", helps=(help_text,), fixes=(fix,))


def bad_escape(span: Span) -> Diagnostic:
    """GFS005 within a string."""
    return _error(
        "GFS005",
        f"`{span.text}` is not an escape sequence",
        span,
        helps=('those that exist are `\\n`, `\\t`, `\\"`, `\\\\` and `\\u{1F600}`',),
    )


def invalid_character(span: Span, advice: str | None, fixes: tuple[Fix, ...] = ()) -> Diagnostic:
    """GFS005: a character that no token begins with."""
    shown = printable(span.text)
    helps = () if advice is None else (advice,)
    return _error("GFS005", f"invalid character {shown}", span, helps=helps, fixes=fixes)


def printable(character: str) -> str:
    """A character in backticks, or its code point if it cannot be seen."""
    if character.isprintable() and not character.isspace():
        return f"`{character}`"
    return f"U+{ord(character):04X}"


# ---- brackets ---------------------------------------------------------------------------------


def unclosed(opener: Span, next_item: Span | None, suspicious: Span | None) -> Diagnostic:
    """GFS002: a bracket that is open where the next item or the end of the file comes.

    ``suspicious`` is a closing bracket that, judging by its indentation, was meant for another.
    """
    related = []
    if suspicious is not None:
        related.append(Label(suspicious, "closes it, but is indented like an outer bracket"))
    if next_item is None:
        message = f"unexpected end of file: `{opener.text}` is never closed"
    else:
        message = f"`{opener.text}` is never closed"
        related.append(Label(next_item, "a new item begins here"))
    closer = CLOSERS.get(opener.text, "")
    place = "at the end" if next_item is None else f"before `{next_item.text}`"
    if suspicious is not None:
        place = "where it ends, before the one that is indented like an outer bracket"
    helps = (f"write `{closer}` {place}",) if closer else ()
    return _error("GFS002", message, opener, "opened here", related=tuple(related), helps=helps)


#: Brackets and what closes them.
CLOSERS = {"(": ")", "[": "]", "{": "}"}


def wrong_closer(opener: Span, closer: Span, expected: str) -> Diagnostic:
    """GFS002: a bracket closed by one of another shape."""
    return _error(
        "GFS002",
        f"`{opener.text}` is closed by `{closer.text}`",
        opener,
        "opened here",
        related=(Label(closer, f"expected `{expected}`"),),
        helps=(f"write `{expected}` in its place, or before it",),
    )


def unopened(closer: Span) -> Diagnostic:
    """GFS001: a closing bracket without an opening one."""
    return _error("GFS001", f"`{closer.text}` closes nothing", closer, "no bracket is open here")


def too_many_brackets(opener: Span, limit: int) -> Diagnostic:
    """GFS009 for brackets."""
    message = f"brackets are nested more than {limit} deep"
    help_text = "name a part of the expression with `let`"
    return _error("GFS009", message, opener, helps=(help_text,))


def too_deep(span: Span, limit: int) -> Diagnostic:
    """GFS009 for expressions and types."""
    return _error(
        "GFS009",
        f"the expression is nested more than {limit} levels deep",
        span,
        "begins here",
        helps=("name parts of it with `let`; long sums are `sum(... for ... in ...)`",),
    )


# ---- grammar ----------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Unexpected(Frozen):
    """What an unexpected token is called, and what may be done about it.

    Attributes:
        message: The headline; made from the token where it is empty.
        helps: What to do.
        expected: Names of what could stand there, in words.
    """

    message: str = ""
    helps: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()


def unexpected(span: Span, found: str, what: Unexpected) -> Diagnostic:
    """GFS001: ``found`` names the token in words, or is the end of the item."""
    label = f"expected {one_of(what.expected)}" if what.expected else ""
    message = what.message or f"unexpected {found}"
    return _error("GFS001", message, span, label, helps=what.helps, fixes=what.fixes)


def keyword_as_name(span: Span, word: str) -> Diagnostic:
    """GFS004."""
    return _error(
        "GFS004",
        f"`{word}` is a keyword",
        span,
        "it cannot be a name",
        helps=("choose another name, such as `" + word + "_`",),
    )


def nested_item(span: Span, keyword: str, outer: Span | None) -> Diagnostic:
    """GFS007: an item in the body of another one."""
    related = () if outer is None else (Label(outer, "this is not closed yet"),)
    return _error(
        "GFS007",
        f"`{keyword}` stands inside another item",
        span,
        "items stand side by side in a file",
        related=related,
        helps=("close the item before it, or move this one out of it",),
    )


def malformed_override(diagnostic: Diagnostic) -> Diagnostic:
    """GFS603: what is wrong with the text of an ``-s``."""
    help_text = "an override is written `path=value`, for example `-s train.steps=200`"
    return attrs.evolve(diagnostic, code="GFS603", helps=(*diagnostic.helps, help_text))


def block_has_no_path(span: Span) -> Diagnostic:
    """GFS603: ``-s evaluate.every.100...``."""
    helps = ('`-s "evaluate.final=[tv_exact()]"` says what is measured at the end',)
    message = "blocks `every N { ... }` are written in the file: no path leads to one"
    return attrs.evolve(_error("GFS603", message, span), helps=helps)


def too_many_errors(span: Span, limit: int) -> Diagnostic:
    """GFS001: the rest of a file that is full of errors is not looked at."""
    return _error("GFS001", f"more than {limit} items have errors; the rest was not read", span)


def one_of(words: Sequence[str]) -> str:
    """``a, b or c``."""
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} or {words[-1]}"
