"""Invariants of the program graph; a violation is a bug of the compiler, never a user's mistake."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from gflowspec.compiler.program import TRAINED, NodeKind, Program
from gflowspec.core.errors import InternalError


def verified(program: Program, *, complete: bool = False) -> Program:
    """The program, if its invariants hold.

    Args:
        program: After some pass.
        complete: Whether all passes have run, so that owners and estimates must be there.

    Raises:
        InternalError: An invariant does not hold; the message lists all that do not.
    """
    found = list(structure(program))
    if complete and not found:
        found += [*estimates(program), *owners(program), *seeds(program)]
    if found:
        message = f"the program graph is wrong: {'; '.join(found)}"
        raise InternalError(message)
    return program


def structure(program: Program) -> Iterator[str]:
    """Names are unique, edges lead somewhere, there is no cycle."""
    names = [node.name for node in program.nodes]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two nodes are called {name}"
    dangling = False
    for source, reader in program.edges():
        if source not in names:
            dangling = True
            yield f"{reader} reads {source}, which does not exist"
    if not dangling:
        try:
            TopologicalSorter({node.name: node.reads for node in program.nodes}).prepare()
        except CycleError as error:
            yield f"there is a cycle: {' -> '.join(error.args[1])}"


def estimates(program: Program) -> Iterator[str]:
    """Every estimate the objective requires is provided exactly once."""
    for estimate in sorted(program.demands.estimates, key=lambda item: item.value):
        givers = [node.name for node in program.giving(estimate)]
        if len(givers) != 1:
            yield f"{estimate.value} is required but provided by {givers or 'nothing'}"
    needed = {"head.forward"} | {node.name for node in program.of_kind(NodeKind.TARGET)}
    feeding = {source for source, _ in program.edges()}
    for node in program.of_kind(NodeKind.HEAD, NodeKind.PARAMETER):
        if node.name not in feeding | needed:
            yield f"nothing reads {node.name}"


def owners(program: Program) -> Iterator[str]:
    """Every parameter has one owner; a shared trunk has those of the heads that read it."""
    for node in program.nodes:
        if node.kind not in TRAINED:
            if node.owners:
                yield f"{node.name} holds no parameters but belongs to {node.owners}"
            continue
        shared = node.kind is NodeKind.TRUNK and program.demands.share == "trunk"
        if not node.owners:
            yield f"nobody owns {node.name}"
        elif len(node.owners) > 1 and not shared:
            yield f"{node.name} has several owners: {node.owners}"
        for owner in node.owners:
            if owner not in program.updates:
                yield f"{node.name} belongs to {owner}, which never updates"


def seeds(program: Program) -> Iterator[str]:
    """Everything random has a seed, and no two parts share one."""
    given = [node.seed for node in program.nodes if node.owners] + list(program.seeds.values())
    if None in given:
        yield "a part with parameters has no seed"
    if len(set(given)) != len(given):
        yield "two streams share a seed"
