"""The state graph of an instance as plain data and as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gflowspec.ir.derived import Derived
from gflowspec.semantics.explore import explore, ranks
from gflowspec.semantics.masks import is_terminating
from gflowspec.semantics.transition import describe_action
from gflowspec.semantics.values import call_text, plain_arguments, plain_state, state_text
from gflowspec.tracking.plots import state_graph as plot

#: Larger graphs are not exported.
LARGEST = 20_000


def state_graph(derived: Derived) -> dict[str, Any]:
    """Nodes ``{id, state, terminal, rank}`` and edges ``{source, target, action, arguments}``.

    Raises:
        TooManyStates: There are more than 20,000 states.
    """
    environment = derived.environment
    explored = explore(derived, LARGEST)
    rank = ranks(explored) or (0,) * len(explored.states)
    nodes = [
        {
            "id": number,
            "state": plain_state(environment, state),
            "terminal": is_terminating(derived, state),
            "rank": rank[number],
        }
        for number, state in enumerate(explored.states)
    ]
    edges = []
    for edge in explored.edges:
        action, arguments = describe_action(derived, edge.flat)
        shown = plain_arguments(environment, action, arguments)
        edges.append(
            {"source": edge.parent, "target": edge.child, "action": action, "arguments": shown}
        )
    return {"nodes": nodes, "edges": edges}


def draw_state_graph(derived: Derived, path: Path) -> None:
    """Draw it, laid out by rank.

    Raises:
        OSError: The file cannot be written.
        TooManyStates: There are more than 20,000 states.
    """
    environment = derived.environment
    explored = explore(derived, LARGEST)
    rank = ranks(explored) or (0,) * len(explored.states)
    nodes = [
        plot.Node(state_text(environment, state), rank[number], is_terminating(derived, state))
        for number, state in enumerate(explored.states)
    ]
    edges = [
        plot.Edge(edge.parent, edge.child, call_text(environment, *describe_action(derived, edge.flat)))
        for edge in explored.edges
    ]
    shown = ", ".join(f"{name}={value}" for name, value in environment.parameters.items())
    plot.state_graph(path, nodes, edges, heading=f"{environment.name}({shown})")
