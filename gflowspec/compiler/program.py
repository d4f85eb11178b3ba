"""The program graph as data: which part of a training program feeds which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import attrs

from gflowspec.components.needs import READ_OFF, BackwardNeed, Estimate, Owner


class NodeKind(Enum):
    """What a node is; the value is what users read."""

    ENVIRONMENT = "environment"
    ROLLOUT = "rollout"
    TRUNK = "trunk"
    HEAD = "head"
    PARAMETER = "parameter"
    TARGET = "target copy"
    FIXED = "fixed estimate"
    OBJECTIVE = "objective"
    BACKWARD = "backward rule"


#: Kinds that hold trained parameters.
TRAINED = frozenset({NodeKind.TRUNK, NodeKind.HEAD, NodeKind.PARAMETER})


@attrs.frozen(kw_only=True)
class Node:
    """One part.

    Attributes:
        name: Unique; heads are ``head.forward``, ``head.backward``, ``head.flow``.
        kind: What it is.
        component: Name in ``.gfs`` where a component stands behind it.
        reads: Names of the nodes that feed it.
        gives: The estimate it provides, if any.
        width: Outputs of a head.
        zero: Whether a head starts at zero, as a uniform policy.
        owners: Optimisers that step it.
        seed: Of its initial weights or its noise; None where nothing is random.
    """

    name: str
    kind: NodeKind
    component: str = ""
    reads: tuple[str, ...] = ()
    gives: Estimate | None = None
    width: int = 0
    zero: bool = False
    owners: tuple[str, ...] = ()
    seed: int | None = None


@attrs.frozen(kw_only=True)
class Demands:
    """What the chosen components ask for; the passes answer it.

    Attributes:
        estimates: What the objective reads.
        owner: Who trains the P_B head.
        backward_needs: What the backward rule needs.
        backward_zero: Whether P_B starts uniform.
        forward_target: Whether the objective reads a lagging copy of P_F.
        fresh: Updates that see the batch just sampled, and see it once.
        share: ``trunk`` or ``none``.
        forward_width: A_f.
        backward_width: A_b.
        seed: ``train.seed``.
    """

    estimates: frozenset[Estimate]
    owner: Owner
    backward_needs: frozenset[BackwardNeed]
    backward_zero: bool
    forward_target: bool
    fresh: frozenset[str]
    share: str
    forward_width: int
    backward_width: int
    seed: int


@attrs.frozen(kw_only=True)
class Reuse:
    """Which losses may take the activations of the rollout (their parameters are unchanged)."""

    forward: bool = False
    backward: bool = False


@attrs.frozen(kw_only=True)
class Program:
    """The program graph.

    Attributes:
        nodes: In the order in which they came to be.
        demands: What the chosen components ask for.
        updates: The updates of an iteration, in order: ``forward``, ``backward``.
        reuse: Reuse of activations.
        seeds: Seeds of the streams of noise, by name.
    """

    nodes: tuple[Node, ...]
    demands: Demands
    updates: tuple[str, ...]
    reuse: Reuse = Reuse()
    seeds: Mapping[str, int] = attrs.field(factory=dict)

    def node(self, name: str) -> Node:
        """The node of that name.

        Raises:
            KeyError: There is none.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    def of_kind(self, *kinds: NodeKind) -> tuple[Node, ...]:
        """Nodes of some kinds, in order."""
        return tuple(node for node in self.nodes if node.kind in kinds)

    def giving(self, estimate: Estimate) -> tuple[Node, ...]:
        """Nodes that provide an estimate."""
        source = READ_OFF.get(estimate, estimate)
        return tuple(node for node in self.nodes if node.gives is source)

    def trunk_of(self, head: str) -> str:
        """Name of the trunk that feeds a head."""
        reads = self.node(head).reads
        return next(name for name in reads if self.node(name).kind is NodeKind.TRUNK)

    def with_nodes(self, nodes: Iterable[Node]) -> Program:
        """The same program with other nodes."""
        return attrs.evolve(self, nodes=tuple(nodes))

    def edges(self) -> tuple[tuple[str, str], ...]:
        """(from, to) for everything that feeds something."""
        return tuple((source, node.name) for node in self.nodes for source in node.reads)

    def plain(self) -> dict[str, Any]:
        """As plain data, for ``--emit program`` and the picture."""
        return {
            "nodes": [
                {
                    "name": node.name,
                    "kind": node.kind.value,
                    "component": node.component,
                    "reads": list(node.reads),
                    "gives": node.gives.value if node.gives else None,
                    "width": node.width,
                    "owners": list(node.owners),
                    "seed": node.seed,
                }
                for node in self.nodes
            ],
            "edges": [list(edge) for edge in self.edges()],
            "updates": list(self.updates),
            "reuse": {"forward": self.reuse.forward, "backward": self.reuse.backward},
            "seeds": dict(self.seeds),
        }
