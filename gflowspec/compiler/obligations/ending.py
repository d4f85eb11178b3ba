"""O7: ends have no children, and some end can be reached."""

from __future__ import annotations

from collections.abc import Iterator

from gflowspec.compiler.algebra.rewrite import canonical
from gflowspec.compiler.algebra.terms import negate
from gflowspec.compiler.obligations.ground import Ground
from gflowspec.compiler.obligations.messages import no_end, stop_in_terminal
from gflowspec.compiler.obligations.subject import Finding, Subject
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.source import Span
from gflowspec.ir.environment import Environment
from gflowspec.semantics.evaluate import compile_expr
from gflowspec.semantics.machine import machine
from gflowspec.semantics.trace import trace_to


def prove_ending(subject: Subject, *, acyclic: bool, progress: bool) -> str | None:
    """O7 from the others: masks exclude terminal states, and walks cannot go on for ever."""
    if subject.derived.stop_mask == negate(subject.rules.terminal):
        return "`stop` is always allowed"
    return "walks are finite and end in an end" if acyclic and progress else None


def check_ending(ground: Ground) -> Finding:
    """Looks for an end among the states, and for `stop` where the trajectory is over."""
    if not any(ground.terminating) and ground.complete:
        environment = ground.environment
        places = tuple(item for item in _conditions(environment) if item is not None)
        first = places[0] if places else environment.span
        return Finding(True, (no_end(first, places[1:], ground.note),))
    warning = _stop_in_terminal(ground)
    return Finding(False, () if warning is None else (warning,))


def _conditions(environment: Environment) -> Iterator[Span | None]:
    """The places of what never holds: of `terminal when` and of `stop when`."""
    if environment.terminal is not None:
        yield environment.terminal.span
    if environment.stop is not None:
        condition = environment.stop.condition
        yield environment.stop.span if condition is None else condition.span


def _stop_in_terminal(ground: Ground) -> Diagnostic | None:
    """GFS324; an unconditional `stop` is read as "anywhere else"."""
    stop, terminal = ground.environment.stop, ground.environment.terminal
    if stop is None or terminal is None or stop.condition is None:
        return None
    compiled = machine(ground.derived)
    allowed = compile_expr(canonical(stop.condition))
    for position, state in enumerate(ground.exploration.states):
        frame = compiled.frame(state)
        if compiled.terminal(frame) and allowed(frame):
            trace = trace_to(ground.derived, ground.exploration, position)
            return stop_in_terminal(stop.span, terminal.span, trace)
    return None
