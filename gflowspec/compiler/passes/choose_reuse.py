"""Where a loss may take the activations of the rollout instead of computing them again."""

from __future__ import annotations

import attrs

from gflowspec.compiler.passes.own_parameters import BACKWARD, FORWARD
from gflowspec.compiler.program import Program, Reuse


def choose_reuse(program: Program) -> Program:
    """Allow it to each update that comes before any other update of the rollout's trunk.

    Updates on stored batches cannot have it, nor those that are repeated.

    The rollout evaluates the trunk of the forward head with live weights.
    """
    trunk = program.trunk_of("head.forward")
    owners = program.node(trunk).owners
    fresh = program.demands.fresh
    reads = {FORWARD: FORWARD in fresh, BACKWARD: BACKWARD in fresh and _reads(program, trunk)}
    allowed: dict[str, bool] = {}
    touched = False
    for update in program.updates:
        allowed[update] = reads[update] and not touched
        touched = touched or update in owners
    return attrs.evolve(
        program,
        reuse=Reuse(forward=allowed.get(FORWARD, False), backward=allowed.get(BACKWARD, False)),
    )


def _reads(program: Program, trunk: str) -> bool:
    """Whether the P_B head reads the trunk of the rollout."""
    names = {node.name for node in program.nodes}
    return "head.backward" in names and program.trunk_of("head.backward") == trunk
