"""``gflowspec ui``: MLflow's own server on the store of a project, on this machine only."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
from filelock import FileLock

from gflowspec.core.errors import GFlowSpecError
from gflowspec.tracking.location import StoreLocation

LOOPBACK = "127.0.0.1"
FIRST_PORT = 5000
_PORTS_TRIED = 64
_POLL = 0.1
#: Two processes and 0.5 GB instead of ten and 1.1 GB; and nothing is told to third parties.
_ENVIRONMENT = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


class ServerNotStarted(GFlowSpecError):
    """MLflow's server ended, or did not answer in time; the message holds its last words."""


@attrs.define
class Server:
    """A running server.

    Attributes:
        base_url: Where it listens, without a slash at the end.
    """

    base_url: str
    _process: subprocess.Popen[bytes] | None = None

    def page(
        self, experiment: str | None = None, mlflow_run_id: str | None = None, tab: str = ""
    ) -> str:
        """Link to the runs of an experiment, given by name, or to one run; else to all of them.

        The query stands inside the fragment: before ``#`` it is ignored, and the page opens in
        generative-AI mode, where runs are filed under evaluation.

        Args:
            experiment: Name of the experiment.
            mlflow_run_id: MLflow's id of a run of it.
            tab: Part of the run's page, such as ``model-metrics`` or ``artifacts``.
        """
        found = None if experiment is None else self._experiment_id(experiment)
        place = "experiments" if found is None else f"experiments/{found}/runs"
        if found is not None and mlflow_run_id is not None:
            place = "/".join(filter(None, [place, mlflow_run_id, tab]))
        return f"{self.base_url}/#/{place}?workflowType=machine_learning"

    def wait(self) -> None:
        """Return when the server has ended by itself."""
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """End the processes that were started, and no others."""
        process, self._process = self._process, None
        if process is None:
            return
        for number, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)  # the group was made for this server alone
            if _ended(process, patience):
                break
        process.wait()

    def _experiment_id(self, name: str) -> str | None:
        query = urllib.parse.urlencode({"experiment_name": name})
        url = f"{self.base_url}/api/2.0/mlflow/experiments/get-by-name?{query}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return str(json.load(answer)["experiment"]["experiment_id"])
        except (OSError, ValueError, KeyError):
            return None


@contextlib.contextmanager
def serving(
    location: StoreLocation,
    *,
    log: Path,
    host: str = LOOPBACK,
    port: int | None = None,
    allowed_hosts: str | None = None,
    timeout: float = 90.0,
) -> Iterator[Server]:
    """A server that answers; it ends with the ``with`` block.

    For a store that is a server already, nothing is started.

    Args:
        location: The store to show.
        log: File for what the server prints.
        host: Address to listen on; for any other than loopback ``allowed_hosts`` is needed.
        port: Port to listen on; None for the next free one from 5000.
        allowed_hosts: Comma-separated ``Host`` headers that are answered; others get 403.
        timeout: Seconds to wait for the first answer.

    Raises:
        ServerNotStarted: It ended or did not answer in time, or no port is free.
        ValueError: ``host`` is not loopback and there are no ``allowed_hosts``.
    """
    if location.is_server:
        yield Server(location.shown.rstrip("/"))
        return
    if host not in (LOOPBACK, "localhost") and not allowed_hosts:
        message = f"listening on {host} needs the hosts that may ask (--allowed-hosts)"
        raise ValueError(message)
    chosen = free_port(host, FIRST_PORT, _PORTS_TRIED) if port is None else port
    server = Server(f"http://{_shown(host)}:{chosen}")
    try:
        with _sole_opening(location):
            server._process = _start(location, host, chosen, allowed_hosts, log)
            _wait_for_health(server, server._process, log, timeout)
        yield server
    finally:
        server.stop()


def free_port(host: str, first: int, tried: int) -> int:
    """The first port from ``first`` on that nobody listens on.

    Raises:
        ServerNotStarted: None of them is free.
    """
    for port in range(first, first + tried):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    message = f"no port from {first} to {first + tried - 1} is free on {host}"
    raise ServerNotStarted(message)


def _start(
    location: StoreLocation, host: str, port: int, allowed_hosts: str | None, log: Path
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
    command += ["--host", host, "--port", str(port)]
    if allowed_hosts:
        command += ["--allowed-hosts", allowed_hosts]
    # the store goes through the environment: it may hold a password, and command lines are public
    environment = {**_ENVIRONMENT, **os.environ, "MLFLOW_BACKEND_STORE_URI": location.uri}
    environment.pop("MLFLOW_TRACKING_URI", None)
    if location.artifacts is not None:
        location.artifacts.mkdir(parents=True, exist_ok=True)
        environment["MLFLOW_DEFAULT_ARTIFACT_ROOT"] = location.artifacts.absolute().as_uri()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=log.parent,  # a leftover ./mlruns in the working directory must not matter
            start_new_session=True,
        )


def _wait_for_health(
    server: Server, process: subprocess.Popen[bytes], log: Path, timeout: float
) -> None:
    deadline = time.monotonic() + timeout
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{server.base_url}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(_POLL)
    words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
    what = "did not answer in time" if process.poll() is None else "ended at once"
    message = f"MLflow's server {what}; its log is {log}: {' / '.join(words)}"
    raise ServerNotStarted(message)


def _sole_opening(location: StoreLocation) -> contextlib.AbstractContextManager[Any]:
    """Nobody else may create the tables of an sqlite file meanwhile."""
    database = location.database
    if database is None:
        return contextlib.nullcontext()
    database.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(database.with_name(f"{database.name}.lock"), timeout=120)


def _ended(process: subprocess.Popen[bytes], patience: float) -> bool:
    """Whether every process of the group has ended, within some seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        process.poll()  # reaps the leader, so that the group can vanish
        try:
            os.killpg(process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return True
        time.sleep(_POLL)
    return False


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
