from __future__ import annotations

from gflowspec.core.frozen import Frozen
from gflowspec.core.schema import component, param


@component("tracker", "mlflow")
class MlflowBackend(Frozen):
    """MLflow, in the store of this machine; a specification never holds an address."""

    experiment: str = param(
        default="",
        doc="name of the MLflow experiment; empty is the name of the experiment in the file",
    )
