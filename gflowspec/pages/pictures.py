"""From a state graph, with or without the flows of a run, to its picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gflowspec.ir.environment import Environment
from gflowspec.pages.labels import state_lines
from gflowspec.pages.state_graph import Edge, Node, state_graph_svg

if TYPE_CHECKING:
    from gflowspec.compiler.graphs import StateGraph


def state_graph_picture(environment: Environment, graph: StateGraph, heading: str = "") -> str:
    """The SVG of what ``compiler.graphs.state_graph`` made.

    Args:
        environment: The instance.
        graph: Its state graph; flows of a run are drawn if they were added.
        heading: Line above it; the instance and its parameters unless given.
    """
    nodes = [_node(environment, data) for _, data in graph.nodes(data=True)]
    edges = [_edge(a, b, data) for a, b, data in graph.edges(data=True)]
    return state_graph_svg(nodes, edges, heading or instance_text(environment))


def instance_text(environment: Environment) -> str:
    """``Grid(side=4)``."""
    shown = ", ".join(f"{name}={value}" for name, value in environment.parameters.items())
    return f"{environment.name}({shown})"


def _node(environment: Environment, data: Mapping[str, Any]) -> Node:
    words = [data["label"], f"rank {data['rank']}"]
    if "visits" in data:
        words.append(f"visited with probability {data['visits']:.4g}")
        if data["terminal"]:
            words.append(f"P_F(stop) {data['pf_stop']:.4g}")
            words.append(f"sampled {data['learned']:.4g}, target {data['target']:.4g}")
    return Node(
        lines=state_lines(environment, data["state"]),
        rank=data["rank"],
        terminating=data["terminal"],
        words="\n".join(words),
        weight=data.get("visits"),
    )


def _edge(parent: int, child: int, data: Mapping[str, Any]) -> Edge:
    if "flow" not in data:
        return Edge(parent=parent, child=child, action=data["label"])
    words = f"{data['label']}\nP_F {data['pf']:.4g}, P_B {data['pb']:.4g}, flow {data['flow']:.4g}"
    return Edge(
        parent=parent,
        child=child,
        action=data["label"],
        words=words,
        weight=data["flow"],
        ends=(f"{data['pf']:.2f}", f"{data['pb']:.2f}"),
    )
