"""GFS100-119: names, files and settings."""

from __future__ import annotations

from gflowspec.core.catalogue.entry import Code, walk
from gflowspec.core.diagnostics import Severity

NAMES: tuple[Code, ...] = (
    Code(
        code="GFS101",
        title="undefined name",
        explanation="Nothing of this name is in scope. A suggestion names the closest thing of "
        "the right kind. A reward sees its own parameters and `let`s, then those of its "
        "environment, then the file, then the built-in functions.",
        wrong="""
            gfs 1.0
            const side = 8
            const cells = sid ^ 2
            """,
        right="""
            gfs 1.0
            const side = 8
            const cells = side ^ 2
            """,
    ),
    Code(
        code="GFS102",
        title="duplicate name",
        explanation="Names are unique in a file, and in the environment or reward that declares "
        "them.",
        wrong="""
            gfs 1.0
            const a = 1
            const a = 2
            """,
        right="""
            gfs 1.0
            const a = 1
            const b = 2
            """,
    ),
    Code(
        code="GFS103",
        title="definitions need each other",
        explanation="Constants, functions, `let`s, experiments and imports must not form a cycle: "
        "every expression has a cost that is known in advance.",
        wrong="""
            gfs 1.0
            const a = b + 1
            const b = a + 1
            """,
        right="""
            gfs 1.0
            const a = 1
            const b = a + 1
            """,
    ),
    Code(
        code="GFS104",
        title="wrong kind of name",
        explanation="The name exists, but it is not what is needed here: an experiment where an "
        "environment is expected, for example.",
        wrong=walk("""
            experiment e {
              environment = Height()
              reward = Height()
              objective = tb
            }
            """),
        right=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
            }
            """),
    ),
    Code(
        code="GFS105",
        title="shadowed name",
        severity=Severity.WARNING,
        explanation="A declaration hides one of the same name from an outer scope. That is "
        "allowed, but readers may take one for the other.",
        wrong="""
            gfs 1.0
            const n = 5
            environment Walk(n: int[1..9] = 4) {
              state { x: int[0..n] = 0 }
              action step() { x += 1 }
              stop
            }
            """,
        right="""
            gfs 1.0
            const limit = 5
            environment Walk(n: int[1..9] = 4) {
              state { x: int[0..n] = 0 }
              action step() { x += 1 }
              stop
            }
            """,
    ),
    Code(
        code="GFS106",
        title="import not found",
        explanation="No file stands at this path, or it does not declare the name. Paths are "
        "relative to the importing file; `gfs:std/...` is the standard library.",
        wrong="""
            gfs 1.0
            import "missing.gfs" as m
            """,
        right="""
            gfs 1.0
            import "gfs:std/hypergrid" as m
            """,
    ),
    Code(
        code="GFS111",
        title="unknown setting",
        explanation="No setting or argument has this name. `gflowspec explain` lists those that "
        "exist: `explain train`, `explain objective.subtb`.",
        wrong=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = subtb(lamda = 0.9)
            }
            """),
        right=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = subtb(lambda = 0.9)
            }
            """),
    ),
    Code(
        code="GFS112",
        title="required setting missing",
        explanation="An experiment needs an `environment`, a `reward` and an `objective`; a "
        "parameter without a default must be given where it is called.",
        wrong=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
            }
            """),
        right=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
            }
            """),
    ),
    Code(
        code="GFS113",
        title="set twice",
        explanation="A path is set at most once in a body. A base experiment, a file and the "
        "command line may each set it: the later one wins.",
        wrong=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
              objective = db
            }
            """),
        right=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = db
            }
            """),
    ),
    Code(
        code="GFS114",
        title="unused name",
        severity=Severity.WARNING,
        explanation="Nothing uses this declaration. Remove it, or use it; a name that begins with "
        "`_` is not reported. A binder that is not used makes several actions that do the same. "
        "In a file without an experiment, top-level names may be meant for other files.",
        wrong="""
            gfs 1.0
            environment Walk() {
              state { x: int[0..4] = 0 }
              action step(i in 0..2) { x += 1 }
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
)
