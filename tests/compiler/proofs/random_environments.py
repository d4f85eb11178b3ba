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
    "S: set[0..2] of int[1..4]": (
        "all(v == 1 or v - 1 in S for v in S)",
        "sum(S) <= 6",
        "all((min(u, v), max(u, v)) not in [(1, 3), (2, 4)] for u in S for v in S)",
    ),
    "P: set[0..3] of (int[0..1], Colour)": (
        "len(P) <= 2",
        "all((1, h) not in P for i, h in P if i == 0)",
    ),
    "m: array[2, 2] of int[0..1]? = empty": (
        "m[0, 0] == empty or m[0, 0] != m[1, 1]",
        "distinct(m)",
    ),
    "y: array[2, 1, 2] of int[0..2] = 0": ("y[0, 0, 0] + y[1, 0, 1] <= 2",),
    "G: digraph { nodes[3..3] edges }": (
        "acyclic(G)",
        "all(len(parents(G, v)) <= 1 for v in nodes(G))",
        "not (edge(G, 0, 1) and edge(G, 1, 0))",
    ),
    "L: digraph { nodes[2..2] edges of Colour }": ("acyclic(L)", "L[0, 1] != green"),
    "A: set of bool  B: set of Colour = [green]": ("red in B => true in A", "len(A) + len(B) < 4"),
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


#: One of each further row of the effect algebra.
ALGEBRA = [
    f"gfs 1.0\nenum Colour {{ red, blue, green }}\nenvironment E() {{\n{body}\n}}\n"
    for body in (
        # a pin and a payload that are both binders
        "state { m: int[0..3] = 0 }\n"
        "action hop(a in 0..3, b in 0..3) when m == a and b > a { m = b } stop",
        # a pinned enum whose new value is a payload, and one with a constant address
        "state { hue: array[2] of Colour = red }\n"
        "action mix(i in 0..1, h in Colour) when hue[i] == red and h != red { hue[i] = h }\n"
        "action dry() when hue[0] == blue { hue[0] = green } stop",
        # one payload stored twice: the second place is an equality of the backward mask
        "state { w: array[2] of int[0..2]? = empty  s: int[0..2]? = empty }\n"
        "action both(p in 0..1, v in 0..2) { w[p] := v  s := v }\n"
        "action rest(p in 0..1, v in 0..2) when s != empty { w[p] := v } stop",
        # a stored expression over unwritten state, and one over written state
        "state { t: int[0..2] = 0  w: array[2] of int[0..4]? = empty }\n"
        "action put() when t < 2 { w[t] := 2 * t  t += 1 } stop",
        # a payload that is an address elsewhere, hence no payload
        "state { w: array[2] of int[0..2]? = empty  used: array[3] of bool }\n"
        "action take(p in 0..1, v in 0..2) { w[p] := v  used[v] = true } stop",
        # a carrier that is smaller than the type, and one with a gap
        "state { w: array[2] of int[0..4]? = empty }\n"
        "action low(v in 1..2) { w[0] := v } action odd(v in [0, 3]) { w[1] := v } stop",
        # an invariant that allows what no carrier writes
        "state { w: int[0..4]? = empty } action a(v in [1, 3]) { w := v } stop\ninvariant w != 0",
        # constant addresses with a measure of their own
        "state { x: array[3] of int[0..2] = [0, 2, 0] }\n"
        "action shift() { x[0] += 1  x[1] += -1 } action add(i in 1..2) when i == 2 { x[i] += 1 }"
        " stop",
        # amounts that read state which is not written
        "state { x: int[0..6] = 0  y: int[1..2] = 1 }\n"
        "action a() { x += y } action b() { y += 1 } stop",
        # addresses that are recovered one after the other
        "state { a: int[0..2] = 0  b: array[3] of int[0..1] = 0  c: array[2] of int[0..1] = 0 }\n"
        "action a() when a < 2 { c[b[a]] += 1  b[a] += 1  a += 1 } stop",
        # a matrix whose places are kept apart by the guard
        "state { b: array[2, 2] of bool }\n"
        "action pair(i in 0..1, j in 0..1) when i != j { b[i, j] = true  b[j, i] = true } stop",
        # unpinned false, pinned by the guard
        "state { on: array[2] of bool = true } action off(i in 0..1) when on[i] { on[i] = false }"
        " stop",
        # nothing to do
        "state { x: int[0..1] = 0 } action a() when x > 0 { x += -1 } stop",
        # several variables that no action writes together, and a terminal that blocks one of them
        "state { x: int[0..2] = 0  y: int[0..2] = 0 }\n"
        "action a() { x += 1 } action b() when x > 0 { y += 1 } terminal when x == 2 stop",
    )
]
FIXED += ALGEBRA
