"""Small changes of specifications: most give a wrong one, some another right one."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from fuzz import corpus
from fuzz.environments import environment
from fuzz.tokens import block, tokens
from gflowspec.core.source import SourceFile
from gflowspec.lang.syntax.parser import parse

Parts = list[str]

NUMBERS = ("0", "1", "2", "3", "-1", "1 / 2", "0.3", "1e9", "1e-300", "2 ^ 70", "99999999999", "7")
OPERATORS = ("+", "-", "*", "/", "//", "%", "^", "==", "!=", "<", "<=", "and", "or", "=>", "in")
EFFECTS = ("+=", ":=", "=", ".add(", ".append(", ".prepend(")
WORDS = (
    "true",
    "false",
    "empty",
    "not",
    "state",
    "stop",
    "terminal",
    "when",
    "for",
    "if",
    "x",
    "R",
)
NOISE = ("\0", "é", "\u200b", '"', "\\", "#", "{", "}", "(", "))", "..", "\ufeff", "𝒳", "0x", "'")


def mutated(random: Random) -> str:
    """A text after one to five changes; three times out of four one that still parses."""
    wanted = random.random() < 0.75
    for _ in range(6):
        text = _changed(random)
        source = SourceFile("mutated.gfs", text)
        if not wanted or not any(item.is_error for item in parse(source)[1]):
            break
    return text


def _changed(random: Random) -> str:
    """A text of the corpus, or a random environment, with changes."""
    known = random.random() < 0.6
    text = random.choice(corpus.texts()) if known else environment(random)
    parts = tokens(text) or [""]
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5))):
        parts = random.choice(CHANGES)(parts, random) or [""]
    return "".join(parts) + "\n"


def _number(parts: Parts, random: Random) -> Parts:
    return _replace(parts, random, str.isdigit, lambda old: random.choice((*NUMBERS, f"{old}0")))


def _operator(parts: Parts, random: Random) -> Parts:
    return _replace(parts, random, OPERATORS.__contains__, lambda _: random.choice(OPERATORS))


def _effect(parts: Parts, random: Random) -> Parts:
    return _replace(parts, random, EFFECTS.__contains__, lambda _: random.choice(EFFECTS))


def _name(parts: Parts, random: Random) -> Parts:
    names = sorted({part.strip() for part in parts if part.strip().isidentifier()})
    words = (*WORDS, *names)
    return _replace(parts, random, str.isidentifier, lambda _: random.choice(words))


def _replace(
    parts: Parts, random: Random, wanted: Callable[[str], bool], new: Callable[[str], str]
) -> Parts:
    places = [at for at, part in enumerate(parts) if wanted(part.strip())]
    if not places:
        return parts
    at = random.choice(places)
    old = parts[at].strip()
    return [*parts[:at], parts[at].replace(old, new(old)), *parts[at + 1 :]]


def _drop(parts: Parts, random: Random) -> Parts:
    at, _ = _place(parts, random)
    return [*parts[:at], *parts[at + 1 :]]


def _drop_block(parts: Parts, random: Random) -> Parts:
    at, end = _place(parts, random)
    return [*parts[:at], *parts[end:]]


def _twice(parts: Parts, random: Random) -> Parts:
    at, end = _place(parts, random)
    return [*parts[:end], *(" " + part for part in parts[at:end]), *parts[end:]]


def _swap(parts: Parts, random: Random) -> Parts:
    one, two = sorted((_place(parts, random)[0], _place(parts, random)[0]))
    if one == two:
        return parts
    return [*parts[:one], parts[two], *parts[one + 1 : two], parts[one], *parts[two + 1 :]]


def _splice(parts: Parts, random: Random) -> Parts:
    """A block of another text in place of one of this, in the same brackets where possible."""
    other = tokens(random.choice(corpus.texts())) or [""]
    here, there = _place(parts, random), _place(other, random)
    for _ in range(20):
        if parts[here[0]].strip() == other[there[0]].strip():
            break
        here, there = _place(parts, random), _place(other, random)
    return [*parts[: here[0]], " ", *other[there[0] : there[1]], *parts[here[1] :]]


def _joined(parts: Parts, random: Random) -> Parts:
    """All items of another text behind those of this."""
    other = tokens(random.choice(corpus.texts()))[2:]
    return [*parts, "\n", *other]


def _noise(parts: Parts, random: Random) -> Parts:
    at, _ = _place(parts, random)
    return [*parts[:at], random.choice(NOISE), *parts[at:]]


def _place(parts: Parts, random: Random) -> tuple[int, int]:
    at = random.randrange(len(parts))
    opener = at + 1 < len(parts) and parts[at + 1][-1:] in "([{"
    return at, block(parts, at + opener)


CHANGES = (
    *(_number, _operator, _name) * 4,
    *(_effect, _splice, _drop_block) * 2,
    *(_twice, _swap, _joined, _noise, _drop),
)
