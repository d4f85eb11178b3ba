"""A run directory: ``run.json``, the journal, checkpoints and artifacts of one run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from gflowspec.tracking import atomic
from gflowspec.tracking.base import Status
from gflowspec.tracking.process import ProcessIdentity

#: Version of the layout of ``run.json``.
LAYOUT = 1


@attrs.frozen(kw_only=True)
class RunInfo:
    """What ``run.json`` says about a run; plain JSON values throughout.

    Attributes:
        run_id: Our id, also the name of the directory.
        name: Readable name, see ``tracking.naming``.
        experiment: Name of the experiment in the specification.
        hashes: ``env``, ``task`` and ``run`` hashes as printed.
        status: State of the run as its own process last wrote it; see ``Run.is_alive``.
        outcome: One of ``finished cached budget interrupted failed``; empty while it runs.
        sentence: The outcome in words.
        created: Seconds since the epoch.
        ended: Seconds since the epoch; None while it runs.
        seconds: Wall time of all starts together.
        steps: Iterations done in all.
        metrics: Last value of each metric of the evaluation.
        exact: ``tv l1 kl log_z`` of the final policy if it is enumerable, else None.
        log_z_error: Learned or implied log Z minus the exact one, or None.
        floor: TV that a perfect sampler would show from ``floor_samples`` samples, or None.
        floor_samples: Their number.
        settings: Every resolved setting: path to ``{"value": ..., "source": ...}``.
        spec_path: File that was run, as it was given; empty for a run from Python.
        sources: Text of every file of the specification, the root file first, by name.
        overrides: ``path=value`` texts, in order.
        checkpoint: Path of the newest checkpoint within the directory, or None.
        tracker: ``mlflow`` or ``none``.
        tracking_uri: The store without credentials, or None.
        mlflow_experiment_id: MLflow's id, or None until known.
        mlflow_run_id: MLflow's id, or None until known.
        process: Identity of the process that trains, see ``tracking.process``.
        version: Version of GFlowSpec.
    """

    run_id: str
    name: str
    experiment: str
    hashes: Mapping[str, str]
    created: float
    status: Status = Status.RUNNING
    outcome: str = ""
    sentence: str = ""
    ended: float | None = None
    seconds: float = 0.0
    steps: int = 0
    metrics: Mapping[str, float | None] = attrs.field(factory=dict)
    exact: Mapping[str, float | None] | None = None
    log_z_error: float | None = None
    floor: float | None = None
    floor_samples: int = 0
    settings: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    spec_path: str = ""
    sources: Mapping[str, str] = attrs.field(factory=dict)
    overrides: tuple[str, ...] = ()
    checkpoint: str | None = None
    tracker: str = "mlflow"
    tracking_uri: str | None = None
    mlflow_experiment_id: str | None = None
    mlflow_run_id: str | None = None
    process: Mapping[str, Any] | None = None
    version: str = ""

    def to_json(self) -> str:
        """As the text of ``run.json``; numbers that are not finite become null."""
        plain = {"layout": LAYOUT, **attrs.asdict(self, recurse=False)}
        return json.dumps(finite(plain), indent=2, allow_nan=False, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> RunInfo:
        """Read ``run.json``; fields of a newer version are left out.

        Raises:
            ValueError: The text is not JSON, or not of a run.
        """
        plain = json.loads(text)
        if not isinstance(plain, dict):
            message = "run.json does not hold an object"
            raise ValueError(message)
        known = {field.name for field in attrs.fields(cls)}
        found = {key: value for key, value in plain.items() if key in known}
        try:
            found["status"] = Status(found.get("status", Status.RUNNING))
            found["overrides"] = tuple(found.get("overrides", ()))
            return cls(**found)
        except TypeError as error:
            message = f"run.json is incomplete: {error}"
            raise ValueError(message) from error


@attrs.frozen
class Run:
    """A run directory and what its ``run.json`` said when it was read."""

    directory: Path
    info: RunInfo

    @classmethod
    def read(cls, directory: Path) -> Run:
        """Read a run directory.

        Raises:
            OSError: There is no readable ``run.json``.
            ValueError: It is damaged.
        """
        text = (directory / "run.json").read_text(encoding="utf-8")
        return cls(directory, RunInfo.from_json(text))

    def write(self, info: RunInfo) -> Run:
        """Replace ``run.json`` in one step and return the run as it is now.

        Raises:
            OSError: The directory cannot be written or the disk is full.
        """
        atomic.write_text(self.directory / "run.json", info.to_json())
        return Run(self.directory, info)

    @property
    def journal(self) -> Path:
        """The journal of this run; exists only for tracked runs."""
        return self.directory / "journal.jsonl"

    @property
    def checkpoint(self) -> Path:
        """Where the newest checkpoint is, if there is one."""
        return self.directory / "checkpoint.pt"

    @property
    def artifacts(self) -> Path:
        """Folder of the files that belong to the run."""
        return self.directory / "artifacts"

    @property
    def is_alive(self) -> bool:
        """Whether its process still trains; a run of another machine counts as alive."""
        if self.info.status is not Status.RUNNING or self.info.process is None:
            return False
        return ProcessIdentity.of(self.info.process).is_alive is not False


def finite(value: Any) -> Any:
    """A copy of nested mappings and lists in which numbers that are not finite are None."""
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124 - NaN
        return None
    return value
