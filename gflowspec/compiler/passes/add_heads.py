"""Heads appear because an estimate is required."""

from __future__ import annotations

import attrs

from gflowspec.compiler.program import Node, NodeKind, Program
from gflowspec.components.needs import BackwardNeed, Estimate


def add_heads(program: Program) -> Program:
    """Give every required estimate a node that provides it; every head gets a trunk of its own."""
    demands = program.demands
    added = list(_head("forward", Estimate.LOG_PF, demands.forward_width, zero=False))
    if BackwardNeed.HEAD in demands.backward_needs:
        zero = demands.backward_zero
        added += _head("backward", Estimate.LOG_PB, demands.backward_width, zero=zero)
    if Estimate.LOG_FLOW in demands.estimates:
        added += _head("flow", Estimate.LOG_FLOW, 1, zero=False)
    if Estimate.LOG_Z in demands.estimates:
        added.append(Node(name="log_z", kind=NodeKind.PARAMETER, gives=Estimate.LOG_Z))
    if BackwardNeed.TARGET in demands.backward_needs:
        added.append(_target("target.backward", ("backward",)))
    if demands.forward_target:
        flow = Estimate.LOG_FLOW in demands.estimates
        added.append(_target("target.forward", ("forward", "flow") if flow else ("forward",)))
    return program.with_nodes(_connected((*program.nodes, *added)))


def _head(name: str, gives: Estimate, width: int, *, zero: bool) -> tuple[Node, Node]:
    trunk = Node(name=f"trunk.{name}", kind=NodeKind.TRUNK, reads=("environment",))
    head = Node(
        name=f"head.{name}",
        kind=NodeKind.HEAD,
        reads=(trunk.name,),
        gives=gives,
        width=width,
        zero=zero,
    )
    return trunk, head


def _target(name: str, heads: tuple[str, ...]) -> Node:
    reads = tuple(f"{kind}.{head}" for head in heads for kind in ("trunk", "head"))
    return Node(name=name, kind=NodeKind.TARGET, reads=("environment", *reads))


def _connected(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Let consumers read what provides their estimates."""
    names = {node.name for node in nodes}
    backward = "target.backward" if "target.backward" in names else "head.backward"
    feeds = {
        "rollout": ("environment", "head.forward"),
        "objective": (
            "rollout",
            "head.forward",
            "target.forward",
            backward,
            "head.flow",
            "log_z",
            "fixed.backward",
            "fixed.rewards",
        ),
        "backward": ("rollout", "head.backward"),
    }
    return tuple(_reading(node, feeds.get(node.name, ()), names) for node in nodes)


def _reading(node: Node, feeds: tuple[str, ...], names: set[str]) -> Node:
    if not feeds:
        return node
    return attrs.evolve(node, reads=tuple(name for name in feeds if name in names))
