"""GFlowSpec: declare, prove, train and track GFlowNets.

Names are loaded when they are first used: ``import gflowspec`` imports neither torch nor mlflow
nor networkx. What is not in ``__all__`` is private.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gflowspec.api import (
        CheckReport,
        check,
        compile,
        environment,
        load,
        resume,
        run,
        sample,
    )
    from gflowspec.compiler.build import Experiment
    from gflowspec.compiler.environment import Environment
    from gflowspec.components.contracts import StateTable
    from gflowspec.core.diagnostics import Diagnostic, Severity
    from gflowspec.core.errors import (
        CheckpointMismatch,
        GFlowSpecError,
        InternalError,
        SpecInvalid,
        TooManyStates,
        UsageError,
    )
    from gflowspec.executor.result import RunResult
    from gflowspec.lang.spec import Spec
    from gflowspec.tracking.memory import MemoryTracker
    from gflowspec.tracking.null import NullTracker
    from gflowspec.tracking.tracker import MlflowTracker

__version__ = "0.1.0"

_HOMES = {
    "CheckReport": "api",
    "check": "api",
    "compile": "api",
    "environment": "api",
    "load": "api",
    "resume": "api",
    "run": "api",
    "sample": "api",
    "Experiment": "compiler.build",
    "Environment": "compiler.environment",
    "StateTable": "components.contracts",
    "Diagnostic": "core.diagnostics",
    "Severity": "core.diagnostics",
    "CheckpointMismatch": "core.errors",
    "GFlowSpecError": "core.errors",
    "InternalError": "core.errors",
    "SpecInvalid": "core.errors",
    "TooManyStates": "core.errors",
    "UsageError": "core.errors",
    "RunResult": "executor.result",
    "Spec": "lang.spec",
    "MemoryTracker": "tracking.memory",
    "NullTracker": "tracking.null",
    "MlflowTracker": "tracking.tracker",
}

__all__ = [
    "CheckReport",
    "CheckpointMismatch",
    "Diagnostic",
    "Environment",
    "Experiment",
    "GFlowSpecError",
    "InternalError",
    "MemoryTracker",
    "MlflowTracker",
    "NullTracker",
    "RunResult",
    "Severity",
    "Spec",
    "SpecInvalid",
    "StateTable",
    "TooManyStates",
    "UsageError",
    "check",
    "compile",
    "environment",
    "load",
    "resume",
    "run",
    "sample",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module 'gflowspec' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"gflowspec.{_HOMES[name]}"), name)
    globals()[name] = value  # the next access does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
