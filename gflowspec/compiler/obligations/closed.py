"""O1: the invariants hold in the initial state, and every enabled action preserves them."""

from __future__ import annotations

from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.algebra.terms import conjuncts
from gflowspec.compiler.obligations.ground import Ground
from gflowspec.compiler.obligations.messages import false_at_source, not_preserved
from gflowspec.compiler.obligations.subject import HOLDS, Finding, Subject
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.compiler.provers.refute import follows
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.types import IntType, SlotType, Type
from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import Const, Expr
from gflowspec.semantics.evaluate import compile_expr
from gflowspec.semantics.machine import State, machine, source
from gflowspec.semantics.trace import trace_to
from gflowspec.semantics.transition import describe_action
from gflowspec.semantics.values import state_text


def prove_closed(subject: Subject) -> str | None:
    """How O1 is proved without visiting states; None if it is not."""
    if not holds_at_source(subject):
        return None
    for position, inverse in enumerate(subject.inverses):
        facts = subject.facts(position)
        for write in inverse.writes:
            if write.value is not None and not _fits(write.value, write.element):
                return None
        for invariant in subject.rules.invariants:
            for part in conjuncts(inverse.at_child(invariant)):
                if not follows(facts, part):
                    return None
    return "types alone" if not subject.rules.invariants else "every action preserves them"


def holds_at_source(subject: Subject) -> bool:
    """Whether types and invariants hold in the initial state."""
    environment = subject.environment
    state = source(environment)
    frame = machine(subject.derived).frame(state)
    return has_type(environment, state) and all(
        compile_expr(item)(frame) for item in subject.rules.invariants
    )


def _fits(value: Expr, element: Type) -> bool:
    """Whether what is stored is a value of the location, by intervals."""
    inner = element.element if isinstance(element, SlotType) else element
    if isinstance(value, Const) and value.value is None:
        return isinstance(element, SlotType)
    if isinstance(inner, IntType):
        found = bounds(value)
        return (inner.lo is None or found.lo >= inner.lo) and (
            inner.hi is None or found.hi <= inner.hi
        )
    return True


def check_closed(ground: Ground) -> Finding:
    """Looks at every state: breadth-first order makes the first violation a nearest one."""
    tests = [(item, compile_expr(item)) for item in ground.invariants]
    compiled = machine(ground.derived)
    for position, state in enumerate(ground.exploration.states):
        if not has_type(ground.environment, state):
            return Finding(True, (_out_of_type(ground, position),))
        frame = compiled.frame(state)
        for invariant, test in tests:
            if not test(frame):
                return Finding(True, (_violated(ground, position, invariant),))
    return HOLDS


def has_type(environment: Environment, state: State) -> bool:
    """Whether every variable holds a value of its type."""
    return all(
        variable.view.holds(value) for value, variable in zip(state, environment.state, strict=True)
    )


def _violated(ground: Ground, position: int, invariant: Expr) -> Diagnostic:
    environment = ground.environment
    state = state_text(environment, ground.exploration.states[position])
    trace = trace_to(ground.derived, ground.exploration, position)
    edge = ground.exploration.found_by[position]
    if edge is None:
        return false_at_source(invariant.span, state, trace)
    name, _ = describe_action(ground.derived, edge.flat)
    action = next(item for item in environment.actions if item.name == name)
    text = invariant.span.text if invariant.span is not None else show(invariant)
    places = [
        (action.span, "leads out of the invariant"),
        (invariant.span, f"false for {state}"),
    ]
    return not_preserved(name, places, trace, (ground.note,), text)


def _out_of_type(ground: Ground, position: int) -> Diagnostic:
    environment = ground.environment
    state = ground.exploration.states[position]
    trace = trace_to(ground.derived, ground.exploration, position)
    variable = next(
        item
        for item, value in zip(environment.state, state, strict=True)
        if not item.view.holds(value)
    )
    edge = ground.exploration.found_by[position]
    if edge is None:
        return false_at_source(variable.span, state_text(environment, state), trace)
    name, _ = describe_action(ground.derived, edge.flat)
    action = next(item for item in environment.actions if item.name == name)
    places = [
        (action.span, "stores a value outside of the type"),
        (variable.span, f"wrong for {state_text(environment, state)}"),
    ]
    return not_preserved(name, places, trace, (ground.note,), f"the range of {variable.name}")
