"""What is there already: earlier runs of the same hash, and what to do about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import attrs

from gflowspec.ir.config import Config
from gflowspec.tracking.base import Status
from gflowspec.tracking.description import json_value
from gflowspec.tracking.rundir import Run


class Work(StrEnum):
    """What running an experiment means now."""

    NEW = "new"
    CACHED = "cached"
    RESUMABLE = "resumable"
    RUNNING = "running"


@attrs.frozen(kw_only=True)
class Prior:
    """The earlier run that matters.

    Attributes:
        work: What there is to do.
        reason: Why, in words.
        run: The earlier run; None for ``NEW``.
    """

    work: Work
    reason: str
    run: Run | None = None


def prior(runs: Iterable[Run], run_hash: str, config: Config) -> Prior:
    """Look for an earlier run of ``run_hash`` among the runs of a project, newest first.

    A finished run counts if it was evaluated as ``config`` asks for; an unfinished one if it left
    a checkpoint.
    """
    same = [run for run in runs if run.info.hashes.get("run") == run_hash]
    wanted = evaluation({path: json_value(item.value) for path, item in config.settings.items()})
    for run in same:
        if run.info.status is Status.FINISHED and run.info.outcome == "finished":
            found = {path: item["value"] for path, item in run.info.settings.items()}
            if evaluation(found) == wanted:
                reason = f"finished as {run.info.run_id}"
                return Prior(work=Work.CACHED, reason=reason, run=run)
    for run in same:
        if run.is_alive:
            return Prior(work=Work.RUNNING, reason=f"{run.info.run_id} trains now", run=run)
    for run in same:
        if run.info.outcome not in {"finished", "failed"} and run.checkpoint.is_file():
            reason = (
                f"{run.info.run_id} was {run.info.outcome or 'killed'} at step {run.info.steps}"
            )
            return Prior(work=Work.RESUMABLE, reason=reason, run=run)
    if same:
        return Prior(work=Work.NEW, reason="earlier runs failed or were evaluated differently")
    return Prior(work=Work.NEW, reason="never run here")


def evaluation(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that say what is measured."""
    return {path: value for path, value in settings.items() if path.startswith("evaluate")}
