"""GFS001-039: characters, tokens and syntax."""

from __future__ import annotations

from gflowspec.core.catalogue.entry import Code

SYNTAX: tuple[Code, ...] = (
    Code(
        code="GFS001",
        title="unexpected token",
        explanation="The text does not follow the grammar here. The message says what was found "
        "and what could stand in its place. Each item of a file gives at most one syntax error; "
        "the items without one are checked further.",
        wrong="""
            gfs 1.0
            const limit == 3
            """,
        right="""
            gfs 1.0
            const limit = 3
            """,
    ),
    Code(
        code="GFS002",
        title="unclosed bracket",
        explanation="A bracket is still open where its item ends, or it is closed by one of "
        "another shape. The message points at the opening bracket; where the indentation shows "
        "it, at the one that was meant to be closed.",
        wrong="""
            gfs 1.0
            const limits = [1, 2, 3
            const other = 4
            """,
        right="""
            gfs 1.0
            const limits = [1, 2, 3]
            const other = 4
            """,
    ),
    Code(
        code="GFS003",
        title="bad number",
        explanation="Numbers are written `20`, `1_000_000`, `0.9`, `1e-3`, `0xff` or `0b1010`, "
        "with a digit on both sides of the point; quantities have a unit without a space, such "
        "as `30min` or `64KiB`. There is no percent sign.",
        wrong="""
            gfs 1.0
            const half = .5
            """,
        right="""
            gfs 1.0
            const half = 0.5
            """,
    ),
    Code(
        code="GFS004",
        title="keyword used as a name",
        explanation="`and or not if else for in is every true false empty` are never names, and "
        "neither are `file` and `state` in expressions. All other words are keywords only where "
        "the grammar needs them, so `beta`, `floor` or `seed` may be names.",
        wrong="""
            gfs 1.0
            const every = 3
            """,
        right="""
            gfs 1.0
            const interval = 3
            """,
    ),
    Code(
        code="GFS005",
        title="invalid character, or not UTF-8",
        explanation="A specification is a UTF-8 text without NUL characters. No token begins "
        "with the character that is shown; or, in a string, no escape sequence is written so.",
        wrong="""
            gfs 1.0
            const a = 1;
            """,
        right="""
            gfs 1.0
            const a = 1
            """,
    ),
    Code(
        code="GFS006",
        title="unterminated string",
        explanation="A string ends on the line on which it begins. A line break within it is "
        'written `\\n`, a quote `\\"`.',
        wrong="""
            gfs 1.0
            const alphabet = "ACGT
            """,
        right="""
            gfs 1.0
            const alphabet = "ACGT"
            """,
    ),
    Code(
        code="GFS007",
        title="item inside another item",
        explanation="Items stand side by side in a file, in any order. A reward is not written "
        "inside its environment: it says which environments it is for.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
              reward Height() for Walk { R = x + 1 }
            }
            """,
        right="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step() { x += 1 }
              stop
            }
            reward Height() for Walk { R = x + 1 }
            """,
    ),
    Code(
        code="GFS008",
        title="file too large",
        explanation="A specification has at most 1 MiB (1,048,576 bytes). Tables belong in a data "
        "file.",
        without_program="it would be larger than 1 MiB.",
    ),
    Code(
        code="GFS009",
        title="nested too deeply",
        explanation="Brackets nest at most 100 deep, expressions and types at most 200 levels. "
        "`1 + 1 + 1` has two levels of sums: a long chain is a deep expression. Name parts of it "
        "with `let`, or aggregate with `sum(... for ... in ...)`.",
        wrong="gfs 1.0\nconst deep = " + "(" * 101 + "1" + ")" * 101 + "\n",
        right="gfs 1.0\nconst deep = (1)\n",
    ),
    Code(
        code="GFS010",
        title="missing or unsupported version",
        explanation="The first line of a file is `gfs 1.0`, so that a later version of the "
        "language can keep the meaning of old files.",
        wrong="""
            const a = 1
            """,
        right="""
            gfs 1.0
            const a = 1
            """,
    ),
)
