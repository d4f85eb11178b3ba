"""GFS320-329: what must be true of the ends of trajectories."""

from __future__ import annotations

from gflowspec.core.catalogue.entry import Code
from gflowspec.core.diagnostics import Severity

ENDINGS: tuple[Code, ...] = (
    Code(
        code="GFS320",
        title="dead end",
        explanation="O5: a state has no action and is not an end, so the policy gets stuck. "
        "Allow `stop` there, declare it `terminal`, or keep the policy from reaching it.",
        wrong="""
            gfs 1.0
            environment Independent() {
              state { taken: array[3] of int[0..1] = 0 }
              action add(v in 0..2)
                when all(abs(u - v) != 1 or taken[u] == 0 for u in index(taken)) { taken[v] += 1 }
              terminal when sum(t for t in taken) == 2
            }
            """,
        right="""
            gfs 1.0
            environment Independent() {
              state { taken: array[3] of int[0..1] = 0 }
              action add(v in 0..2)
                when all(abs(u - v) != 1 or taken[u] == 0 for u in index(taken)) { taken[v] += 1 }
              stop
              invariant all(taken[v] == 0 or taken[v - 1] == 0 for v in 1..2)
            }
            """,
    ),
    Code(
        code="GFS321",
        title="action never enabled",
        severity=Severity.WARNING,
        explanation="No state of the scope enables this action. Its guard may be wrong.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              action jump() when x > 4 { x += 2 }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              action jump() when x < 2 { x += 2 }
              stop
            }
            """,
    ),
    Code(
        code="GFS322",
        title="no end can be reached",
        explanation="O7: no state that ends a trajectory can be reached from the source.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() when x < 2 { x += 1 }
              terminal when x == 4
            }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              terminal when x == 4
            }
            """,
    ),
    Code(
        code="GFS324",
        title="`stop` enabled in a terminal state",
        severity=Severity.WARNING,
        explanation="Entering a terminal state ends the trajectory, so `stop` is never taken "
        "there.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop when x > 0
              terminal when x == 4
            }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop when 0 < x < 4
              terminal when x == 4
            }
            """,
    ),
)
