"""GFS400-429: policies, training and sweeps."""

from __future__ import annotations

from gflowspec.core.catalogue.entry import Code, walk
from gflowspec.core.diagnostics import Severity

TRAINING: tuple[Code, ...] = (
    Code(
        code="GFS401",
        title="encoder cannot read this state",
        explanation="The encoder does not fit the type of the state: `tabular()` is used on a "
        "space that cannot be enumerated, or `transformer()` on single variables alone.",
        wrong="""
            gfs 1.0
            import "gfs:std/hypergrid" { Hypergrid, Corners }
            experiment e {
              environment = Hypergrid(dim = 10, side = 20)
              reward = Corners()
              objective = tb
              policy.encoder = tabular()
            }
            """,
        right="""
            gfs 1.0
            import "gfs:std/hypergrid" { Hypergrid, Corners }
            experiment e {
              environment = Hypergrid(dim = 10, side = 20)
              reward = Corners()
              objective = tb
              policy.encoder = mlp()
            }
            """,
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
        wrong="""
            gfs 1.0
            import "gfs:std/hypergrid" { Hypergrid, Corners }
            experiment e {
              environment = Hypergrid(dim = 10, side = 20)
              reward = Corners()
              objective = tb
              evaluate.final = [tv_exact()]
            }
            """,
        right="""
            gfs 1.0
            import "gfs:std/hypergrid" { Hypergrid, Corners }
            experiment e {
              environment = Hypergrid(dim = 10, side = 20)
              reward = Corners()
              objective = tb
              evaluate.final = [elbo()]
            }
            """,
    ),
    Code(
        code="GFS405",
        title="batch exceeds the buffer",
        explanation="A batch cannot be larger than the buffer that it is drawn from.",
        wrong=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = soft_dqn
              replay = prioritized(size = 100)
            }
            """),
        right=walk("""
            experiment e {
              environment = Walk()
              reward = Height()
              objective = soft_dqn
              replay = prioritized(size = 10_000)
            }
            """),
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
