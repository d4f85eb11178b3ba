"""The pictures of a run: what was learned beside the target, and the state graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gflowspec.core.types import IntType
from gflowspec.executor import exact
from gflowspec.executor.tables import Tables
from gflowspec.executor.views import exact_view
from gflowspec.ir.derived import Codec
from gflowspec.tracking.plots.density import learned_versus_target

if TYPE_CHECKING:
    from gflowspec.runs.prepared import Prepared


def draw_density(prepared: Prepared, path: Path, heading: str) -> Path:
    """Draw the exact terminal law of the policy beside the target.

    Args:
        prepared: A trained experiment whose environment can be enumerated.
        path: A ``.png`` or ``.svg`` file.
        heading: Line above the picture.

    Raises:
        OSError: The file cannot be written.
        TooManyStates: The environment is not enumerable.
    """
    experiment = prepared.experiment
    tables = Tables.of(prepared.environment, experiment.config.limits["exact_limit"])
    measured = exact.evaluate(tables.graph, exact_view(experiment, tables))
    ends = tables.table.terminating
    coordinates = axes = None
    if _is_plane(prepared.environment.codec):
        coordinates = tables.table.states[ends].tolist()
        axes = _axis_names(prepared.environment.codec)
    learned_versus_target(
        path,
        target=measured.log_target[ends].exp().tolist(),
        learned=measured.log_p[ends].exp().tolist(),
        coordinates=coordinates,
        axis_names=axes or ("x", "y"),
        heading=heading,
    )
    return path


def _is_plane(codec: Codec) -> bool:
    """Whether a state is a pair of integers."""
    return codec.width == 2 and all(isinstance(field.type, IntType) for field in codec.fields)


def _axis_names(codec: Codec) -> tuple[str, str]:
    first, second = codec.fields
    if first.variable != second.variable:
        return first.variable, second.variable
    return f"{first.variable}[0]", f"{first.variable}[1]"
