"""Make a failing text small: delta debugging over blocks and tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from fuzz.tokens import block, tokens
from gflowspec.lang.syntax.items import ITEM_KEYWORDS

#: Most tokens in front of a block that may go with it.
HEAD = 8


def shrunk(text: str, fails: Callable[[str], bool], tries: int) -> str:
    """A smaller text for which ``fails`` holds, after at most so many tries.

    Whole items are left out, then bracketed blocks, then chunks of tokens, larger ones first; over
    again until nothing can be left out.
    """
    left = [tries]

    def still(parts: list[str]) -> bool:
        if left[0] <= 0:
            return False
        left[0] -= 1
        return fails("".join(parts) + "\n")

    parts = tokens(text)
    before = len(parts) + 1
    while len(parts) < before and left[0] > 0:
        before = len(parts)
        for step in (_without_items, _without_blocks, _without_chunks):
            parts = step(parts, still)
    return "".join(parts).lstrip() + "\n"


def _without_items(parts: list[str], still: Callable[[list[str]], bool]) -> list[str]:
    starts, depth = [], 0
    for at, part in enumerate(parts):
        if depth == 0 and part.strip() in ITEM_KEYWORDS:
            starts.append(at)
        depth += (part[-1:] in "([{") - (part[-1:] in ")]}")
    for start, end in reversed([*pairwise([*starts, len(parts)])]):
        rest = [*parts[:start], *parts[end:]]
        if still(rest):
            parts = rest
    return parts


def _without_chunks(parts: list[str], still: Callable[[list[str]], bool]) -> list[str]:
    size = len(parts) // 2
    while size:
        at = 0
        while at < len(parts):
            rest = [*parts[:at], *parts[at + size :]]
            if rest and still(rest):
                parts = rest
            else:
                at += size
        size //= 2
    return parts


def _without_blocks(parts: list[str], still: Callable[[list[str]], bool]) -> list[str]:
    """Without whole blocks and what leads up to them, or with what is in them in their place."""
    at = 0
    while at < len(parts):
        for rest in _rests(parts, at):
            if rest and still(rest):
                parts = rest
                break
        else:
            at += 1
    return parts


def _rests(parts: list[str], at: int) -> Iterator[list[str]]:
    for start in range(at, min(at + HEAD, len(parts))):
        if parts[start][-1:] in "([{":
            end = block(parts, start)
            yield [*parts[:at], *parts[end:]]
            if start == at:
                yield [*parts[:at], *parts[at + 1 : end - 1], *parts[end:]]
