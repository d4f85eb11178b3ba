"""O3, O4, O6: derived parents mirror the edges, are reachable, and lead to the source."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import attrs

from gflowspec.compiler.algebra.access import count_filled, index
from gflowspec.compiler.algebra.aggregates import aggregate
from gflowspec.compiler.algebra.binders import for_all
from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.rewrite import bound_variable
from gflowspec.compiler.algebra.terms import (
    BOOL,
    INT,
    conjoin,
    constant,
    disjoin,
    integer,
    negate,
)
from gflowspec.compiler.obligations.closed import has_type
from gflowspec.compiler.obligations.collect import states_of_type
from gflowspec.compiler.obligations.ground import Ground
from gflowspec.compiler.obligations.invariants import proposed
from gflowspec.compiler.obligations.messages import (
    invariant_too_wide,
    parentless,
    phantom,
    source_has_parent,
)
from gflowspec.compiler.obligations.subject import HOLDS, Finding, Subject
from gflowspec.compiler.provers.refute import contradictory
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.errors import InternalError
from gflowspec.core.types import ArrayType
from gflowspec.ir.derived import Derived, DerivedAction
from gflowspec.ir.environment import Environment, StateVariable
from gflowspec.ir.expr import Expr, Generator, Range, StateVar
from gflowspec.semantics.evaluate import compile_expr
from gflowspec.semantics.machine import State, machine, source
from gflowspec.semantics.trace import trace_step, trace_to
from gflowspec.semantics.transition import Step, parents, redone_by, undone_by
from gflowspec.semantics.values import call_text, state_text

#: So many values of a type are compared with the reachable states.
WIDE = 4_096
#: Backward walks from states that a sample has not visited.
WALKS_BACK = 200


def prove_covered(subject: Subject) -> str | None:
    """O4 by induction, given O1 to O3 by proof: off the source, a backward action is enabled.

    Derived parents satisfy the invariants by construction. Where the invariants hold, a backward
    walk can thus only end in the source, and it does end, because the rank falls along it (O2).
    Read forwards (O3) it is a trajectory: the states that satisfy types and invariants are
    exactly the reachable ones. Without O2 the walk may circle among states that nothing reaches.
    """
    nowhere = [_no_address(item) for item in subject.derived.actions]
    for extreme in (None, "<=", ">="):
        if contradictory([*subject.rules.invariants, _not_source(subject, extreme), *nowhere]):
            return "every state that satisfies types and invariants has a parent that does"
    return None


def _no_address(action: DerivedAction) -> Expr:
    """No backward action of this kind is enabled."""
    return for_all(action.addresses, negate(action.backward_mask))


def _not_source(subject: Subject, extreme: str | None = None) -> Expr:
    return disjoin(*(_differs(variable, extreme) for variable in subject.environment.state))


def _differs(variable: StateVariable, extreme: str | None) -> Expr:
    """Some location of the variable does not hold its initial value.

    Among the places of a finite array that do not there is a last one (``extreme`` is ``<=``) and
    a first one (``>=``): what was built in order is taken down from its end.
    """
    whole = StateVar(variable.name, type=variable.type)
    if not isinstance(variable.type, ArrayType):
        return compare("!=", whole, constant(variable.initial, variable.type))
    if variable.type.prefix:
        return _sequence_differs(whole, variable.initial, variable.type)
    element, shape = variable.type.element, variable.type.shape
    first = variable.initial[0]
    if any(value != first for value in variable.initial):
        return disjoin(
            *(
                compare("!=", index(whole, _place(shape, k)), constant(value, element))
                for k, value in enumerate(variable.initial)
            )
        )
    names = [
        bound_variable(f"{'klmn'[min(k, 3)]}#d{k}", tuple(range(length)), INT)
        for k, length in enumerate(shape)
    ]
    generators = tuple(
        Generator(name.name, Range(integer(0), integer(length - 1), type=INT), tuple(range(length)))
        for name, length in zip(names, shape, strict=True)
    )
    body = compare("!=", index(whole, names), constant(first, element))
    if extreme is not None and len(names) == 1:
        (name,), (generator,) = names, generators
        other = attrs.evolve(name, name=f"{name.name}x")
        inner = attrs.evolve(generator, variable=other.name)
        same = compare("==", index(whole, [other]), constant(first, element))
        beyond = aggregate("all", disjoin(same, compare(extreme, other, name)), (inner,), BOOL)
        body = conjoin(body, beyond)
    return aggregate("any", body, generators, BOOL)


def _sequence_differs(whole: Expr, initial: Sequence[object], of: ArrayType) -> Expr:
    """The length, or one of the elements that there are at first."""
    members = [value for value in initial if value is not None]
    return disjoin(
        compare("!=", count_filled(whole), integer(len(members))),
        *(
            compare("!=", index(whole, (integer(k),)), constant(value, of.element))
            for k, value in enumerate(members)
        ),
    )


def _place(shape: Sequence[int], flat: int) -> list[Expr]:
    place: list[Expr] = []
    for k in range(len(shape)):
        flat, rest = divmod(flat, prod(shape[k + 1 :])) if k + 1 < len(shape) else (0, flat)
        place.append(integer(flat))
        flat = rest
    return place


def check_mirror(ground: Ground) -> None:
    """O3 on states: every edge is undone by the backward action that belongs to it.

    Raises:
        InternalError: If it is not; the effect algebra would be wrong.
    """
    states = ground.exploration.states
    known = [{(step.flat, step.state) for step in found} for found in ground.parents]
    for edge in ground.exploration.edges:
        parent = states[edge.parent]
        wanted = (undone_by(ground.derived, edge.flat), parent)
        if wanted not in known[edge.child] and _is_sound(ground, parent):
            message = f"an edge from {parent} to {states[edge.child]} has no inverse"
            raise InternalError(message)


def _is_sound(ground: Ground, state: State) -> bool:
    """Masks promise nothing about states outside of types and invariants."""
    frame = machine(ground.derived).frame(state)
    return has_type(ground.environment, state) and all(
        compile_expr(item)(frame) for item in ground.invariants
    )


def check_parents(ground: Ground) -> Finding:
    """Every state but the source has a derived parent, and all of them were reached.

    Parents of the source itself are the matter of O6. On a sample, a parent that was not visited
    is no phantom yet: it is one if a backward walk from it ends away from the source.
    """
    for position, found in enumerate(ground.parents):
        if position > 0 and not found:
            return Finding(True, (_parentless(ground, position),))
    unknown = [
        (position, step)
        for position, found in enumerate(ground.parents)
        for step in found
        if position > 0 and step.state not in ground.exploration.index
    ]
    if not ground.complete:
        unknown = [item for item in unknown[:WALKS_BACK] if _is_orphaned(ground.derived, item[1])]
    if not unknown:
        return HOLDS
    position, step = unknown[0]
    orphans = tuple(dict.fromkeys(found.state for _, found in unknown))
    return Finding(True, (_phantom(ground, position, step, orphans),))


def _is_orphaned(derived: Derived, step: Step) -> bool:
    return _orphan_before(derived, step.state) is not None


def _orphan_before(derived: Derived, state: State, steps: int = 200) -> State | None:
    """The end of a backward walk, if it is not the source."""
    first = machine(derived).source
    for _ in range(steps):
        step = next(parents(derived, state), None)
        if step is None:
            return None if state == first else state
        state = step.state
    return None


def _phantom(ground: Ground, position: int, step: Step, orphans: Sequence[State]) -> Diagnostic:
    environment = ground.environment
    child = ground.exploration.states[position]
    action = next(item for item in environment.actions if item.name == step.action)
    forward = redone_by(ground.derived, child, step.flat)
    arguments = trace_step(ground.derived, step.state, forward).arguments
    call = f"{step.action}({', '.join(f'{name}={value}' for name, value in arguments.items())})"
    orphan = state_text(environment, step.state)
    facts = (
        f"undoing `{call}` in {state_text(environment, child)} leads to {orphan}, "
        "which no trajectory visits",
        "a learned backward policy would put mass on it",
        ground.note,
    )
    trace = trace_to(ground.derived, ground.exploration, position)
    place = (action.span, f"its guard holds for {orphan}")
    advice = proposed(ground, orphans)
    return phantom(place, step.action, len(orphans), facts, trace, advice)


def _parentless(ground: Ground, position: int) -> Diagnostic:
    state = state_text(ground.environment, ground.exploration.states[position])
    trace = trace_to(ground.derived, ground.exploration, position)
    return parentless(ground.environment.span, state, trace, ground.note)


def check_source(derived: Derived) -> Finding:
    """O6 by evaluating every backward mask at the source."""
    environment = derived.environment
    state = source(environment)
    step = next(parents(derived, state), None)
    if step is None:
        return HOLDS
    action = next(item for item in environment.actions if item.name == step.action)
    call = call_text(environment, step.action, step.arguments)
    trace = (trace_step(derived, state),)
    parent = state_text(environment, step.state)
    return Finding(True, (source_has_parent(action.span, call, parent, trace),))


def _distance(environment: Environment, state: State) -> int:
    """How many places of a state differ from the initial one."""
    return sum(
        sum(one != other for one, other in zip(value, variable.initial, strict=True))
        if isinstance(variable.type, ArrayType)
        else value != variable.initial
        for value, variable in zip(state, environment.state, strict=True)
    )


def check_width(ground: Ground) -> Diagnostic | None:
    """GFS314: whether types and invariants allow more than what can be reached."""
    if not ground.complete or ground.derived.sizes.states_upper > WIDE:
        return None
    tests = [compile_expr(item) for item in ground.invariants]
    compiled = machine(ground.derived)
    allowed = [
        state
        for state in states_of_type(ground.environment)
        if all(test(compiled.frame(state)) for test in tests)
    ]
    reachable = ground.exploration.index
    extra = [state for state in allowed if state not in reachable]
    if not extra:
        return None
    orphans = [s for s in extra if next(parents(ground.derived, s), None) is None]
    orphan = min(orphans or extra, key=lambda s: _distance(ground.environment, s))
    invariants = ground.environment.invariants
    span = invariants[0].span if invariants else ground.environment.span
    shown = state_text(ground.environment, orphan)
    counts = (len(allowed), len(allowed) - len(extra))
    return invariant_too_wide(span, shown, counts, ground.note)
