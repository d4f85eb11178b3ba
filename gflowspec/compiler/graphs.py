"""The state graph as a networkx graph, checked, and its text forms: the networkx door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import networkx as nx

from gflowspec.compiler.report import Strength
from gflowspec.core.errors import InternalError
from gflowspec.ir.derived import Derived
from gflowspec.semantics.explore import explore, ranks
from gflowspec.semantics.masks import can_stop, is_terminal
from gflowspec.semantics.transition import describe_action, parents, undone_by
from gflowspec.semantics.values import (
    call_text,
    plain_arguments,
    plain_state,
    state_text,
)

StateGraph = nx.MultiDiGraph

#: Larger graphs are not drawn or exported.
LIMIT = 20_000


def state_graph(derived: Derived, limit: int = LIMIT) -> nx.MultiDiGraph:
    """All reachable states with all edges, ``stop`` not among them.

    Nodes are numbers in the order of their distance from the source, which is 0, with the
    attributes ``state`` (plain values), ``label``, ``terminal`` (a trajectory can end there),
    ``forced`` (it ends there by ``terminal when``) and ``rank`` (length of the longest path from
    the source). Edges carry ``action``, ``arguments``, ``label`` and the flat indices ``forward``
    and ``backward``.

    Raises:
        TooManyStates: If there are more than ``limit``.
        InternalError: If the graph has a cycle; O2 was not demanded before.
    """
    found = explore(derived, limit)
    rank = ranks(found)
    if rank is None:
        message = "the state graph has a cycle"
        raise InternalError(message)
    environment = derived.environment
    graph = nx.MultiDiGraph(name=environment.name)
    for position, state in enumerate(found.states):
        forced = is_terminal(derived, state)
        graph.add_node(
            position,
            state=plain_state(environment, state),
            label=state_text(environment, state),
            terminal=forced or can_stop(derived, state),
            forced=forced,
            rank=rank[position],
        )
    for edge in found.edges:
        name, arguments = describe_action(derived, edge.flat)
        graph.add_edge(
            edge.parent,
            edge.child,
            action=name,
            arguments=plain_arguments(environment, name, arguments),
            label=call_text(environment, name, arguments),
            forward=edge.flat,
            backward=undone_by(derived, edge.flat),
        )
    return graph


def check_state_graph(graph: nx.MultiDiGraph, derived: Derived) -> Mapping[str, Strength]:
    """What the whole graph shows: one source, no cycle, no dead end, parents mirror children.

    Returns:
        ``enumerated`` or ``failed`` under ``one_source``, ``acyclic``, ``on_a_path`` (every state
        lies on a path from the source to an end) and ``mirrored``.
    """
    sources = [node for node, degree in graph.in_degree() if degree == 0]
    ends = [node for node, data in graph.nodes(data=True) if data["terminal"]]
    forward = nx.descendants(graph, 0) | {0}
    reverse = graph.reverse(copy=False)
    backward = set(ends).union(*(nx.descendants(reverse, end) for end in ends))
    holds = {
        "one_source": sources == [0],
        "acyclic": nx.is_directed_acyclic_graph(graph),
        "on_a_path": len(forward & backward) == len(graph),
        "mirrored": _mirrored(graph, derived),
    }
    return {name: Strength.ENUMERATED if held else Strength.FAILED for name, held in holds.items()}


def _mirrored(graph: nx.MultiDiGraph, derived: Derived) -> bool:
    """Whether the derived parents of every state are exactly its incoming edges."""
    found = explore(derived, len(graph))
    for node, state in enumerate(found.states):
        incoming = sorted((a, data["backward"]) for a, _, data in graph.in_edges(node, data=True))
        known = [(found.index.get(step.state, -1), step.flat) for step in parents(derived, state)]
        if sorted(known) != incoming:
            return False
    return True


#: What a trained run adds to nodes and edges, see ``runs.flows``.
NODE_FLOWS = ("visits", "pf_stop", "learned", "target")
EDGE_FLOWS = ("pf", "pb", "flow")


def plain(graph: nx.MultiDiGraph) -> dict[str, Any]:
    """``nodes`` and ``edges`` as the command line prints them, with flows if they were added."""
    nodes = [
        {
            "id": node,
            "state": data["state"],
            "terminal": data["terminal"],
            "rank": data["rank"],
            **{name: data[name] for name in NODE_FLOWS if name in data},
        }
        for node, data in graph.nodes(data=True)
    ]
    edges = [
        {
            "source": a,
            "target": b,
            "action": data["action"],
            "arguments": data["arguments"],
            **{name: data[name] for name in EDGE_FLOWS if name in data},
        }
        for a, b, data in graph.edges(data=True)
    ]
    return {"nodes": nodes, "edges": edges}


def state_graphml(states: Mapping[str, Any]) -> str:
    """GraphML of a plain state graph; states and arguments become JSON texts.

    Args:
        states: ``nodes`` and ``edges`` as ``plain`` gives them.
    """
    graph = nx.MultiDiGraph()
    for node in states["nodes"]:
        shown = {key: value for key, value in node.items() if key != "id"}
        graph.add_node(node["id"], **{**shown, "state": json.dumps(node["state"])})
    for edge in states["edges"]:
        shown = {key: value for key, value in edge.items() if key not in ("source", "target")}
        shown["arguments"] = json.dumps(edge["arguments"])
        graph.add_edge(edge["source"], edge["target"], **shown)
    return _graphml(graph)


def program_graphml(program: Mapping[str, Any]) -> str:
    """GraphML of a program graph.

    Args:
        program: ``nodes`` with a ``name`` and further attributes, ``edges`` as pairs of names.
    """
    graph = nx.DiGraph()
    for node in program["nodes"]:
        shown = {key: _scalar(value) for key, value in node.items() if value is not None}
        graph.add_node(node["name"], **shown)
    graph.add_edges_from((edge[0], edge[1]) for edge in program["edges"])
    return _graphml(graph)


def _scalar(value: Any) -> Any:
    """GraphML knows scalars only."""
    return value if isinstance(value, str | bool | int | float) else json.dumps(value)


def _graphml(graph: nx.Graph) -> str:
    return "\n".join(nx.generate_graphml(graph)) + "\n"


def to_dot(graph: nx.MultiDiGraph) -> str:
    """Graphviz text: one column for each rank, ends drawn with a double border.

    With flows, edges are as broad as their flow and say P_F | P_B, nodes say how often they are
    visited.
    """
    lines = [f"digraph {json.dumps(graph.graph['name'])} {{", "  rankdir=LR;"]
    for node, data in graph.nodes(data=True):
        shape = "doubleoctagon" if data["terminal"] else "box"
        label = data["label"]
        if "visits" in data:
            label += f"\n{data['visits']:.3g}"
        lines.append(f"  n{node} [label={json.dumps(label, ensure_ascii=False)}, shape={shape}];")
    for a, b, data in graph.edges(data=True):
        label, more = data["label"], ""
        if "flow" in data:
            label += f"\n{data['pf']:.3g} | {data['pb']:.3g}"
            more = f", penwidth={0.5 + 6 * data['flow']:.3g}"
        lines.append(f"  n{a} -> n{b} [label={json.dumps(label, ensure_ascii=False)}{more}];")
    lines.extend(
        f"  {{ rank=same; {' '.join(f'n{node};' for node in nodes)} }}"
        for nodes in layers(graph).values()
    )
    return "\n".join([*lines, "}"]) + "\n"


def layers(graph: nx.MultiDiGraph) -> Mapping[int, tuple[int, ...]]:
    """Nodes by rank, for pictures."""
    found: dict[int, list[int]] = {}
    for node, data in graph.nodes(data=True):
        found.setdefault(data["rank"], []).append(node)
    return {rank: tuple(nodes) for rank, nodes in sorted(found.items())}


def topological_order(edges: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Names such that each stands behind those it depends on.

    Args:
        edges: A name to the names it depends on.

    Raises:
        InternalError: If they depend on each other in a cycle.
    """
    graph = nx.DiGraph()
    graph.add_nodes_from(edges)
    graph.add_edges_from((before, name) for name, needed in edges.items() for before in needed)
    try:
        return tuple(nx.lexicographical_topological_sort(graph))
    except nx.NetworkXUnfeasible:
        cycle = " -> ".join(str(edge[0]) for edge in nx.find_cycle(graph))
        message = f"a program graph has a cycle: {cycle}"
        raise InternalError(message) from None
