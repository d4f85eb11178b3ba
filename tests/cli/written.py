"""Run directories that nobody trained, for whatever reads them."""

from gflowspec.tracking.base import RunRecord, Status
from gflowspec.tracking.location import StoreLocation
from gflowspec.tracking.project import Project
from gflowspec.tracking.rundir import RunInfo
from gflowspec.tracking.tracker import MlflowTracker

SETTINGS = {
    "objective": "tb",
    "objective.lr_z": 0.1,
    "policy.backward": "uniform",
    "train.batch": 10,
    "train.seed": 0,
}


def written_runs():
    """A function that makes run directories: final exact TV, its curve by iteration, settings."""
    made = []

    def make(tv, curve=(), *, task="task:1/aa", status=Status.FINISHED, **settings):
        changed = {name.replace("__", "."): value for name, value in settings.items()}
        values = SETTINGS | changed
        if values["objective"] != "tb":
            values.pop("objective.lr_z")
        made.append(None)
        info = RunInfo(
            run_id=f"20260131-1422{len(made):02}-abcdef-k7q{len(made)}",
            name=f"grid-{values['objective']}-s{values['train.seed']}",
            experiment="grid",
            hashes={"task": task, "run": f"run:1/{len(made):064}"},
            created=float(len(made)),
            settings={path: {"value": value, "source": "x"} for path, value in values.items()},
            status=status,
            outcome="finished" if status is Status.FINISHED else "interrupted",
            exact={"tv": tv, "kl": 2 * tv},
            log_z_error=tv / 10,
            floor=0.01,
            floor_samples=10_000,
        )
        run = Project.find().create_run(info)
        if curve:
            tracker = MlflowTracker(StoreLocation("sqlite:///x.db"), offline=True)
            tracker.start(
                RunRecord(
                    run_id=info.run_id, name=info.name, experiment="grid",
                    directory=run.directory, created=1.0,
                )
            )  # fmt: skip
            for step, value in curve:
                tracker.record(step, {"eval/tv_exact": value})
            tracker.finish(Status.FINISHED, "")
        return run

    return make
