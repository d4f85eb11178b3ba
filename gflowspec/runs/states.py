"""The picture of a state graph."""

from __future__ import annotations

from pathlib import Path

from gflowspec.compiler.graphs import state_graph
from gflowspec.ir.derived import Derived
from gflowspec.tracking.plots import state_graph as plot


def draw_state_graph(derived: Derived, path: Path) -> None:
    """Draw it, laid out by rank.

    Raises:
        OSError: The file cannot be written.
        TooManyStates: There are too many states for a graph.
    """
    graph = state_graph(derived)
    nodes = [
        plot.Node(data["label"], data["rank"], data["terminal"])
        for _, data in graph.nodes(data=True)
    ]
    edges = [plot.Edge(a, b, data["label"]) for a, b, data in graph.edges(data=True)]
    environment = derived.environment
    shown = ", ".join(f"{name}={value}" for name, value in environment.parameters.items())
    plot.state_graph(path, nodes, edges, heading=f"{environment.name}({shown})")
