"""Small random environments with invariants, as texts."""

from conformance.random_specs import PARTS
from hypothesis import strategies as st

EXTRA_INVARIANTS = {
    "x: array[2] of int[-1..1] = -1": (
        "sum(x) <= 1",
        "x[0] <= x[1] + 1",
        "x[0] * x[1] <= 0 or true",
    ),
    "h: array[2] of int[0..4] = 0": ("h[0] + 2 * h[1] <= 7", "all(e <= 3 for e in h)"),
    "w: array[3] of int[1..2]? = empty": ("distinct(w)", "count_filled(w) <= 2"),
    "q: array[3] of int[0..2]? = empty": ("distinct(q)",),
    "t: int[0..3] = 0  u: array[3] of bool? = empty": (
        "all((u[i] != empty) == (i < t) for i in index(u))",
        "count_filled(u) == t",
    ),
    "lit: bool  hue: Colour = red": ("not (lit and hue == green)",),
    "b: array[2, 2] of bool": ("all(i <= j or not b[i, j] for i in 0..1 for j in 0..1)",),
    "d: int[-3..0] = 0  e: int[0..3] = 0": ("e >= -d", "e + d >= 0"),
    "s: int[0..6]? = empty  c: Colour? = empty": ("c == empty or c == red or s == empty",),
}


@st.composite
def texts(draw):
    """One or two variables with their actions; guards and invariants across both."""
    parts = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=2, unique=True))
    guards = ["true", *(guard for part in parts for guard in part.guards)]
    any_guard = st.sampled_from(guards)
    actions = [
        f"action {action.format(g=draw(any_guard))}" for part in parts for action in part.actions
    ]
    ending = draw(
        st.sampled_from(["stop", "stop when {g}", "terminal when {g}", "terminal when {g}  stop"])
    ).format(g=draw(any_guard))
    claims = [*guards, *(item for part in parts for item in EXTRA_INVARIANTS[part.state])]
    invariants = draw(st.lists(st.sampled_from(claims), max_size=2, unique=True))
    lines = [
        *(f"state {{ {part.state} }}" for part in parts[:1]),
        *actions,
        ending,
        *(f"invariant {item}" for item in invariants),
    ]
    lines[0] = f"state {{ {'  '.join(part.state for part in parts)} }}"
    body = "\n  ".join(lines)
    return f"gfs 1.0\nenum Colour {{ red, blue, green }}\nenvironment E() {{\n  {body}\n}}\n"


def single(part, ending="stop", invariants=()):
    """A part on its own; the guards of its actions are its own guards, one after the other."""
    actions = [
        f"action {action.format(g=part.guards[k % len(part.guards)])}"
        for k, action in enumerate(part.actions)
    ]
    lines = [
        f"state {{ {part.state} }}",
        *actions,
        ending.format(g=part.guards[-1]),
        *(f"invariant {item}" for item in invariants),
    ]
    body = "\n  ".join(lines)
    return f"gfs 1.0\nenum Colour {{ red, blue, green }}\nenvironment E() {{\n  {body}\n}}\n"


#: Every part with each of its invariants, and with an end of its own.
FIXED = [
    *(single(part, invariants=EXTRA_INVARIANTS[part.state]) for part in PARTS),
    *(single(part, "terminal when {g}  stop") for part in PARTS),
]
