"""GFS900-919: style, which is looked at only where it is asked for."""

from __future__ import annotations

from gflowspec.core.catalogue.entry import Code
from gflowspec.core.diagnostics import Severity

STYLE: tuple[Code, ...] = (
    Code(
        code="GFS901",
        title="naming style",
        severity=Severity.WARNING,
        explanation="`snake_case` for values, `UpperCamel` for environments, rewards and enums.",
        flags=("--style",),
        wrong="""
            gfs 1.0
            ## One step after the other.
            environment walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            """,
        right="""
            gfs 1.0
            ## One step after the other.
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            """,
    ),
    Code(
        code="GFS902",
        title="missing documentation",
        severity=Severity.WARNING,
        explanation="A `##` line in front of a declaration documents it.",
        flags=("--style",),
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            """,
        right="""
            gfs 1.0
            ## One step after the other.
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            """,
    ),
    Code(
        code="GFS904",
        title="stray documentation",
        severity=Severity.WARNING,
        explanation="A `##` line documents the declaration that follows it; none follows here. "
        "Use `#` for a comment.",
        flags=("--style",),
        wrong="""
            gfs 1.0
            ## One step after the other.
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              ## The policy chooses when.
              stop
              ## That is all.
            }
            """,
        right="""
            gfs 1.0
            ## One step after the other.
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            """,
    ),
)
