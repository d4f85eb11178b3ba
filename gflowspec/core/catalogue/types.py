"""GFS120-149: types and values."""

from __future__ import annotations

from gflowspec.core.catalogue.entry import Code, walk
from gflowspec.core.diagnostics import Severity

TYPES: tuple[Code, ...] = (
    Code(
        code="GFS120",
        title="type mismatch",
        explanation="An expression does not have the type that is needed here. There is no "
        "conversion between `bool` and numbers: write `indicator(c)`, or compare.",
        wrong="""
            gfs 1.0
            const a: int = true
            """,
        right="""
            gfs 1.0
            const a: int = 1
            """,
    ),
    Code(
        code="GFS121",
        title="value out of range",
        explanation="A value lies outside the bounds of its type or setting. Both ends of `a..b` "
        "are included; `real(0..)` excludes 0.",
        wrong="""
            gfs 1.0
            const a: int[0..3] = 4
            """,
        right="""
            gfs 1.0
            const a: int[0..3] = 3
            """,
    ),
    Code(
        code="GFS122",
        title="unbounded type in a state",
        explanation="Everything in a state is bounded, so that states can be numbered and "
        "encoded. `real`, `int` without bounds and `string` are for parameters and rewards.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..] = 0 }
              action step() { x += 1 }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..9] = 0 }
              action step() { x += 1 }
              stop
            }
            """,
    ),
    Code(
        code="GFS123",
        title="index may be out of bounds",
        explanation="Indices are checked before anything runs. Iterate over `index(x)`, or guard "
        "the access.",
        wrong="""
            gfs 1.0
            const xs = [1, 2, 3]
            const last = xs[3]
            """,
        right="""
            gfs 1.0
            const xs = [1, 2, 3]
            const last = xs[2]
            """,
    ),
    Code(
        code="GFS124",
        title="division by zero is possible",
        explanation="The divisor may be zero. Bound the parameter away from it, as in "
        "`T: real(0..)`, or take the case apart with `a if c else b`.",
        wrong="""
            gfs 1.0
            const a = 1 / 0
            """,
        right="""
            gfs 1.0
            const a = 1 / 2
            """,
    ),
    Code(
        code="GFS125",
        title="empty domain",
        explanation="`min` and `max` of nothing have no value; a type without values cannot be "
        "the type of anything.",
        wrong="""
            gfs 1.0
            const a = min(i for i in 1..0)
            """,
        right="""
            gfs 1.0
            const a = min(i for i in 0..1)
            """,
    ),
    Code(
        code="GFS126",
        title="not constant",
        explanation="This must be known before training: a bound, a shape, a setting, what a "
        "table is made of, or the objects of a test set.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
              assert x < 5, "x stays small"
            }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
              invariant x < 5
            }
            """,
    ),
    Code(
        code="GFS127",
        title="unit mismatch",
        explanation="The unit of a quantity does not fit: a time such as `30min` is not a size "
        "such as `64KiB`, and neither is a plain number.",
        wrong=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
              train { budget = 64MiB }
            }
            """),
        right=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
              train { budget = 30min }
            }
            """),
    ),
    Code(
        code="GFS128",
        title="comparison in floating point",
        severity=Severity.WARNING,
        explanation="A guard, invariant, `terminal`, `stop` or `mode` compares values that could "
        "not be kept exact, so rounding may decide it. An error with `--deny warnings`. Compare "
        "integers or fractions, or values of a single component, which are tabulated exactly.",
        wrong="""
            gfs 1.0
            environment Climb() {
              state { x: array[3] of int[0..60] = 0 }
              action step(i in index(x)) when sum(sqrt(v) for v in x) < 9 { x[i] += 1 }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Climb() {
              state { x: array[3] of int[0..60] = 0 }
              action step(i in index(x)) when sum(v ^ 2 for v in x) < 81 { x[i] += 1 }
              stop
            }
            """,
    ),
    Code(
        code="GFS130",
        title="assertion failed",
        explanation="An `assert` of the environment or the reward does not hold for these "
        "parameters.",
        wrong="""
            gfs 1.0
            environment Walk(n: int[1..9] = 4) {
              assert n % 2 == 1, "n must be odd"
              state { x: int[0..n] = 0 }
              action step() { x += 1 }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Walk(n: int[1..9] = 5) {
              assert n % 2 == 1, "n must be odd"
              state { x: int[0..n] = 0 }
              action step() { x += 1 }
              stop
            }
            """,
    ),
    Code(
        code="GFS131",
        title="constant too large or too costly",
        explanation="A constant has at most 4,096 bits in numerator and denominator, a constant "
        "collection at most 1,000,000 elements, and the constants of a file take at most 10 "
        "million steps.",
        wrong="""
            gfs 1.0
            const huge = 2 ^ (10 ^ 6)
            """,
        right="""
            gfs 1.0
            const large = 2 ^ 64
            """,
    ),
    Code(
        code="GFS140",
        title="needs language level 2",
        explanation="`graph` and `symmetry` belong to a later level of the language. They are "
        "part of the grammar, so files that use them are read, but this version cannot compile "
        "them.",
        wrong="""
            gfs 1.0
            environment Molecule() {
              state { M: graph { nodes[0..3] edges } }
              action first() when len(M) == 0 { M.add_node() }
              stop
            }
            """,
        right="""
            gfs 1.0
            environment Chain() {
              state { w: array[3] of int[0..1]? = empty }
              action write(p in index(w), v in 0..1) { w[p] := v }
              terminal when filled(w)
            }
            """,
    ),
    Code(
        code="GFS141",
        title="not supported by this version",
        explanation="The language has this, but this version of the compiler does not lower it "
        "yet. The message names the feature; the rest of the file is checked.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            reward Same() for Walk { R = 1 + indicator(state == state) }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            reward Height() for Walk { R = 1 + x }
            """,
    ),
)
