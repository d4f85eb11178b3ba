from __future__ import annotations

from gflowspec.core.frozen import Frozen
from gflowspec.core.schema import component


@component("tracker", "none")
class NoBackend(Frozen):
    """No store: the run directory is all that is kept."""
