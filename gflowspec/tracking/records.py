"""What a journal line means to a store: the records it stands for, and how they are written.

Accepted, delivered, unsent and rejected are all counted in these records, by ``expand`` alone, so
that writer, uploader and ``sync`` agree on every number.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from gflowspec.tracking.base import RunRecord, Status
from gflowspec.tracking.journal import DamagedLine, Line, number, plain_number

#: Counts values that are not finite; the store gets this count instead of the values.
NONFINITE = "health/nonfinite"


@attrs.frozen
class Create:
    """The run comes into being, or is found by its id; ``parent`` with its time if it has one."""

    run_id: str
    name: str
    experiment: str
    created: int
    parent: str = ""
    parent_created: int = 0

    @property
    def above(self) -> Create | None:
        """The creation of the run of its sweep, which may come second or twice."""
        if not self.parent:
            return None
        return Create(self.parent, self.parent, self.experiment, self.parent_created)


@attrs.frozen
class Param:
    """One parameter."""

    key: str
    value: str


@attrs.frozen
class Tag:
    """One tag."""

    key: str
    value: str


@attrs.frozen
class Metric:
    """One value of one metric; ``time`` in milliseconds since the epoch."""

    key: str
    value: float
    time: int
    step: int


@attrs.frozen
class Artifact:
    """A file of the run directory, by its path below ``artifacts/``."""

    path: str
    sha256: str


@attrs.frozen
class StatusChange:
    """The run starts again or ends."""

    status: Status
    time: int


@attrs.frozen
class Damaged:
    """A line that cannot be read; it can only be rejected."""

    content: str


Record = Create | Param | Tag | Metric | Artifact | StatusChange | Damaged


def expand(line: Line | DamagedLine) -> tuple[Record, ...]:
    """The records of a line, in the order in which they are delivered."""
    if isinstance(line, DamagedLine):
        return (Damaged(line.content.decode("utf-8", "replace")[:200]),)
    payload = line.payload
    match line.kind:
        case "create":
            return (Create(**payload),)
        case "params":
            return tuple(Param(key, value) for key, value in payload.items())
        case "tags":
            return tuple(Tag(key, value) for key, value in payload.items())
        case "metrics":
            return _metrics(line)
        case "artifact":
            return (Artifact(payload["path"], payload["sha256"]),)
        case "status":
            outcome = payload["outcome"]
            change = StatusChange(Status(payload["status"]), line.time)
            return (Tag("gflowspec.outcome", outcome), change) if outcome else (change,)
        case _:
            return (Damaged(f"a line of the unknown kind {line.kind!r}"),)


def count(payload: Mapping[str, Any], kind: str) -> int:
    """How many records a line will stand for, before it is written."""
    if kind == "metrics" and not any(isinstance(item, str) for item in payload["values"].values()):
        return len(payload["values"])  # every number is finite: the path of the training loop
    return len(expand(Line(0, kind, 0, payload, 0)))


def _metrics(line: Line) -> tuple[Record, ...]:
    """Finite values one by one; the others together as a count."""
    step = line.payload["step"]
    values = {key: number(value) for key, value in line.payload["values"].items()}
    finite = {key: value for key, value in values.items() if math.isfinite(value)}
    lost = len(values) - len(finite)
    if lost:
        finite[NONFINITE] = finite.get(NONFINITE, 0.0) + lost
    return tuple(Metric(key, value, line.time, step) for key, value in finite.items())


def create_payload(run: RunRecord) -> dict[str, Any]:
    """Payload of ``create``."""
    plain = {
        "run_id": run.run_id,
        "name": run.name,
        "experiment": run.experiment,
        "created": int(run.created * 1000),
    }
    if run.parent is None:
        return plain
    above = {"parent": run.parent.run_id, "parent_created": int(run.parent.created * 1000)}
    return {**plain, **above}


def metrics_payload(step: int, values: Mapping[str, float]) -> dict[str, Any]:
    """Payload of ``metrics``."""
    return {
        "step": int(step),
        "values": {key: plain_number(value) for key, value in values.items()},
    }


def artifact_payload(path_in_run: str, local_path: Path) -> dict[str, Any]:
    """Payload of ``artifact``; the digest says which content is meant.

    Raises:
        OSError: The file cannot be read.
    """
    return {"path": path_in_run, "sha256": sha256(local_path)}


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
