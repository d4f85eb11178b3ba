"""The server of ``gflowspec ui``, as far as it goes without starting MLflow."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from gflowspec.tracking import server
from gflowspec.tracking.location import StoreLocation
from gflowspec.tracking.server import Server, ServerNotStarted, free_port, serving


def test_the_query_stands_inside_the_fragment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "_experiment_id", lambda _, name: {"grid": "7"}.get(name))
    shown = Server("http://127.0.0.1:5000")
    assert shown.page("grid") == (
        "http://127.0.0.1:5000/#/experiments/7/runs?workflowType=machine_learning"
    )
    assert shown.page("grid", "abc") == (
        "http://127.0.0.1:5000/#/experiments/7/runs/abc?workflowType=machine_learning"
    )
    assert "/runs/abc/artifacts?workflow" in shown.page("grid", "abc", "artifacts")
    everything = "http://127.0.0.1:5000/#/experiments?workflowType=machine_learning"
    assert shown.page() == shown.page("unknown") == everything


def test_for_a_server_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_start", pytest.fail)
    location = StoreLocation("https://me:secret@host/mlflow/")
    with serving(location, log=tmp_path / "ui.log") as shown:
        assert shown.base_url == "https://host/mlflow"


def test_other_addresses_need_the_hosts_that_may_ask(location: StoreLocation) -> None:
    with (
        pytest.raises(ValueError, match="--allowed-hosts"),
        serving(location, log=Path("unused"), host="0.0.0.0"),
    ):
        pass


def test_the_next_free_port_is_taken() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert free_port("127.0.0.1", port, 20) > port
        with pytest.raises(ServerNotStarted, match="no port"):
            free_port("127.0.0.1", port, 1)


def test_a_server_that_ends_at_once_is_reported_with_its_last_words(
    location: StoreLocation, tmp_path: Path
) -> None:
    bad = StoreLocation(f"sqlite:///{tmp_path}/folder", tmp_path / "artifacts")
    (tmp_path / "folder").mkdir()
    log = tmp_path / "ui.log"
    original = server._start

    def start(*arguments: object) -> object:
        process = original(*arguments)  # type: ignore[arg-type]
        process.kill()
        return process

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "_start", start)
        with pytest.raises(ServerNotStarted, match="ended at once"), serving(bad, log=log):
            pass
