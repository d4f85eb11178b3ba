"""One seed of the specification, a stream of its own for every purpose."""

from __future__ import annotations

import hashlib

import attrs

from gflowspec.compiler.program import Program

#: Streams of noise besides initial weights; evaluation and samples seed their own each time.
STREAMS = ("rollout", "backward", "replay", "dropout")


def bind_seeds(program: Program) -> Program:
    """Give every head and trunk, and every stream, a seed that depends on its name alone.

    Two experiments that differ in one component then share the initial weights of the others.
    """
    seed = program.demands.seed
    nodes = tuple(
        attrs.evolve(node, seed=derived_seed(seed, node.name)) if node.owners else node
        for node in program.nodes
    )
    seeds = {name: derived_seed(seed, name) for name in STREAMS}
    return attrs.evolve(program, nodes=nodes, seeds=seeds)


def derived_seed(seed: int, name: str) -> int:
    """63 bits of a hash of seed and name."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
