"""Texts of small random environments: every kind of effect, guards that read across variables."""

import attrs
from hypothesis import strategies as st


@attrs.frozen
class Part:
    """A state variable with the actions that write it, and guards others may borrow."""

    state: str
    actions: tuple[str, ...]
    guards: tuple[str, ...]


PARTS = (
    Part(
        "x: array[2] of int[-1..1] = -1",
        ("step(i in index(x)) when {g} {{ x[i] += 1 }}",),
        (
            "sum(x[i] for i in index(x)) < 1",
            "x[0] / 2 + x[1] / 3 <= 1 / 6",
            "all(e < 1 for e in x)",
        ),
    ),
    Part(
        "h: array[2] of int[0..4] = 0",
        ("grow(i in index(h), by in [1, 3]) when {g} {{ h[i] += by }}",),
        ("h[0] <= h[1]", "h[0] % 3 != 2", "max(h[i] for i in index(h)) - h[1] < 2"),
    ),
    Part(
        "w: array[3] of int[1..2]? = empty",
        ("write(p in index(w), v in 1..2) when {g} {{ w[p] := v }}",),
        ("count_filled(w) < 3", "w[0] == empty or w[0] == 2", "w[1] == w[2]"),
    ),
    Part(
        "q: array[3] of int[0..2]? = empty",
        ("place(p in index(q), v in 0..2) when v not in q and ({g}) {{ q[p] := v }}",),
        ("distinct(q)", "q[0] == empty or q[0] < 2", "2 not in q"),
    ),
    Part(
        "t: int[0..3] = 0  u: array[3] of bool? = empty",
        ("next(bit in [false, true]) when t < 3 and ({g}) {{ u[t] := bit  t += 1 }}",),
        ("t != 1", "count(u[i] == true for i in index(u)) <= 1", "2 ^ t < 5"),
    ),
    Part(
        "lit: bool  hue: Colour = red",
        (
            "light() when {g} {{ lit = true }}",
            "ripen() when hue == red {{ hue = blue }}",
            "turn() when hue == blue and ({g}) {{ hue = green }}",
        ),
        ("not lit", "hue != blue", "number_of(hue) + indicator(lit) < 4"),
    ),
    Part(
        "b: array[2, 2] of bool",
        ("mark(i in 0..1, j in 0..1) when i <= j and ({g}) {{ b[i, j] = true }}",),
        ("not b[0, 0]", "count(b[i, j] for i in 0..1 for j in 0..1) < 2"),
    ),
    Part(
        "d: int[-3..0] = 0  e: int[0..3] = 0",
        ("fall() when {g} {{ d += -1  e += 1 }}", "leap(k in 1..2) when {g} {{ e += k }}"),
        ("d + e < 2", "floor(d / 2) >= -1", "abs(d) * e <= 4"),
    ),
    Part(
        "s: int[0..6]? = empty  c: Colour? = empty",
        ("close() when {g} {{ s := 2 * 3 }}", "colour(v in Colour) when {g} {{ c := v }}"),
        ("s == empty", "or_else(s, 1) > 0", "c != red", "c == empty or s != empty"),
    ),
    Part(
        "S: set[0..2] of int[1..4]",
        ("take(v in 1..4) when {g} {{ S.add(v) }}",),
        (
            "2 not in S",
            "all(v + 1 not in S for v in S)",
            "sum(v for v in S) <= 5 or len(S) == 1",
            "mask(S) % 3 != 1",
            "{v % 2 for v in S} != {v for v in 0..1}",
        ),
    ),
    Part(
        "P: set[0..3] of (int[0..1], Colour)",
        (
            "pair(i in 0..1, hue in Colour) when {g} {{ P.add((i, hue)) }}",
            "both(hue in Colour) when (0, hue) not in P and len(P) < 2 {{ P.add((1, hue)) }}",
        ),
        (
            "(1, red) not in P",
            "count(i == 0 for i, h in P) < 2",
            "all(t != (1, green) for t in P)",
            "all((i, j) in [(0, 1), (1, 2), (0, 0)] for i, h in P for j in 0..i)",
        ),
    ),
    Part(
        "A: set of bool  B: set of Colour = [green]",
        (
            "copy(hue in B, dye in Colour) when dye not in B and ({g}) {{ B.add(dye) }}",
            "say(v in [false, true]) when {g} {{ A.add(v) }}",
        ),
        ("blue not in B", "true in A or len(B) < 2", "B == {h for h in B if h != red}"),
    ),
    Part(
        "m: array[2, 2] of int[0..1]? = empty",
        ("put(i in 0..1, j in 0..1, v in 0..1) when {g} {{ m[i, j] := v }}",),
        ("not filled(m)", "distinct(m[0])", "m[0] != m[1]", "count_filled(m[1]) < 2"),
    ),
    Part(
        "y: array[2, 1, 2] of int[0..2] = 0",
        ("lift(i in 0..1, k in 0..1) when {g} {{ y[i, 0, k] += 1 }}",),
        (
            "sum(v for plane in y for row in plane for v in row) < 5",
            "y[1][0][0] <= y[0, 0, 1]",
            "y[0, 0] not in y[1]",
        ),
    ),
    Part(
        "G: digraph { nodes[3..3] edges }",
        (
            "link(u in nodes(G), v in nodes(G)) when not reaches(G, v, u) and "
            "len(parents(G, v)) < 2 and ({g}) {{ G.add_edge(u, v) }}",
        ),
        (
            "acyclic(G)",
            "edge_count(G) < 3",
            "not connected(G)",
            "reaches(G, 0, 2) => edge(G, 0, 2)",
            "sum(v for v in parents(G, 1)) < 3",
        ),
    ),
    Part(
        "L: digraph { nodes[2..2] edges of Colour }",
        ("draw(u in nodes(L), v in nodes(L), c in Colour) when {g} {{ L.add_edge(u, v, c) }}",),
        ("acyclic(L)", "L[0, 1] != red", "1 not in children(L, 0) or L[0, 1] == blue"),
    ),
)
REWARDS = ("R = 1 + exp({n} / 3)", "R = ({n}) ^ 2 + 1 / 3  beta = 1.5", "logR = -abs({n} - 1 / 7)")
COUNTS = ("count_filled({v})", "sum({v}[i] for i in index({v}))")


@st.composite
def specs(draw: st.DrawFn) -> str:
    """A file with environment ``E`` and reward ``G``."""
    parts = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=2, unique=True))
    guards = ["true", *(guard for part in parts for guard in part.guards)]
    any_guard = st.sampled_from(guards)
    actions = [
        f"  action {action.format(g=draw(any_guard))}" for part in parts for action in part.actions
    ]
    ending = draw(st.sampled_from(["stop", "stop when {g}", "terminal when {g}  stop when {h}"]))
    ending = ending.format(g=draw(any_guard), h=draw(any_guard))
    counted = " + ".join(f"indicator({draw(any_guard)})" for _ in range(3))
    reward = draw(st.sampled_from(REWARDS)).format(n=counted)
    state = "\n".join(f"    {part.state}" for part in parts)
    body = "\n".join(actions)
    return (
        "gfs 1.0\nenum Colour { red, blue, green }\n"
        f"environment E() {{\n  state {{\n{state}\n  }}\n{body}\n  {ending}\n}}\n"
        f"reward G() for E {{ {reward}  mode when {draw(any_guard)} }}\n"
    )
