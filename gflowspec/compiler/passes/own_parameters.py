"""Every trained tensor belongs to one optimiser; only a shared trunk has two."""

from __future__ import annotations

import attrs

from gflowspec.compiler.program import TRAINED, Node, Program
from gflowspec.components.needs import Estimate, Owner

#: Optimisers. The group of log Z has its own learning rate within the first.
FORWARD, BACKWARD = "forward", "backward"


def own_parameters(program: Program) -> Program:
    """Name the optimisers of every node that holds parameters.

    The P_F optimiser owns the forward and flow heads and log Z, and the P_B head under ``naive``;
    the P_B optimiser owns the P_B head of rules with a loss of their own. A trunk belongs to the
    owners of the heads that read it.
    """
    owned = {node.name: _owners(program, node) for node in program.nodes if node.gives}
    for node in program.nodes:
        if node.kind in TRAINED and not node.gives:
            readers = [item.name for item in program.nodes if node.name in item.reads]
            names = {owner for reader in readers for owner in owned.get(reader, ())}
            owned[node.name] = tuple(sorted(names, reverse=True))
    return program.with_nodes(
        attrs.evolve(node, owners=owned.get(node.name, ())) for node in program.nodes
    )


def _owners(program: Program, node: Node) -> tuple[str, ...]:
    if node.kind not in TRAINED:
        return ()
    if node.gives is Estimate.LOG_PB and program.demands.owner is Owner.BACKWARD:
        return (BACKWARD,)
    return (FORWARD,)
