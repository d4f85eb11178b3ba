"""Did-you-mean: the closest known name to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable


def distance(a: str, b: str) -> int:
    """Damerau-Levenshtein distance (optimal string alignment) between two words.

    Counts insertions, deletions, substitutions and swaps of neighbours.
    """
    before: list[int] = []
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        row = [i]
        for j, y in enumerate(b, start=1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, previous = previous, row
    return previous[-1]


#: Shorter words have too many neighbours.
_LONG_ENOUGH = 4


def is_close(name: str, near: str) -> bool:
    """Whether two words differ in one letter, or in case alone, and are long enough to tell."""
    word = name.strip('"')
    if word.lower() == near.lower():
        return True
    return len(near) >= _LONG_ENOUGH and distance(word, near) <= 1


#: Names among which a misspelt one is looked for; a file with more is not written by hand.
_MOST = 1_000


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate closest to ``name``, or None if none is within max(1, len / 3) edits.

    Case counts less than letters: ``hypergrid`` finds ``Hypergrid``. Ties go to the first in
    alphabetical order. Names over 100 characters, or among over 1,000 names, find nothing.
    """
    known = set(candidates) - {name}
    if len(name) > 100 or len(known) > _MOST:
        return None
    cutoff = max(1, len(name) // 3)
    letters = set(name.lower())
    scored = [
        (distance(name.lower(), candidate.lower()), distance(name, candidate), candidate)
        for candidate in known
        if abs(len(candidate) - len(name)) <= cutoff
        # Each letter that is not there costs an edit of its own.
        and len(letters.difference(candidate.lower())) <= cutoff
    ]
    best = min(scored, default=None)
    return best[2] if best is not None and best[0] <= cutoff else None
