"""The sign of life of a run: which process trains, and when it was last seen doing so."""

from __future__ import annotations

import json

import attrs

from gflowspec.tracking.process import ProcessIdentity

TAG = "gflowspec.heartbeat"
#: Seconds between two signs of life.
EVERY = 60.0
#: A run of this machine counts as dead if it was silent for so many seconds and its process is
#: gone; a run of another machine only after ``SILENT_ELSEWHERE``.
SILENT_HERE = 300.0
SILENT_ELSEWHERE = 86400.0


@attrs.frozen
class Heartbeat:
    """One sign of life; ``time`` in seconds since the epoch."""

    process: ProcessIdentity
    time: float

    def to_tag(self) -> str:
        """As the value of the tag ``gflowspec.heartbeat``."""
        return json.dumps({**self.process.plain(), "time": round(self.time)})

    @classmethod
    def of_tag(cls, value: str) -> Heartbeat | None:
        """Read the tag; None for what was not written by ``to_tag``."""
        try:
            plain = json.loads(value)
            return cls(ProcessIdentity.of(plain), float(plain["time"]))
        except (ValueError, KeyError, TypeError):
            return None

    def is_dead(self, now: float, older_than: float | None = None) -> bool:
        """Whether the run can only be dead.

        On this machine its process must be gone and the last sign of life older than five
        minutes; on another machine, whose processes cannot be seen, older than a day or than
        ``older_than`` seconds.
        """
        silent = now - self.time
        alive = self.process.is_alive
        if alive is None:
            return silent > (SILENT_ELSEWHERE if older_than is None else older_than)
        return not alive and silent > SILENT_HERE
