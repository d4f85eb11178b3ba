"""Which process a run belongs to, in a form that survives the reuse of process numbers."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@attrs.frozen
class ProcessIdentity:
    """One process of one boot of one machine.

    Attributes:
        host: Name of the machine.
        boot: Identity of its boot; empty where the system does not tell.
        pid: Process number.
        started: Start of the process in the system's own notation; empty where unknown. Together
            with ``pid`` it names a process for ever.
    """

    host: str
    boot: str
    pid: int
    started: str

    @classmethod
    def current(cls) -> ProcessIdentity:
        """The identity of this process."""
        return cls.of_pid(os.getpid())

    @classmethod
    def of_pid(cls, pid: int) -> ProcessIdentity:
        """The identity of a process of this machine."""
        return cls(platform.node(), _boot(), pid, _started(pid))

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> ProcessIdentity:
        """Read what ``plain`` wrote."""
        return cls(str(plain["host"]), str(plain["boot"]), int(plain["pid"]), str(plain["started"]))

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return attrs.asdict(self)

    @property
    def on_this_host(self) -> bool:
        """Whether it belongs to this machine (in whatever boot)."""
        return self.host == platform.node()

    @property
    def is_alive(self) -> bool | None:
        """Whether it still runs; None if that cannot be known from this machine."""
        if not self.on_this_host:
            return None
        if self.boot != _boot():
            return False
        return bool(self.started) and _started(self.pid) == self.started


def _boot() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Start time of a process in clock ticks since boot; empty if there is no such process."""
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return ""
        # the name of the program, in parentheses, may hold spaces: count from the last one
        state, *fields = stat.rpartition(")")[2].split()
        return "" if state in "ZX" else fields[18]
    listing = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listing.stdout.strip()
