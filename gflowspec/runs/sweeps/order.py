"""What a worker is told first; the process that starts it needs no torch for this."""

from __future__ import annotations

import json

import attrs


@attrs.frozen(kw_only=True)
class Order:
    """What a worker needs to know before its first cell.

    Attributes:
        folder: Folder of the frozen sweep.
        project: Root of the project.
        tracking_uri: The store that is meant; None for the usual one.
        granted: Hashes of files with functions in Python that are trusted for this time.
    """

    folder: str
    project: str
    tracking_uri: str | None = None
    granted: tuple[str, ...] = ()

    def to_line(self) -> str:
        """As the first line that the worker reads."""
        return json.dumps(attrs.asdict(self))

    @classmethod
    def of_line(cls, line: str) -> Order:
        """Read what ``to_line`` wrote."""
        plain = json.loads(line)
        return cls(granted=tuple(plain.pop("granted")), **plain)
