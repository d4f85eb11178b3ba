"""Which store a run is delivered to: resolved once, absolute, and never shown with credentials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote

import attrs

from gflowspec.tracking.project import Project

_SQLITE = "sqlite:///"
_FILES = "file://"


@attrs.frozen
class StoreLocation:
    """A store as MLflow's client takes it.

    Attributes:
        uri: Complete, with credentials if it has any; never printed, tagged or journaled.
        artifacts: Folder for the artifacts of a local store; None where a server decides.
    """

    uri: str = attrs.field(repr=False)
    artifacts: Path | None = None

    @property
    def shown(self) -> str:
        """The URI without user name and password."""
        return without_credentials(self.uri)

    @property
    def database(self) -> Path | None:
        """File of an sqlite store; None for any other."""
        return Path(self.uri.removeprefix(_SQLITE)) if self.uri.startswith(_SQLITE) else None

    @property
    def folder(self) -> Path | None:
        """Folder of a store of plain files; None for any other."""
        return Path(unquote(self.uri.removeprefix(_FILES))) if self.uri.startswith(_FILES) else None

    @property
    def is_server(self) -> bool:
        """Whether it is a running MLflow server."""
        return self.uri.startswith(("http://", "https://"))


def resolve(
    project: Project, environment: Mapping[str, str], explicit: str | None = None
) -> StoreLocation:
    """``--tracking-uri``, else ``MLFLOW_TRACKING_URI``, else sqlite in the project's folder.

    A path relative to the working directory is made absolute. MLflow's own default is never
    used: it depends on which folders happen to exist.
    """
    uri = explicit or environment.get("MLFLOW_TRACKING_URI") or ""
    if not uri:
        database = project.folder / "mlflow.db"
        return StoreLocation(f"{_SQLITE}{database}", project.folder / "artifacts")
    if uri.startswith("sqlite:"):
        database = Path(uri.removeprefix(_SQLITE)).absolute()
        return StoreLocation(f"{_SQLITE}{database}", database.parent / "artifacts")
    if "://" not in uri and not uri.startswith("databricks"):
        folder = Path(unquote(uri.removeprefix("file:"))).absolute()
        return StoreLocation(f"{_FILES}{quote(str(folder))}")
    return StoreLocation(uri)


def without_credentials(uri: str) -> str:
    """The URI without user name and password; other URIs unchanged."""
    scheme, separator, rest = uri.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"
