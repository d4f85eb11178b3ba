"""A store in memory with the semantics of MLflow's, and what runs are started with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from gflowspec.tracking.base import RunRecord, Status
from gflowspec.tracking.delivery import StoreRefused, StoreUnavailable
from gflowspec.tracking.records import Create, Metric, Param, StatusChange, Tag
from gflowspec.tracking.rundir import Run

RUN_HASH = "run:1/3f9c2a77aa"


@attrs.define
class FakeStore:
    """Keeps rows under the keys MLflow keeps them under; ``failures`` calls fail first."""

    failures: int = 0
    refuse: Callable[[Param | Tag | Metric], bool] = lambda _: False
    calls: int = 0
    runs: dict[str, str] = attrs.field(factory=dict)
    created: int = 0
    params: dict[str, str] = attrs.field(factory=dict)
    tags: dict[str, str] = attrs.field(factory=dict)
    metrics: set[tuple[str, int, int, float]] = attrs.field(factory=set)
    artifacts: dict[str, bytes] = attrs.field(factory=dict)
    status: str = ""
    end_time: int | None = None
    largest: int = 0

    def _call(self) -> None:
        self.calls += 1
        if self.failures:
            self.failures -= 1
            message = "no answer"
            raise StoreUnavailable(message)

    def create(self, run: Create) -> tuple[str, str]:
        self._call()
        if run.run_id not in self.runs:
            self.created += 1
            self.runs[run.run_id] = f"mlflow-{self.created}"
        return "1", self.runs[run.run_id]

    def log(self, run_id: str, batch: Sequence[Param | Tag | Metric]) -> None:
        self._call()
        assert run_id in self.runs.values()
        self.largest = max(self.largest, len(batch))
        assert len(batch) <= 1000
        assert sum(isinstance(item, Param) for item in batch) <= 100
        assert sum(isinstance(item, Tag) for item in batch) <= 100
        tags = [item.key for item in batch if isinstance(item, Tag)]
        assert len(tags) == len(set(tags))
        if any(self.refuse(item) for item in batch):
            message = "INVALID_PARAMETER_VALUE: one of them"
            raise StoreRefused(message)
        for item in batch:
            if isinstance(item, Param):
                assert self.params.setdefault(item.key, item.value) == item.value
            elif isinstance(item, Tag):
                self.tags[item.key] = item.value
            else:
                self.metrics.add((item.key, item.time, item.step, item.value))

    def upload(self, run_id: str, local_path: Path, path_in_run: str) -> None:
        self._call()
        assert run_id in self.runs.values()
        self.artifacts[path_in_run] = local_path.read_bytes()

    def set_status(self, run_id: str, change: StatusChange) -> None:
        self._call()
        assert run_id in self.runs.values()
        self.status = change.status.value
        self.end_time = None if change.status is Status.RUNNING else change.time

    def snapshot(self) -> dict[str, object]:
        """All that is stored, for comparison."""
        kept = ("runs", "params", "metrics", "artifacts", "status", "end_time")
        tags = {key: value for key, value in self.tags.items() if key != "gflowspec.records"}
        return {**{name: getattr(self, name) for name in kept}, "tags": tags}


def record_of(run: Run, **changes: object) -> RunRecord:
    """What a tracker is started with for this run."""
    fields: dict[str, object] = {
        "run_id": run.info.run_id,
        "name": run.info.name,
        "experiment": run.info.experiment,
        "directory": run.directory,
        "created": run.info.created,
        "params": {"train.lr": "0.001", "policy.backward": "tlm"},
        "tags": {"gflowspec.version": "0.1"},
        **changes,
    }
    return RunRecord(**fields)  # type: ignore[arg-type]
