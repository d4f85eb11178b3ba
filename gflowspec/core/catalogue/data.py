"""GFS200-219: data files and external functions."""

from __future__ import annotations

from gflowspec.core.catalogue.entry import Code, walk

_SCORES = {"scores.csv": "base,score\nA,0.5\nC,0.25\nG,1\n"}
_HASH_OF_SCORES = "2937a44a65041647b66bbd492e4e522c921041d157f9737e7b206876d37e49f9"

_SCORE = {"score.py": "def score(x):\n    return 1.0 + x\n"}
_WITH_SCORE = walk("""
    extern fn score(x: int[0..9]) -> real(0..) { python = "score:score"  pure = true }

    reward Scored() for Walk { R = score(x) }
    """)

DATA: tuple[Code, ...] = (
    Code(
        code="GFS201",
        title="data file missing",
        explanation="No file stands at this path. `gfs:data/...` files are registered with "
        "`gflowspec data add`. If such a file is missing and its `sha256` is written down, that is "
        "a warning while nothing is computed: what depends on its values is unknown.",
        files=_SCORES,
        wrong="""
            gfs 1.0
            data score: array[3] of real = file("score.csv")
            """,
        right="""
            gfs 1.0
            data score: array[3] of real = file("scores.csv", column = "score")
            """,
    ),
    Code(
        code="GFS202",
        title="data file has another hash",
        explanation="The file is not the one whose `sha256` is written in the specification. "
        "Where none is written, a note says what it is.",
        files=_SCORES,
        wrong="""
            gfs 1.0
            data score: array[3] of real = file("scores.csv", column = "score", sha256 =
              "0000000000000000000000000000000000000000000000000000000000000000")
            """,
        right="""
            gfs 1.0
            data score: array[3] of real = file("scores.csv", column = "score", sha256 =
              "HASH")
            """.replace("HASH", _HASH_OF_SCORES),
    ),
    Code(
        code="GFS203",
        title="data has another shape, column or range",
        explanation="The contents of the file do not fit the declared type, or the file is not "
        "what its name says.",
        files=_SCORES,
        wrong="""
            gfs 1.0
            data score: array[4] of real = file("scores.csv", column = "score")
            """,
        right="""
            gfs 1.0
            data score: array[3] of real = file("scores.csv", column = "score")
            """,
    ),
    Code(
        code="GFS204",
        title="path leaves the folder tree",
        explanation="A data file lies below the folder of the specification, or in the data "
        "directory. `~` and `$VAR` are not expanded.",
        wrong="""
            gfs 1.0
            import "../../elsewhere.gfs" as elsewhere
            """,
        right="""
            gfs 1.0
            import "gfs:std/hypergrid" as hypergrid
            """,
    ),
    Code(
        code="GFS212",
        title="table lacks keys",
        explanation="A `map` must have a value for each key of its type.",
        files=_SCORES,
        wrong="""
            gfs 1.0
            enum Base { A, C, G, T }
            data score: map[Base] of real = file("scores.csv", key = "base", value = "score")
            """,
        right="""
            gfs 1.0
            enum Base { A, C, G }
            data score: map[Base] of real = file("scores.csv", key = "base", value = "score")
            """,
    ),
    Code(
        code="GFS213",
        title="pickle refused",
        explanation="A pickle runs code when it is read. Save the data as `.csv`, `.npy`, `.npz` "
        "or `.json`.",
        files={"scores.pkl": "", **_SCORES},
        wrong="""
            gfs 1.0
            data score: array[3] of real = file("scores.pkl")
            """,
        right="""
            gfs 1.0
            data score: array[3] of real = file("scores.csv", column = "score")
            """,
    ),
    Code(
        code="GFS214",
        title="external code cannot be imported",
        explanation="`python` names a module and a function, as in `package.module:function`; the "
        "module is installed, or stands beside the specification. As long as nothing is run, a "
        "module that is missing is a warning: what depends on it is unknown. An installed package "
        "that offers components must be importable too.",
        wrong=walk("""
            extern fn score(x: int[0..9]) -> real(0..) { python = "score"  pure = true }
            """),
        right=_WITH_SCORE,
        files=_SCORE,
    ),
    Code(
        code="GFS215",
        title="external function gave an invalid result",
        explanation="The function raised, took too long, or gave something that is no finite "
        "number or lies outside the declared type. The message shows what it was called with. With "
        "`on_error = reject` such an object gets the reward `floor` instead.",
        without_program="it takes a function that was trusted.",
    ),
    Code(
        code="GFS216",
        title="impure function in an exact evaluation",
        explanation="Exact quantities are computed once and used many times; that needs a "
        "function declared `pure = true`.",
        files=_SCORE,
        wrong=_WITH_SCORE.replace("  pure = true", "")
        + """
experiment noisy {
  environment = Walk()
  reward = Scored()
  objective = tb()
  evaluate { every 100 { metrics = [tv_exact()] } }
}
""",
        right=_WITH_SCORE
        + """
experiment steady {
  environment = Walk()
  reward = Scored()
  objective = tb()
  evaluate { every 100 { metrics = [tv_exact()] } }
}
""",
    ),
    Code(
        code="GFS217",
        title="string or external function in a guard",
        explanation="Guards, invariants, effects and the ends are compiled to tensor code, which "
        "has neither. Both may stand in rewards and `object`.",
        files=_SCORE,
        wrong="""
            gfs 1.0

            extern fn score(x: int[0..9]) -> real(0..) { python = "score:score"  pure = true }

            environment Climb() {
              state { x: int[0..9] = 0 }
              action step() when score(x) > 1 { x += 1 }
              stop
            }
            """,
        right=_WITH_SCORE,
    ),
    Code(
        code="GFS218",
        title="external function not trusted",
        explanation="A specification that calls Python could do whatever you can do. `compile` and "
        "`run` ask once for each file; `gflowspec trust SPEC` answers, and shows the files. A file "
        "that changes is asked for again. `check`, `plan`, `graph` and `fmt` never run Python.",
        verb="compile",
        files=_SCORE,
        wrong=_WITH_SCORE
        + """
experiment scored {
  environment = Walk()
  reward = Scored()
  objective = tb()
}
""",
        right=walk("""
            experiment height {
              environment = Walk()
              reward = Height()
              objective = tb()
            }
            """),
    ),
)
