"""GFS400-429: policies and training; GFS500-519: run time; GFS600-619: usage; GFS900: style."""

from __future__ import annotations

from gflowspec.core.catalogue.entry import Code, walk
from gflowspec.core.diagnostics import Severity

TRAINING: tuple[Code, ...] = (
    Code(
        code="GFS401",
        title="encoder cannot read this state",
        explanation="The encoder does not fit the type of the state, or `tabular()` is used on a "
        "space that cannot be enumerated.",
    ),
    Code(
        code="GFS402",
        title="setting has no effect",
        explanation="The constructor in force does not use this setting: `uniform()` has nothing "
        "to learn, so it has no learning rate.",
        wrong=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
              policy { backward = uniform(lr = 1e-3) }
            }
            """),
        right=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
              policy { backward = tlm(lr = 1e-3) }
            }
            """),
    ),
    Code(
        code="GFS403",
        title="combination not allowed",
        explanation="Two settings exclude each other, such as `train.steps` and "
        "`train.trajectories`.",
        wrong=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
              train { steps = 100  trajectories = 1_600 }
            }
            """),
        right=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
              train { steps = 100 }
            }
            """),
    ),
    Code(
        code="GFS404",
        title="metric needs enumeration",
        explanation="An exact metric was asked for, but the state space is too large to "
        "enumerate. The message names the sampled alternative.",
    ),
    Code(
        code="GFS405",
        title="batch exceeds the buffer",
        explanation="A batch cannot be larger than the buffer that it is drawn from.",
    ),
    Code(
        code="GFS406",
        title="sweep path unknown",
        explanation="A sweep moves settings of its experiment, and `skip when` reads them; this is "
        "not one of them.",
        wrong=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
            }

            sweep s of e {
              grid train.btch = [8, 16]
            }
            """),
        right=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
            }

            sweep s of e {
              grid train.batch = [8, 16]
            }
            """),
    ),
    Code(
        code="GFS407",
        title="zip lengths differ",
        explanation="`zip (p, q) = [(a, b), ...]` needs one value for each path in every row.",
        wrong=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
            }

            sweep s of e {
              zip (environment.n, train.steps) = [(4, 100), (9)]
            }
            """),
        right=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
            }

            sweep s of e {
              zip (environment.n, train.steps) = [(4, 100), (9, 200)]
            }
            """),
    ),
    Code(
        code="GFS408",
        title="empty sweep",
        explanation="No run is left after `skip when`, or a list is empty.",
        wrong=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
            }

            sweep s of e {
              seeds 3..1
            }
            """),
        right=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
            }

            sweep s of e {
              seeds 1..3
            }
            """),
    ),
    Code(
        code="GFS409",
        title="more than 1,000 runs",
        severity=Severity.WARNING,
        explanation="Running a sweep of this size needs `--yes`. One of more than 10,000 points, "
        "skipped ones included, is refused.",
        wrong=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
            }

            sweep s of e {
              seeds 1..1_001
            }
            """),
        right=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = tb
            }

            sweep s of e {
              seeds 1..1_000
            }
            """),
    ),
)

RUN_TIME: tuple[Code, ...] = (
    Code(
        code="GFS501",
        title="loss is not finite",
        explanation="Training was stopped and its last batch saved. Lower the learning rate, clip "
        "gradients with `adam(clip_norm = 1)`, or bound the reward with `floor`.",
        verb="run",
    ),
    Code(
        code="GFS502",
        title="checkpoint of another run",
        explanation="The resolved specification has another `run:` hash than the checkpoint. "
        "`resume` prints what differs.",
        verb="resume",
    ),
    Code(
        code="GFS503",
        title="empty mask at run time",
        explanation="A state that does not end the trajectory has no action. That is a bug of the "
        "compiler: please report it with the specification.",
        verb="run",
    ),
    Code(
        code="GFS504",
        title="tracking store unreachable",
        severity=Severity.WARNING,
        explanation="The run goes on and keeps its journal; `gflowspec sync` delivers it later.",
        verb="run",
    ),
    Code(
        code="GFS505",
        title="disk full, or run directory or local store not writable",
        explanation="The run directory must take checkpoints and results, and a local tracking "
        "store must be a writable sqlite database, so this is said before training starts.",
        verb="run",
    ),
)

USAGE: tuple[Code, ...] = (
    Code(
        code="GFS600",
        title="unknown verb, flag or topic",
        explanation="`gflowspec --help` lists the verbs, `gflowspec VERB --help` their flags.",
    ),
    Code(
        code="GFS601",
        title="no such file",
        explanation="The file does not exist or cannot be read.",
    ),
    Code(
        code="GFS602",
        title="no such run",
        explanation="A run is named by its id, a unique prefix of at least four characters, its "
        "name, or its directory. `gflowspec ls` lists them.",
    ),
    Code(
        code="GFS603",
        title="malformed override",
        explanation="An override is written `-s path=value`, in the syntax of the language: "
        "`-s train.steps=200`, `-s 'policy.backward=tlm(lr = 1e-3)'`.",
    ),
    Code(
        code="GFS604",
        title="which experiment?",
        explanation="The file has several experiments: name one, as in `file.gfs:name`.",
    ),
    Code(
        code="GFS700",
        title="internal error",
        explanation="A bug of GFlowSpec, not of the file. A report file is named; please report "
        "it and attach that file.",
    ),
)

STYLE: tuple[Code, ...] = (
    Code(
        code="GFS901",
        title="naming style",
        severity=Severity.NOTE,
        explanation="`snake_case` for values, `UpperCamel` for environments, rewards and enums.",
    ),
    Code(
        code="GFS902",
        title="missing documentation",
        severity=Severity.NOTE,
        explanation="A `##` line in front of a declaration documents it.",
    ),
    Code(
        code="GFS904",
        title="stray documentation",
        severity=Severity.NOTE,
        explanation="A `##` line documents the declaration that follows it; none follows here. "
        "Use `#` for a comment.",
    ),
)
