"""GFS500-519: run time; GFS600-619: usage; GFS700: bugs."""

from __future__ import annotations

from gflowspec.core.catalogue.entry import Code
from gflowspec.core.diagnostics import Severity

RUN_TIME: tuple[Code, ...] = (
    Code(
        code="GFS501",
        title="loss is not finite",
        explanation="Training was stopped and its last batch saved. Lower the learning rate, clip "
        "gradients with `adam(clip_norm = 1)`, or bound the reward with `floor`.",
        verb="run",
        without_program="it depends on what training meets.",
    ),
    Code(
        code="GFS502",
        title="checkpoint of another run",
        explanation="The resolved specification has another `run:` hash than the checkpoint. "
        "`resume` prints what differs.",
        verb="resume",
        without_program="it takes a run, and a specification that was changed after it.",
    ),
    Code(
        code="GFS503",
        title="empty mask at run time",
        explanation="A state that does not end the trajectory has no action. A run that was "
        "started with `--allow-unproved` looks out for it, since O5 was not shown. Otherwise it is "
        "a bug of the compiler: please report it with the specification.",
        verb="run",
        without_program="it takes a run that was started without its proofs.",
    ),
    Code(
        code="GFS504",
        title="tracking store unreachable",
        severity=Severity.WARNING,
        explanation="The run goes on and keeps its journal; `gflowspec sync` delivers it later.",
        verb="run",
        without_program="it depends on the machine.",
    ),
    Code(
        code="GFS505",
        title="disk full, or run directory or local store not writable",
        explanation="The run directory must take checkpoints and results, and a local tracking "
        "store must be a writable sqlite database, so this is said before training starts.",
        verb="run",
        without_program="it depends on the machine.",
    ),
    Code(
        code="GFS506",
        title="not enough memory",
        explanation="The machine refused memory for the networks, or for a batch of trajectories. "
        "Both grow with `train.batch` and the sizes of `policy.encoder`.",
        verb="run",
        without_program="it depends on the machine.",
    ),
)

USAGE: tuple[Code, ...] = (
    Code(
        code="GFS600",
        title="unknown verb, flag or topic",
        explanation="`gflowspec --help` lists the verbs, `gflowspec VERB --help` their flags.",
        without_program="it is about the command line.",
    ),
    Code(
        code="GFS601",
        title="no such file",
        explanation="The file does not exist or cannot be read.",
        without_program="it is about the command line.",
    ),
    Code(
        code="GFS602",
        title="no such run",
        explanation="A run is named by its id, a unique prefix of at least four characters, its "
        "name, or its directory. `gflowspec ls` lists them.",
        without_program="it is about the command line.",
    ),
    Code(
        code="GFS603",
        title="malformed override",
        explanation="An override is written `-s path=value`, in the syntax of the language: "
        "`-s train.steps=200`, `-s 'policy.backward=tlm(lr = 1e-3)'`.",
        without_program="it is about the command line.",
    ),
    Code(
        code="GFS604",
        title="which experiment?",
        explanation="The file has several experiments: name one, as in `file.gfs:name`.",
        without_program="it is about the command line.",
    ),
    Code(
        code="GFS700",
        title="internal error",
        explanation="A bug of GFlowSpec, not of the file. A report file is named; please report "
        "it and attach that file.",
        without_program="it takes a bug.",
    ),
)
