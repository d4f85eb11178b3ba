"""Random environments over sequences, each as a text and as a model in plain Python.

A model is what the author meant: guards and effects as functions of tuples, written beside the
text and knowing nothing of slots, lengths or inverses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise, product
from typing import Any

import attrs
from hypothesis import strategies as st

State = tuple[tuple[int, ...], tuple[int, ...], int]
Arguments = Mapping[str, int]
#: Greatest length of `s`; `r` holds up to two elements, the counter `c` goes to 2.
MOST, MOST_R, MOST_C = 3, 2, 2
ELEMENTS = {"int[0..1]": 2, "int[3..5]": 3, "bool": 2, "Hue": 3}


@attrs.frozen
class Guard:
    """A condition as text and as a function of `s` and the arguments."""

    text: str
    holds: Callable[[tuple[int, ...], Arguments], bool]
    needs_v: bool = False


GUARDS = (
    Guard("true", lambda s, a: True),
    Guard("len(s) != 1", lambda s, a: len(s) != 1),
    Guard("distinct(s)", lambda s, a: len(set(s)) == len(s)),
    Guard(
        "all(s[i] == s[i - 1] for i in index(s) if i > 0)",
        lambda s, a: len(set(s)) <= 1,
    ),
    Guard("len(s) == 0 or s[0] == s[len(s) - 1]", lambda s, a: not s or s[0] == s[-1]),
    Guard("v not in s", lambda s, a: a["v"] not in s, needs_v=True),
    Guard("count(e == v for e in s) < 2", lambda s, a: s.count(a["v"]) < 2, needs_v=True),
    Guard(
        "len(s) > 0 => s[len(s) - 1] != v",
        lambda s, a: not s or s[-1] != a["v"],
        needs_v=True,
    ),
    Guard(
        "len(s) == 2 and s[1] == v or len(s) < 2",
        lambda s, a: len(s) < 2 or (len(s) == 2 and s[1] == a["v"]),
        needs_v=True,
    ),
)


def _room(s: tuple[int, ...], most: int = MOST) -> bool:
    return len(s) < most


def _put(s: tuple[int, ...], place: int, value: int) -> tuple[int, ...]:
    return (*s[:place], value, *s[place:])


@attrs.frozen
class Move:
    """An action: its text with a hole for the guard, and what it does, or None where it cannot."""

    name: str
    text: str
    addresses: tuple[str, ...]
    payload: bool
    after: Callable[[State, Arguments], State | None]


MOVES = (
    Move(
        "append",
        "append(v in {T}) when {g} {{ s.append(v) }}",
        (),
        True,
        lambda x, a: (_put(x[0], len(x[0]), a["v"]), *x[1:]) if _room(x[0]) else None,
    ),
    Move(
        "prepend",
        "prepend(v in {T}) when {g} {{ s.prepend(v) }}",
        (),
        True,
        lambda x, a: (_put(x[0], 0, a["v"]), *x[1:]) if _room(x[0]) else None,
    ),
    Move(
        "insert",
        "insert(p in 0..{n} - 1, v in {T}) when {g} {{ s.insert(p, v) }}",
        ("p",),
        True,
        lambda x, a: (
            (_put(x[0], a["p"], a["v"]), *x[1:]) if _room(x[0]) and a["p"] <= len(x[0]) else None
        ),
    ),
    Move(
        "middle",
        "middle(v in {T}) when {g} {{ s.insert(len(s) // 2, v)  c += 1 }}",
        (),
        True,
        lambda x, a: (
            (_put(x[0], len(x[0]) // 2, a["v"]), x[1], x[2] + 1)
            if _room(x[0]) and x[2] < MOST_C
            else None
        ),
    ),
    Move(
        "both",
        "both(v in {T}) when {g} {{ s.append(v)  r.prepend(v) }}",
        (),
        True,
        lambda x, a: (
            (_put(x[0], len(x[0]), a["v"]), _put(x[1], 0, a["v"]), x[2])
            if _room(x[0]) and _room(x[1], MOST_R)
            else None
        ),
    ),
    Move(
        "at",
        "at(v in {T}) when {g} {{ s.insert(c, v)  c += 1 }}",
        (),
        True,
        lambda x, a: (
            (_put(x[0], x[2], a["v"]), x[1], x[2] + 1)
            if _room(x[0]) and x[2] <= len(x[0]) and x[2] < MOST_C
            else None
        ),
    ),
    Move(
        "copy",
        "copy() when len(s) > 0 and ({g}) {{ r.append(s[len(s) - 1])  c += 1 }}",
        (),
        False,
        lambda x, a: (
            (x[0], _put(x[1], len(x[1]), x[0][-1]), x[2] + 1)
            if x[0] and _room(x[1], MOST_R) and x[2] < MOST_C
            else None
        ),
    ),
)

#: Numbers that rewards are made of.
NUMBERS: tuple[tuple[str, Callable[[tuple[int, ...]], int]], ...] = (
    ("len(s)", len),
    ("count(s[i] == s[i + 1] for i in 0..{n} - 2 if i + 1 < len(s))",
     lambda s: sum(a == b for a, b in pairwise(s))),
    ("sum(i + 1 for i in index(s) if s[i] == s[0])",
     lambda s: sum(i + 1 for i, a in enumerate(s) if a == s[0])),
    ("count(a == b for a in s for b in s)", lambda s: sum(a == b for a in s for b in s)),
    ("indicator(len(s) >= 2 and s[0] == s[1])", lambda s: int(len(s) >= 2 and s[0] == s[1])),
    ("indicator(s == r)", None),
    ("max(i for i in 0..{n} if i <= len(s))", len),
)  # fmt: skip


@attrs.frozen
class Model:
    """A drawn environment."""

    element: str
    moves: tuple[tuple[Move, Guard], ...]
    ending: str
    number: int

    @property
    def letters(self) -> range:
        """Elements as the interpreter holds them: positions, for enums and booleans."""
        return range(3, 6) if self.element == "int[3..5]" else range(ELEMENTS[self.element])

    @property
    def text(self) -> str:
        """The environment and a reward."""
        carrier = {"bool": "[false, true]", "int[0..1]": "0..1", "int[3..5]": "3..5"}
        given = {"T": carrier.get(self.element, self.element), "n": MOST}
        actions = "\n".join(
            f"  action {move.text.format(g=guard.text, **given)}" for move, guard in self.moves
        )
        number = NUMBERS[self.number][0].format(n=MOST)
        return (
            "gfs 1.0\nenum Hue { red, green, blue }\nenvironment E() {\n"
            f"  state {{\n    s: seq[0..{MOST}] of {self.element}\n"
            f"    r: seq[0..{MOST_R}] of {self.element}\n    c: int[0..{MOST_C}] = 0\n  }}\n"
            f"{actions}\n  {self.ending}\n}}\nreward G() for E {{ R = 1 + {number} }}\n"
        )

    def is_over(self, x: State) -> bool:
        """Whether entering a state ends the trajectory."""
        return self.ending.startswith("terminal") and len(x[0]) == MOST

    def reward(self, x: State) -> int:
        """R."""
        number = NUMBERS[self.number][1]
        return 1 + (int(x[0] == x[1]) if number is None else number(x[0]))

    def steps(self, x: State) -> list[tuple[str, dict[str, int], State]]:
        """All children with the actions that lead to them, in the order of the action set."""
        found = []
        for move, guard in self.moves:
            for arguments in self._arguments(move):
                after = move.after(x, arguments)
                if not self.is_over(x) and after is not None and guard.holds(x[0], arguments):
                    found.append((move.name, arguments, after))
        return found

    def states(self) -> list[State]:
        """Everything that the types allow."""
        strings = [s for k in range(MOST + 1) for s in product(self.letters, repeat=k)]
        short = [s for s in strings if len(s) <= MOST_R]
        return [(s, r, c) for s in strings for r in short for c in range(MOST_C + 1)]

    def _arguments(self, move: Move) -> list[dict[str, int]]:
        names = [*move.addresses, *(["v"] if move.payload else [])]
        carriers = [range(MOST) if name == "p" else self.letters for name in names]
        return [dict(zip(names, values, strict=True)) for values in product(*carriers)]


@st.composite
def models(draw: st.DrawFn) -> Model:
    """One or two actions with guards, over some element type."""
    chosen = draw(st.lists(st.sampled_from(MOVES), min_size=1, max_size=2, unique=True))
    moves = tuple(
        (move, draw(st.sampled_from([g for g in GUARDS if move.payload or not g.needs_v])))
        for move in chosen
    )
    return Model(
        element=draw(st.sampled_from(tuple(ELEMENTS))),
        moves=moves,
        ending=draw(st.sampled_from(("stop", "terminal when len(s) == 3\n  stop"))),
        number=draw(st.integers(0, len(NUMBERS) - 1)),
    )


def held(x: State, model: Model) -> tuple[Any, ...]:
    """A state as the environment holds it: slots, filled from the front."""
    s, r, c = x
    values = [bool(v) if model.element == "bool" else v for v in (*s, *r)]
    first, second = values[: len(s)], values[len(s) :]
    return (
        (*first, *(None,) * (MOST - len(s))),
        (*second, *(None,) * (MOST_R - len(r))),
        c,
    )
