"""GFS300-319: what must be true of actions, their inverses and the states they lead to."""

from __future__ import annotations

from gflowspec.core.catalogue.entry import Code
from gflowspec.core.diagnostics import Severity

STRUCTURE: tuple[Code, ...] = (
    Code(
        code="GFS300",
        title="invariant not preserved",
        explanation="O1: an action leads from a state where the invariants hold to one where they "
        "do not, or they are false at the source. An invariant never disables an action; add the "
        "condition to its guard.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
              invariant x <= 3
            }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() when x < 3 { x += 1 }
              stop
              invariant x <= 3
            }
            """,
    ),
    Code(
        code="GFS301",
        title="actions can undo each other",
        explanation="O2: a sequence of actions returns to a state, so trajectories may never end. "
        "A GFlowNet needs an acyclic state graph. Add a step counter, or remove one of the "
        "actions.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 2 }
              action right() { x += 1 }
              action left() { x += -1 }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action right() { x += 1 }
              stop
            }
            """,
    ),
    Code(
        code="GFS302",
        title="irreversible effect",
        explanation="O3: the old value is lost, so a backward step could not tell which parent a "
        "state came from. Make the variable a slot and fill it with `:=`, or pin the old value in "
        "the guard: `when m == a { m = b }`.",
        wrong="""
            gfs 1.0
            environment Pick() {
              state { w: int[0..3] = 0 }
              action set(v in 1..3) { w = v }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Pick() {
              state { w: int[1..3]? = empty }
              action set(v in 1..3) { w := v }
              stop
            }
            """,
    ),
    Code(
        code="GFS303",
        title="two effects may write one location",
        explanation="O3: the effects of an action are simultaneous, so they must write different "
        "variables, different constant indices, or indices that the guard keeps apart, as in "
        "`when i != j`.",
        wrong="""
            gfs 1.0
            environment Pair() {
              state { w: array[4] of int[0..1]? = empty }
              action both(i in index(w), j in index(w)) { w[i] := 0  w[j] := 1 }
              terminal when filled(w)
            }
            """,
        right="""
            gfs 1.0
            environment Pair() {
              state { w: array[4] of int[0..1]? = empty }
              action both(i in index(w), j in index(w)) when i != j { w[i] := 0  w[j] := 1 }
              terminal when filled(w)
            }
            """,
    ),
    Code(
        code="GFS304",
        title="amount may be zero",
        explanation="O2: an effect `x += c` with c = 0 would be a step from a state to itself.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..9] = 0 }
              action step(c in 0..2) { x += c }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..9] = 0 }
              action step(c in 1..2) { x += c }
              stop
            }
            """,
    ),
    Code(
        code="GFS306",
        title="effects recover each other in a cycle",
        explanation="O3: the inverse sees the state after the action. Each effect needs the old "
        "value of what another one writes, so none can be undone first.",
        wrong="""
            gfs 1.0
            environment Tangle() {
              state {
                a: int[0..1] = 0
                b: int[0..1] = 0
                x: array[2] of int[0..3] = 0
                y: array[2] of int[0..1] = 0
              }
              action swap() { x[y[0]] += 1  y[x[0] // 3] += 1 }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Straight() {
              state {
                x: array[2] of int[0..3] = 0
                y: array[2] of int[0..1] = 0
              }
              action first() { x[0] += 1 }
              action second() { y[0] += 1 }
              stop
            }
            """,
    ),
    Code(
        code="GFS307",
        title="binder without a static carrier",
        explanation="The values a binder ranges over become the logits of the policy, so the "
        "largest set of them must not depend on the state. Range over a constant set, or over a "
        "range whose ends are bounded, and put the rest into the guard.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..9] = 0 }
              action step(c in [v for v in 1..9 if v <= x + 1]) { x += c }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..9] = 0 }
              action step(c in 1..10) when c <= x + 1 { x += c }
              stop
            }
            """,
    ),
    Code(
        code="GFS310",
        title="phantom parent",
        explanation="O4: undoing an action leads to a state that satisfies the guard but cannot "
        "be reached from the source. A learned backward policy would put mass on it. State the "
        "missing invariant.",
        wrong="""
            gfs 1.0
            environment Prefix() {
              state { taken: array[4] of int[0..1] = 0 }
              action first() { taken[0] += 1 }
              action next(v in 1..3) when taken[v - 1] == 1 { taken[v] += 1 }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Prefix() {
              state { taken: array[4] of int[0..1] = 0 }
              action first() { taken[0] += 1 }
              action next(v in 1..3) when taken[v - 1] == 1 { taken[v] += 1 }
              stop
              invariant all(taken[v] <= taken[v - 1] for v in 1..3)
            }
            """,
    ),
    Code(
        code="GFS311",
        title="reachable state without a parent",
        explanation="O4: a state other than the source has no backward action. Backward walks "
        "would end there.",
        without_program="every action has its inverse by construction, so it would be a bug of the "
        "compiler.",
    ),
    Code(
        code="GFS312",
        title="the source has a parent",
        explanation="O6: a backward action is possible at the source, so backward walks would "
        "leave it.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 2 }
              action step() { x += 1 }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            """,
    ),
    Code(
        code="GFS313",
        title="backward mask not simplified",
        severity=Severity.NOTE,
        explanation="The backward mask keeps its full formula, which is correct but slower. "
        "`gflowspec explain SPEC.action` names the conjunct that kept it.",
        wrong="""
            gfs 1.0
            environment Permutation() {
              state { w: array[3] of int[0..2]? }
              action place(p in index(w), v in 0..2) when v not in w { w[p] := v }
              terminal when filled(w)
            }
            """,
        right="""
            gfs 1.0
            environment Permutation() {
              state { w: array[3] of int[0..2]? }
              action place(p in index(w), v in 0..2) when v not in w { w[p] := v }
              terminal when filled(w)
              invariant distinct(w)
            }
            """,
    ),
    Code(
        code="GFS314",
        title="invariants allow unreachable states",
        severity=Severity.NOTE,
        explanation="The invariants describe more states than can be reached. Training never sees "
        "them, but counts in closed form are upper bounds. A further invariant removes them.",
        wrong="""
            gfs 1.0
            environment Permutation() {
              state { w: array[3] of int[0..2]? }
              action place(p in index(w), v in 0..2) when v not in w { w[p] := v }
              terminal when filled(w)
            }
            """,
        right="""
            gfs 1.0
            environment Permutation() {
              state { w: array[3] of int[0..2]? }
              action place(p in index(w), v in 0..2) when v not in w { w[p] := v }
              terminal when filled(w)
              invariant distinct(w)
            }
            """,
    ),
    Code(
        code="GFS315",
        title="a limit never binds at the scope",
        severity=Severity.WARNING,
        explanation="A condition is constant over all states of the scope, so checking there says "
        "nothing about it. Choose parameters of the scope for which it matters.",
        wrong="""
            gfs 1.0
            environment Bag(kinds: int[1..9] = 7, size: int[1..9] = 6, cap: int[1..9] = 4) {
              state { c: array[kinds] of int[0..cap] = 0 }
              action put(i in index(c)) { c[i] += 1 }
              terminal when sum(v for v in c) == size
              invariant sum(v for v in c) <= size
              scope { kinds = 2  size = 4  cap = 2 }
            }
            """,
        right="""
            gfs 1.0
            environment Bag(kinds: int[1..9] = 7, size: int[1..9] = 6, cap: int[1..9] = 4) {
              state { c: array[kinds] of int[0..cap] = 0 }
              action put(i in index(c)) { c[i] += 1 }
              terminal when sum(v for v in c) == size
              invariant sum(v for v in c) <= size
              scope { kinds = 3  size = 3  cap = 2 }
            }
            """,
    ),
)
