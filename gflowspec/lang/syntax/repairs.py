"""Fixes of common mistakes of syntax."""

from __future__ import annotations

from gflowspec.core.diagnostics import Edit, Fix
from gflowspec.core.source import Span
from gflowspec.lang.syntax.characters import INSTEAD, QUOTES
from gflowspec.lang.syntax.mistakes import Mend, Mistake
from gflowspec.lang.syntax.scan import Kind, scan

#: How far behind a token the next one is looked for.
_NEAR = 200


def mistake_fixes(mistake: Mistake, token: Span, previous: Span | None) -> tuple[Fix, ...]:
    """The fix of a mistake at a token; none where it takes more than one text in one place."""
    place = _place(mistake.mend, token, previous)
    if place is None:
        return ()
    title = f"write `{mistake.text.strip()}`" if mistake.text else f"remove `{place.text}`"
    return (Fix(title, (Edit(place, mistake.text),), safe=True),)


def _place(mend: Mend | None, token: Span, previous: Span | None) -> Span | None:
    file = token.file
    match mend:
        case Mend.TOKEN:
            return token
        case Mend.FRONT:
            return Span(file, token.start, token.start)
        case Mend.BEHIND if previous is not None:
            return Span(file, previous.end, previous.end)
        case Mend.PREVIOUS if previous is not None:
            return previous.to(token)
        case Mend.FOLLOWING:
            end = _next_end(token)
            return None if end is None else Span(file, token.start, end)
        case _:
            return None


def _next_end(token: Span) -> int | None:
    """Where the token behind this one ends, if only blanks are between."""
    for piece in scan(token.file.text[token.end : token.end + _NEAR]):
        if piece.kind is not Kind.SPACE:
            return None if piece.kind is Kind.COMMENT else token.end + piece.end
    return None


def character_fixes(character: Span) -> tuple[Fix, ...]:
    """The fix of a character that no token begins with."""
    if character.text in QUOTES:
        return _straight_quotes(character)
    text, place = character.file.text, character
    twice = text[place.start : place.start + 2 * len(place.text)]
    if twice in INSTEAD:
        place = Span(place.file, place.start, place.start + len(twice))
    new = INSTEAD.get(place.text)
    if new is None:
        return ()
    if new.isalpha():
        before, after = text[: place.start][-1:], text[place.end :][:1]
        new = ("" if before.isspace() else " ") + new + ("" if after.isspace() else " ")
    title = f"write `{new.strip()}`" if new.strip() else f"remove `{place.text}`"
    return (Fix(title, (Edit(place, new),), safe=True),)


def _straight_quotes(opening: Span) -> tuple[Fix, ...]:
    text = opening.file.text
    line = text[opening.end :].splitlines()[:1] or [""]
    inside, closing, _ = line[0].partition(QUOTES[opening.text])
    if not closing or '"' in inside:
        return ()
    end = opening.end + len(inside)
    edits = (Edit(opening, '"'), Edit(Span(opening.file, end, end + len(closing)), '"'))
    return (Fix("use straight quotes", edits, safe=True),)
