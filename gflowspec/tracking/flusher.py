"""Starts the uploader beside a run, hears from it, and waits for it at the end."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

from gflowspec.tracking.location import StoreLocation
from gflowspec.tracking.uploader import PATIENCE

#: What the uploader process runs; its arguments come through the environment, because command
#: lines can be read by everyone on the machine and a URI may hold a password.
_PROGRAM = """
import os, sys
sys.path.append(os.environ["GFLOWSPEC_PACKAGE"])
from gflowspec.tracking.uploader import main
names = ("RUN", "STORE", "ARTIFACTS", "PATIENCE")
sys.exit(main(*(os.environ["GFLOWSPEC_" + name] for name in names)))
"""
_POLL = 0.02


@attrs.define
class Flusher:
    """The uploader of one run, seen from the training process, which never imports mlflow.

    Attributes:
        notify: Called from a background thread with a line for the user: the start and the end
            of an outage, and the first rejected record.
        patience: At the end, seconds without a sign of life after which the rest is left to sync.
    """

    notify: Callable[[str], None]
    patience: float = PATIENCE
    _process: subprocess.Popen[bytes] | None = None
    _last_sign: float = 0.0
    _warned: bool = False

    def start(self, directory: Path, location: StoreLocation) -> None:
        """Start the uploader; where no process can be started, everything waits for sync."""
        with (directory / "uploader.log").open("ab") as log:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-c", _PROGRAM],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=_environment(directory, location, self.patience),
                    start_new_session=True,  # Ctrl-C in the terminal is not for it
                )
            except OSError as error:
                self.notify(f"tracking: no uploader could be started ({error}); records wait")
                return
        self._last_sign = time.monotonic()
        threading.Thread(target=self._hear, args=(self._process,), daemon=True).start()

    def finish(self) -> None:
        """Wait while the uploader makes progress, then end it.

        Returns when everything is settled, or ``patience`` seconds after the last sign of life.
        """
        process = self._process
        if process is None or process.stdin is None:
            return
        with contextlib.suppress(OSError):
            process.stdin.write(b"finish\n")
            process.stdin.close()
        self._last_sign = time.monotonic()
        while process.poll() is None and time.monotonic() - self._last_sign <= self.patience:
            time.sleep(_POLL)
        if process.poll() is None:
            process.kill()
        process.wait()
        self._process = None

    def _hear(self, process: subprocess.Popen[bytes]) -> None:
        """Note each sign of life; runs in a thread that only waits for lines."""
        if process.stdout is None:
            return
        with process.stdout as stream:
            for line in stream:
                with contextlib.suppress(ValueError):
                    self._note(json.loads(line))

    def _note(self, event: Mapping[str, str]) -> None:
        match event.get("event"):
            case "outage":
                reason = event.get("reason", "")
                self.notify(f"tracking: the store does not answer, records wait ({reason})")
            case "restored":
                self._last_sign = time.monotonic()
                self.notify("tracking: the store answers again")
            case "rejected" if not self._warned:
                self._warned = True
                reason = event.get("reason", "")
                self.notify(f"tracking: the store refused a record, see rejected.jsonl ({reason})")
            case "alive" | "delivered":
                self._last_sign = time.monotonic()


def _environment(directory: Path, location: StoreLocation, patience: float) -> dict[str, str]:
    package = Path(__file__).resolve().parents[2]
    return {
        **os.environ,
        "GFLOWSPEC_PACKAGE": str(package),
        "GFLOWSPEC_RUN": str(directory.absolute()),
        "GFLOWSPEC_STORE": location.uri,
        "GFLOWSPEC_PATIENCE": str(patience),
        "GFLOWSPEC_ARTIFACTS": "" if location.artifacts is None else str(location.artifacts),
    }
