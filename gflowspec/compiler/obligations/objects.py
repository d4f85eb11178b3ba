"""O9: terminal states and objects correspond one to one, or the difference is said."""

from __future__ import annotations

from collections import Counter
from typing import Any

from gflowspec.compiler.algebra.rewrite import canonical
from gflowspec.compiler.obligations.ground import Ground
from gflowspec.compiler.obligations.reward_messages import (
    parallel_edges,
    same_letter,
    shared_object,
)
from gflowspec.compiler.obligations.subject import Finding, Subject
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.types import ArrayType
from gflowspec.core.values import every, text
from gflowspec.ir.expr import Call, Const, Expr, StateVar
from gflowspec.ir.extern import externs_of
from gflowspec.semantics.evaluate import compile_expr
from gflowspec.semantics.machine import machine
from gflowspec.semantics.transition import describe_action
from gflowspec.semantics.values import call_text, state_text


def prove_objects(subject: Subject) -> str | None:
    """O9 where the object is the state."""
    made = subject.environment.object
    if made is None:
        return "the object is the state"
    whole = [variable.name for variable in subject.environment.state]
    found = canonical(made)
    if isinstance(found, StateVar) and whole == [found.name]:
        return "the object is the state"
    if isinstance(found, Call) and found.function == "text":
        array, letters = found.arguments
        spelled = isinstance(array, StateVar) and whole == [array.name]
        if spelled and _repeated_letter(array, letters) is None:
            return "each element has a letter of its own"
    return None


def _repeated_letter(array: Expr, alphabet: Expr) -> tuple[int, int] | None:
    """Two values of the elements of an array that an alphabet gives one letter."""
    first: dict[str, int] = {}
    if not isinstance(array.type, ArrayType) or not isinstance(alphabet, Const):
        return None
    for value in every(array.type.element):
        if value is None:
            continue
        other = first.setdefault(alphabet.value[value], value)
        if other != value:
            return other, value
    return None


def check_objects(ground: Ground) -> Finding:
    """Looks for two ends with one object (a warning), and counts parallel edges (a note)."""
    diagnostics: list[Diagnostic] = []
    shared = _shared(ground) or _misspelt(ground)
    if shared is not None:
        diagnostics.append(shared)
    parallel = _parallel(ground)
    if parallel is not None:
        diagnostics.append(parallel)
    return Finding(False, tuple(diagnostics))


def objects_of(ground: Ground) -> list[tuple[int, Any]]:
    """Position and object of every state in which a trajectory can end."""
    made = ground.environment.object
    ends = [position for position, end in enumerate(ground.terminating) if end]
    if made is None:
        return [(position, ground.exploration.states[position]) for position in ends]
    code = compile_expr(canonical(made))
    compiled = machine(ground.derived)
    states = ground.exploration.states
    return [(position, code(compiled.frame(states[position]))) for position in ends]


def _shared(ground: Ground) -> Diagnostic | None:
    made = ground.environment.object
    if made is None or externs_of((made,)):
        return None
    first: dict[Any, int] = {}
    for position, value in objects_of(ground):
        other = first.setdefault(value, position)
        if other != position:
            states = ground.exploration.states
            one, two = (state_text(ground.environment, states[p]) for p in (other, position))
            return shared_object(made.span, text(value, made.type), one, two, ground.note)
    return None


def _misspelt(ground: Ground) -> Diagnostic | None:
    """An alphabet that says one letter twice, where no two such ends were found."""
    made = ground.environment.object
    if not isinstance(made, Call) or made.function != "text":
        return None
    array, alphabet = made.arguments
    pair = _repeated_letter(array, alphabet)
    if pair is None or not isinstance(alphabet, Const):
        return None
    return same_letter(made.span, alphabet.value[pair[0]], pair)


def count_parallel(ground: Ground) -> int:
    """Edges beyond the first between the same two states."""
    pairs = {(edge.parent, edge.child) for edge in ground.exploration.edges}
    return len(ground.exploration.edges) - len(pairs)


def _parallel(ground: Ground) -> Diagnostic | None:
    count = count_parallel(ground)
    if count == 0:
        return None
    seen = Counter((edge.parent, edge.child) for edge in ground.exploration.edges)
    pair = next(pair for pair, times in seen.items() if times > 1)
    calls = [
        call_text(ground.environment, *describe_action(ground.derived, edge.flat))
        for edge in ground.exploration.edges
        if (edge.parent, edge.child) == pair
    ]
    states = ground.exploration.states
    start, end = (state_text(ground.environment, states[k]) for k in pair)
    example = f"{' and '.join(f'`{call}`' for call in calls[:2])} lead from {start} to {end}"
    return parallel_edges(ground.environment.span, count, example, ground.note)
