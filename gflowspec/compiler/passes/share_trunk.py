"""One encoder for all heads, where the specification says so."""

from __future__ import annotations

import attrs

from gflowspec.compiler.program import Node, NodeKind, Program

#: Name of the trunk that all heads read.
SHARED = "trunk.shared"


def share_trunk(program: Program) -> Program:
    """Replace the trunks of the heads by one, under ``share = trunk``."""
    if program.demands.share != "trunk":
        return program
    trunks = {node.name for node in program.of_kind(NodeKind.TRUNK)}
    nodes: list[Node] = []
    for node in program.nodes:
        if node.name not in trunks:
            reads = dict.fromkeys(SHARED if name in trunks else name for name in node.reads)
            nodes.append(attrs.evolve(node, reads=tuple(reads)))
        elif all(known.name != SHARED for known in nodes):
            nodes.append(attrs.evolve(node, name=SHARED))
    return program.with_nodes(nodes)
