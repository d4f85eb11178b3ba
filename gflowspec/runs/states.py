"""The picture of a state graph."""

from __future__ import annotations

from pathlib import Path

from gflowspec.compiler.graphs import state_graph
from gflowspec.ir.derived import Derived
from gflowspec.pages.pictures import state_graph_picture
from gflowspec.tracking import atomic


def draw_state_graph(derived: Derived, path: Path) -> None:
    """Draw it as an SVG, laid out by rank.

    Raises:
        OSError: The file cannot be written.
        TooManyStates: There are too many states for a graph.
    """
    text = state_graph_picture(derived.environment, state_graph(derived))
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_bytes(path, text.encode())
