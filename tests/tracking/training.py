"""A stand-in for a training: journals known numbers, in a process that tests can kill.

Run as a program with one JSON argument; prints one JSON line at the start (the process ids) and
one at the end (the account).
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import attrs

from gflowspec.tracking.base import RunRecord, Status
from gflowspec.tracking.location import StoreLocation, resolve
from gflowspec.tracking.process import ProcessIdentity
from gflowspec.tracking.project import Project
from gflowspec.tracking.rundir import Run, RunInfo
from gflowspec.tracking.tracker import MlflowTracker

KEYS = (
    "train/loss_forward",
    "train/log_z",
    "train/grad_norm",
    "eval/tv_exact",
    "train/mean_length",
    "perf/steps_per_s",
)


def values_at(step: int) -> dict[str, float]:
    """The numbers of one step."""
    return {key: (step + 1) / (place + 7) for place, key in enumerate(KEYS)}


@attrs.frozen(kw_only=True)
class Plan:
    """What to do.

    Attributes:
        root: Folder of the project.
        uri: The store; None for the default one.
        steps: Steps to journal, 6 values each.
        first: First step.
        pause: Seconds between two steps.
        run_id: Run to continue; None for a new one.
        status: How it ends.
        patience: See ``MlflowTracker``.
        hold: Step at which it waits for a line on standard input; -1 for none.
        picture: Whether it leaves the picture of an evaluation.
    """

    root: str
    uri: str | None = None
    steps: int = 100
    first: int = 0
    pause: float = 0.0
    run_id: str | None = None
    status: str = "FINISHED"
    patience: float = 60.0
    hold: int = -1
    picture: bool = False


def store_of(plan: Plan) -> StoreLocation:
    return resolve(Project(Path(plan.root)), {}, plan.uri)


def start(plan: Plan, tracker: MlflowTracker) -> Run:
    """Make or continue the run."""
    project = Project(Path(plan.root))
    assert project.preflight() == ()
    now = time.time()
    if plan.run_id is None:
        run_id = project.new_run_id("run:1/3f9c2a", now)
        info = RunInfo(
            run_id=run_id,
            name="grid-subtb.tlm-s1-3f9c2a",
            experiment="grid",
            hashes={"run": "run:1/3f9c2a"},
            created=now,
            tracking_uri=tracker.location.shown,
            process=ProcessIdentity.current().plain(),
        )
        run = project.create_run(info)
    else:
        run = project.find_run(plan.run_id)
    record = RunRecord(
        run_id=run.info.run_id,
        name=run.info.name,
        experiment="grid",
        directory=run.directory,
        created=run.info.created,
        params={"train.lr": "0.001", "policy.backward": "tlm"},
        tags={"gflowspec.run_id": run.info.run_id, "gflowspec.version": "0.1.0"},
        resumed_at=None if plan.run_id is None else plan.first,
    )
    tracker.start(record)
    return run


def say(plain: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(plain) + "\n")
    sys.stdout.flush()


def draw(run: Run, tracker: MlflowTracker) -> None:
    from gflowspec.tracking.plots.density import learned_versus_target

    path = "eval/target_vs_learned.png"
    places = [(x, y) for x in range(8) for y in range(8)]
    weights = [1.0 + 9.0 * ((x in (1, 6)) and (y in (1, 6))) for x, y in places]
    target = [weight / sum(weights) for weight in weights]
    learned_versus_target(
        run.artifacts / path,
        target=target,
        learned=target[::-1],
        coordinates=places,
        heading=run.info.name,
    )
    tracker.artifact(path, run.artifacts / path)


def train(plan: Plan) -> None:
    tracker = MlflowTracker(store_of(plan), notify=lambda _: None, patience=plan.patience)
    run = start(plan, tracker)
    uploader = tracker._flusher._process.pid  # type: ignore[union-attr]
    say({"run": run.info.run_id, "uploader": uploader})
    slowest = 0.0
    for step in range(plan.first, plan.steps):
        if step == plan.hold:
            say({"at": step})
            sys.stdin.readline()
        before = time.perf_counter()
        tracker.record(step, values_at(step))
        slowest = max(slowest, time.perf_counter() - before)
        time.sleep(plan.pause)
    if plan.picture:
        draw(run, tracker)
    before = time.perf_counter()
    summary = tracker.finish(Status(plan.status), f"ended as {plan.status}")
    ending = time.perf_counter() - before
    info = attrs.evolve(run.info, status=Status(plan.status))
    run.write(info)
    say(
        {
            **attrs.asdict(summary),
            "slowest": slowest,
            "ending": ending,
            "imported": sorted({"mlflow", "torch", "sqlalchemy"} & set(sys.modules)),
        }
    )


class Training:
    """A training in a process of its own, seen from a test."""

    def __init__(self, plan: Plan, cwd: Path | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", __file__, json.dumps(attrs.asdict(plan))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=cwd,
        )
        started = self.line()
        self.run_id: str = started["run"]
        self.uploader: int = started["uploader"]

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        text = self.process.stdout.readline()
        assert text, "the training ended without a word"
        found: dict[str, Any] = json.loads(text)
        return found

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def finish(self) -> dict[str, Any]:
        """The account at the end."""
        found = self.line()
        self.close()
        return found

    def kill(self, uploader: bool = True) -> None:
        """End it as kill -9 does; its uploader first, if that is to die as well."""
        if uploader:
            Path(f"/proc/{self.uploader}").exists() and _kill(self.uploader)
        self.process.send_signal(signal.SIGKILL)
        self.close()

    def close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self.process.wait()


def _kill(pid: int) -> None:
    import os

    os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    train(Plan(**json.loads(sys.argv[1])))
