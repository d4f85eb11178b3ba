"""What a journal holds already, for a run that is continued."""

from __future__ import annotations

from pathlib import Path

import attrs

from gflowspec.tracking import journal, records
from gflowspec.tracking.base import Status


@attrs.define
class History:
    """The content of a journal, by what it is about.

    Attributes:
        created: Whether the run was created.
        records: How many records were accepted.
        last_step: The highest journaled step; -1 without one.
        values: Metric values by step and key.
        params: Parameters.
        tags: Latest value of each tag.
        artifacts: Latest digest of each artifact path.
        status: The last status; RUNNING until one was journaled.
    """

    created: bool = False
    records: int = 0
    last_step: int = -1
    values: dict[tuple[int, str], float] = attrs.field(factory=dict)
    params: dict[str, str] = attrs.field(factory=dict)
    tags: dict[str, str] = attrs.field(factory=dict)
    artifacts: dict[str, str] = attrs.field(factory=dict)
    status: Status = Status.RUNNING

    @classmethod
    def read(cls, path: Path) -> History:
        """Read a journal from its beginning.

        Raises:
            OSError: It cannot be read.
        """
        history = cls()
        for line in journal.read_all(path):
            history.records += len(records.expand(line))
            if isinstance(line, journal.Line):
                history._add(line)
        return history

    def _add(self, line: journal.Line) -> None:
        match line.kind:
            case "create":
                self.created = True
            case "params":
                self.params.update(line.payload)
            case "tags":
                self.tags.update(line.payload)
            case "status":
                self.status = Status(line.payload["status"])
                if line.payload["outcome"]:
                    self.tags["gflowspec.outcome"] = line.payload["outcome"]
            case "artifact":
                self.artifacts[line.payload["path"]] = line.payload["sha256"]
            case "metrics":
                step = line.payload["step"]
                self.last_step = max(self.last_step, step)
                for key, value in line.payload["values"].items():
                    self.values[step, key] = journal.number(value)
