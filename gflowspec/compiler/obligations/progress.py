"""O5: a state that does not end the trajectory has an action, or may stop."""

from __future__ import annotations

from gflowspec.compiler.algebra.binders import for_all
from gflowspec.compiler.algebra.rewrite import substitute
from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.algebra.terms import constant, negate
from gflowspec.compiler.obligations.ground import Ground
from gflowspec.compiler.obligations.messages import dead_end, never_enabled
from gflowspec.compiler.obligations.subject import Finding, Subject
from gflowspec.compiler.provers.refute import contradictory
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.source import Span
from gflowspec.ir.derived import DerivedAction
from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import Expr
from gflowspec.semantics.trace import trace_to
from gflowspec.semantics.transition import describe_action, successors
from gflowspec.semantics.values import state_text


def prove_progress(subject: Subject) -> str | None:
    """How O5 is proved without visiting states; None if it is not."""
    stop = subject.derived.stop_mask
    if stop == negate(subject.rules.terminal):
        return "`stop` is always allowed"
    facts = [*subject.rules.invariants, negate(subject.rules.terminal)]
    if stop is not None:
        facts.append(negate(stop))
    facts += [_disabled(action) for action in subject.derived.actions]
    return "some action is always enabled" if contradictory(facts) else None


def _disabled(action: DerivedAction) -> Expr:
    """No binding of the action is enabled; payloads at their first value are enough to refute."""
    addresses = {binder.name for binder in action.addresses}
    mask = action.forward_mask
    first = {
        item.name: constant(item.carrier[0], item.type)
        for item in action.action.binders
        if item.name not in addresses and item.carrier
    }
    return for_all(action.addresses, negate(substitute(mask, bound=first)))


def check_progress(ground: Ground) -> Finding:
    """Looks for states that are no end and have no outgoing edge, then for idle actions."""
    stuck = [
        position
        for position in range(len(ground.exploration.states))
        if ground.outgoing[position] == 0 and not ground.terminating[position]
    ]
    if stuck and (ground.complete or _really_stuck(ground, stuck[0])):
        return Finding(True, (_dead_end(ground, stuck),))
    return Finding(False, tuple(_idle(ground)) if ground.complete else ())


def _really_stuck(ground: Ground, position: int) -> bool:
    """On a sample, a state may have edges that no walk has seen."""
    return next(successors(ground.derived, ground.exploration.states[position]), None) is None


def _dead_end(ground: Ground, stuck: list[int]) -> Diagnostic:
    environment = ground.environment
    state = ground.exploration.states[stuck[0]]
    shown = state_text(environment, state)
    places: list[tuple[Span | None, str]] = []
    if len(environment.actions) == 1:
        places.append((environment.actions[0].span, f"the only action, disabled in {shown}"))
    elif environment.actions:
        places.append((environment.actions[0].span, f"this and every other action: off in {shown}"))
    else:
        places.append((environment.span, "there is no action"))
    if environment.terminal is not None:
        places.append((environment.terminal.span, f"not satisfied: {shown}"))
    if environment.stop is not None:
        places.append((environment.stop.span, f"not allowed in {shown}"))
    trace = trace_to(ground.derived, ground.exploration, stuck[0])
    return dead_end(places, len(stuck), trace, ground.note, _helps(environment))


def _helps(environment: Environment) -> list[str]:
    if environment.stop is not None and environment.stop.condition is not None:
        return ["weaken the condition of `stop`, or drop it"]
    if environment.terminal is not None:
        text = environment.terminal.span.text if environment.terminal.span else ""
        shown = text or show(environment.terminal)
        return [f"let the policy end anywhere: replace `terminal when {shown}` by `stop`"]
    return ["let the policy end anywhere: add `stop`"]


def _idle(ground: Ground) -> list[Diagnostic]:
    flats = {edge.flat for edge in ground.exploration.edges}
    used = {describe_action(ground.derived, flat)[0] for flat in flats}
    return [
        never_enabled(action.span, action.name, ground.note)
        for action in ground.environment.actions
        if action.name not in used
    ]
