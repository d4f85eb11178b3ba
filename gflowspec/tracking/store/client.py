"""The store behind MLflow's client; the one place where mlflow is imported, inside functions.

Only ``MlflowClient`` is used, never the fluent state of ``mlflow.*``. Every call may be repeated:
what MLflow would create anew is looked up first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs
from filelock import FileLock, Timeout

from gflowspec.tracking.base import Status
from gflowspec.tracking.delivery import StoreRefused, StoreUnavailable
from gflowspec.tracking.location import StoreLocation
from gflowspec.tracking.records import Create, Metric, Param, StatusChange, Tag

T = TypeVar("T")

RUN_ID_TAG = "gflowspec.run_id"
#: By which MLflow's page shows a run below another one; holds MLflow's own id.
PARENT_TAG = "mlflow.parentRunId"
#: Defaults of the environment: we retry ourselves, and a run tells nobody but its own store.
ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",  # what it does to its tables is no news for users
    "GIT_PYTHON_REFRESH": "quiet",
}
#: Answers that will be the same next time; everything else is worth another attempt.
_REFUSALS = {"INVALID_PARAMETER_VALUE", "BAD_REQUEST", "MALFORMED_REQUEST"}
_PAGE = 200


def load() -> None:
    """Import mlflow, which takes seconds, with our defaults for its environment.

    Raises:
        StoreUnavailable: It cannot be imported.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    _attempt(_import)


def _import() -> None:
    import mlflow  # noqa: F401 - loaded for what follows


@attrs.frozen
class StoredRun:
    """A run as the store has it.

    Attributes:
        mlflow_run_id: MLflow's id.
        experiment_id: MLflow's id of its experiment.
        name: Readable name.
        status: Its status there.
        tags: All its tags.
    """

    mlflow_run_id: str
    experiment_id: str
    name: str
    status: str
    tags: dict[str, str]


@attrs.frozen
class MlflowStore:
    """An opened store."""

    location: StoreLocation
    _client: Any

    @classmethod
    def open(cls, location: StoreLocation) -> MlflowStore:
        """Import mlflow and open the store; creates an sqlite file and its tables.

        Raises:
            StoreUnavailable: It cannot be reached, or is no store.
        """
        load()
        return cls(location, _attempt(lambda: _open_client(location)))

    def create(self, run: Create) -> tuple[str, str]:
        """Find the run by our id, or create it; returns ids of the experiment and the run."""
        return _attempt(lambda: self._create(run))

    def log(self, run_id: str, batch: Sequence[Param | Tag | Metric]) -> None:
        """Write a batch in one call."""
        try:
            _attempt(lambda: self._log(run_id, batch))
        except StoreRefused as error:
            if _attempt(lambda: self._is_deleted(run_id)):
                message = "the run was deleted in the store; restore it to deliver the rest"
                raise StoreUnavailable(message) from error
            raise

    def upload(self, run_id: str, local_path: Path, path_in_run: str) -> None:
        """Copy a file to its place among the artifacts."""
        folder = str(Path(path_in_run).parent)
        inside = None if folder == "." else folder
        _attempt(lambda: self._client.log_artifact(run_id, str(local_path), inside))

    def set_status(self, run_id: str, change: StatusChange) -> None:
        """Set the status, and the end time unless it is RUNNING."""
        if change.status is Status.RUNNING:
            _attempt(lambda: self._client.update_run(run_id, status="RUNNING"))
        else:
            _attempt(lambda: self._client.set_terminated(run_id, change.status.value, change.time))

    def runs(self, status: Status | None = None) -> tuple[StoredRun, ...]:
        """All runs that carry our id, of every experiment; of one status if given."""
        where = "" if status is None else f"attributes.status = '{status.value}'"
        found = _attempt(lambda: list(self._search(self._experiments(), where)))
        return tuple(_stored(run) for run in found if RUN_ID_TAG in run.data.tags)

    def experiment_id(self, name: str) -> str | None:
        """MLflow's id of an experiment, or None."""
        found = _attempt(lambda: self._client.get_experiment_by_name(name))
        return None if found is None else str(found.experiment_id)

    def _create(self, run: Create) -> tuple[str, str]:
        experiment_id = self._experiment(run.experiment)
        where = f"tags.`{RUN_ID_TAG}` = '{run.run_id}'"
        for found in self._search([experiment_id], where):
            return experiment_id, found.info.run_id
        tags = {RUN_ID_TAG: run.run_id}
        if run.above is not None:  # found by its id, or made now: whichever is delivered first
            tags[PARENT_TAG] = self._create(run.above)[1]
        made = self._client.create_run(
            experiment_id, start_time=run.created, tags=tags, run_name=run.name
        )
        return experiment_id, made.info.run_id

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is None:
            return self._new_experiment(name)
        if found.lifecycle_stage == "deleted":
            self._client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    def _new_experiment(self, name: str) -> str:
        from mlflow.exceptions import MlflowException

        folder = self.location.artifacts
        try:
            place = None if folder is None else folder.absolute().as_uri()
            return str(self._client.create_experiment(name, artifact_location=place))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            return str(self._client.get_experiment_by_name(name).experiment_id)  # another process

    def _log(self, run_id: str, batch: Sequence[Param | Tag | Metric]) -> None:
        from mlflow import entities

        self._client.log_batch(
            run_id,
            metrics=[
                entities.Metric(item.key, item.value, item.time, item.step)
                for item in batch
                if isinstance(item, Metric)
            ],
            params=[
                entities.Param(item.key, item.value) for item in batch if isinstance(item, Param)
            ],
            tags=[entities.RunTag(item.key, item.value) for item in batch if isinstance(item, Tag)],
            synchronous=True,  # whatever MLFLOW_ENABLE_ASYNC_LOGGING says: we need the answer
        )

    def _is_deleted(self, run_id: str) -> bool:
        return bool(self._client.get_run(run_id).info.lifecycle_stage == "deleted")

    def _experiments(self) -> list[str]:
        return [str(item.experiment_id) for item in self._client.search_experiments()]

    def _search(self, experiment_ids: list[str], where: str) -> Iterator[Any]:
        token = None
        while True:
            page = self._client.search_runs(
                experiment_ids, filter_string=where, max_results=_PAGE, page_token=token
            )
            yield from page
            token = page.token
            if not token:
                return


def _open_client(location: StoreLocation) -> Any:
    """A client of a store that answers; the tables of an sqlite file are made under a lock."""
    from mlflow import MlflowClient

    database = location.database
    if database is None:
        client = MlflowClient(tracking_uri=location.uri)
        client.search_experiments(max_results=1)
        return client
    database.parent.mkdir(parents=True, exist_ok=True)
    # two processes that create the tables of one file at once destroy it: one after the other
    with FileLock(database.with_name(f"{database.name}.lock"), timeout=120):
        client = MlflowClient(tracking_uri=location.uri)
        client.search_experiments(max_results=1)
    return client


def _attempt(call: Callable[[], T]) -> T:
    """Call the store; sort what goes wrong into what may pass and what will not.

    Raises:
        StoreUnavailable: Another attempt may succeed.
        StoreRefused: It will not.
    """
    try:
        return call()
    except Timeout as error:
        message = "another process has been opening the store for two minutes"
        raise StoreUnavailable(message) from error
    except ImportError as error:
        message = f"mlflow cannot be imported: {error}"
        raise StoreUnavailable(message) from error
    except Exception as error:  # drivers, sockets and MLflow share no base class
        reason = _first_line(error)
        if getattr(error, "error_code", "") in _REFUSALS:
            raise StoreRefused(reason) from error
        raise StoreUnavailable(reason) from error


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__


def _stored(run: Any) -> StoredRun:
    return StoredRun(
        mlflow_run_id=run.info.run_id,
        experiment_id=str(run.info.experiment_id),
        name=run.info.run_name or "",
        status=run.info.status,
        tags=dict(run.data.tags),
    )
