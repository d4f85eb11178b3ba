"""Random sentences of the grammar itself: right in form, almost never in meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random

from gflowspec.lang.syntax.table import load_parser

#: Expansions after which only the shortest ones are taken.
BUDGET = 120
NAMES = ("x", "w", "S", "i", "v", "side", "E", "G", "step", "index", "len", "sum", "Hypergrid")
NUMBERS = ("0", "1", "2", "4", "0.3", "1e-3", "0xff", "1_000")
STRINGS = ('"gfs:std/hypergrid"', '""', '"text"', '"../up.gfs"')
WORDS = {
    "NAME": NAMES,
    "NUMBER": NUMBERS,
    "STRING": STRINGS,
    "QUANTITY": ("5min", "64KiB"),
}


def sentence(random: Random) -> str:
    """A file of one to four items."""
    items = ["gfs 1.0"]
    for _ in range(random.choice((1, 1, 2, 4))):
        budget = [BUDGET]
        items.append(" ".join(_expanded("one", random, budget)))
    return "\n\n".join(items) + "\n"


def _expanded(symbol: str, random: Random, budget: list[int]) -> list[str]:
    rules, shortest = _grammar()
    if symbol not in rules:
        return [random.choice(_spellings()[symbol])]
    budget[0] -= 1
    options = rules[symbol]
    if budget[0] < 0:
        least = min(shortest.get(option, 0) for option in options)
        options = [option for option in options if shortest.get(option, 0) == least]
    found: list[str] = []
    for part in random.choice(options):
        found += _expanded(part, random, budget)
    return found


@cache
def _grammar() -> tuple[Mapping[str, Sequence[tuple[str, ...]]], Mapping[tuple[str, ...], int]]:
    """Expansions of each rule, and the least depth of a derivation from each expansion."""
    rules: dict[str, list[tuple[str, ...]]] = {}
    for rule in load_parser().rules:
        expansion = tuple(symbol.name for symbol in rule.expansion)
        rules.setdefault(rule.origin.name, []).append(expansion)
    depth: dict[str, int] = {}
    while len(depth) < len(rules):
        for name, options in rules.items():
            known = [_depth(option, rules, depth) for option in options]
            least = min((item for item in known if item is not None), default=None)
            if least is not None:
                depth[name] = least + 1
    shortest = {
        option: _depth(option, rules, depth) or 0
        for options in rules.values()
        for option in options
    }
    return rules, shortest


def _depth(
    option: tuple[str, ...], rules: Mapping[str, object], depth: Mapping[str, int]
) -> int | None:
    parts = [depth.get(name) for name in option if name in rules]
    return None if None in parts else max((part for part in parts if part is not None), default=0)


@cache
def _spellings() -> Mapping[str, Sequence[str]]:
    """Texts of each terminal."""
    found: dict[str, Sequence[str]] = dict(WORDS)
    for terminal in load_parser().terminals:
        text = terminal.pattern.value.removesuffix(r"(?!\w)")
        found.setdefault(terminal.name, (text,))
    return found
