"""Directories of runs that were never done, with settings and curves as wished."""

import json
import math

from gflowspec.tracking.base import RunRecord, Status
from gflowspec.tracking.location import StoreLocation
from gflowspec.tracking.rundir import RunInfo
from gflowspec.tracking.tracker import MlflowTracker

DEFAULTS = {
    "objective": "tb", "policy.backward": "uniform", "train.seed": 1, "train.batch": 10,
    "train.optimizer.lr": 0.001,
}  # fmt: skip


def leave(project, tv=0.1, *, metrics=None, status=Status.FINISHED, task="a", env="a", **chosen):
    """A run whose exact TV fell from 1 to ``tv`` within 100 trajectories and 10 ``tv`` seconds.

    ``chosen`` are settings that are not left at their defaults, with ``__`` for dots.
    """
    chosen = {path.replace("__", "."): value for path, value in chosen.items()}
    settings = DEFAULTS | chosen
    number = len(project.runs())
    run_id = f"run{number:04}"
    info = RunInfo(
        run_id=run_id,
        name=run_id,
        experiment="grid",
        hashes={
            "env": f"env:1/{env}",
            "task": f"task:1/{task}",
            "run": f"run:1/{task}{json.dumps(settings)}",
        },
        created=float(number),
        status=status,
        outcome="finished" if status is Status.FINISHED else "failed",
        metrics=metrics or {"tv_exact": tv, "forward_entropy": 1.0},
        settings={
            path: {"value": value, "source": "a.gfs:1:1" if path in chosen else "default"}
            for path, value in settings.items()
        },
    )
    run = project.create_run(info)
    tracker = MlflowTracker(StoreLocation("sqlite:////nowhere.db"), offline=True)
    tracker.start(
        RunRecord(run_id=run_id, name="n", experiment="e", directory=run.directory, created=1.0)
    )
    if math.isfinite(tv):
        tracker.record(1, {"eval/tv_exact": 1.0, "perf/seconds": 0.5})
        tracker.record(10, {"eval/tv_exact": tv, "perf/seconds": 10 * tv})
    tracker.finish(status, "")
    return run
