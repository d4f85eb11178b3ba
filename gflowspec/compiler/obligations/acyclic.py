"""O2: every action raises a bounded rank, hence no trajectory is endless."""

from __future__ import annotations

from collections.abc import Sequence

from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.algebra.terms import arithmetic, integer
from gflowspec.compiler.derive.rank import Rank
from gflowspec.compiler.obligations.ground import Ground
from gflowspec.compiler.obligations.messages import cycle, measure_falls
from gflowspec.compiler.obligations.subject import HOLDS, Finding, Subject
from gflowspec.compiler.provers.refute import follows
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.source import Span
from gflowspec.ir.derived import Measure
from gflowspec.semantics.evaluate import compile_expr
from gflowspec.semantics.explore import Edge, find_cycle, ranks
from gflowspec.semantics.machine import machine
from gflowspec.semantics.trace import path_to, trace_of
from gflowspec.semantics.transition import describe_action
from gflowspec.semantics.values import call_text


def prove_acyclic(subject: Subject) -> str | None:
    """The rank in words; None without one."""
    rank = subject.rank
    if rank.measure is None or rank.horizon is None:
        return None
    if not rank.declared:
        return f"rank {measure_text(rank.measure)}"
    (measure,) = rank.measure.terms
    for position, inverse in enumerate(subject.inverses):
        gain = arithmetic("-", inverse.at_child(measure), measure)
        if not follows(subject.facts(position), compare(">=", gain, integer(1))):
            return None
    return f"measure {show(measure)}"


def measure_text(measure: Measure) -> str:
    """``2 * sum(x) + t``-like text of a rank."""
    parts = [
        show(term) if weight == 1 else f"{weight} * {show(term)}"
        for term, weight in zip(measure.terms, measure.weights, strict=True)
    ]
    return " + ".join(parts) if parts else "0"


def certificate_text(rank: Rank) -> str:
    """``1 x `right` + 1 x `back```: actions that cancel out; empty if there are none."""
    return " + ".join(f"{count} x `{name}`" for count, name in rank.certificate)


def check_acyclic(ground: Ground, rank: Rank) -> Finding:
    """Looks for a cycle among the known edges, and at the declared measure on each of them."""
    if ranks(ground.exploration) is None:
        return Finding(True, (_cycle(ground, rank),))
    if ground.environment.measure is not None and rank.measure is not None:
        return _check_measure(ground, rank.measure)
    return HOLDS


def _cycle(ground: Ground, rank: Rank) -> Diagnostic:
    found = find_cycle(ground.exploration)
    start = found[0].parent
    path = (*path_to(ground.exploration, start), *found)
    trace = trace_of(ground.derived, ground.exploration, path, start)
    certificate = certificate_text(rank)
    return cycle(_places(ground, found), len(found), trace, certificate, ground.note)


def _places(ground: Ground, edges: Sequence[Edge]) -> list[tuple[Span | None, str]]:
    names = dict.fromkeys(describe_action(ground.derived, edge.flat)[0] for edge in edges)
    spans = {item.name: item.span for item in ground.environment.actions}
    labels = ["part of the cycle"] + ["and so is this one"] * (len(names) - 1)
    return [(spans[name], label) for name, label in zip(names, labels, strict=True)]


def _check_measure(ground: Ground, measure: Measure) -> Finding:
    (term,) = measure.terms
    code = compile_expr(term)
    compiled = machine(ground.derived)
    values = [code(compiled.frame(state)) for state in ground.exploration.states]
    for edge in ground.exploration.edges:
        before, after = values[edge.parent], values[edge.child]
        if after < before + 1:
            name, arguments = describe_action(ground.derived, edge.flat)
            action = next(item for item in ground.environment.actions if item.name == name)
            path = (*path_to(ground.exploration, edge.parent), edge)
            trace = trace_of(ground.derived, ground.exploration, path, edge.child)
            call = call_text(ground.environment, name, arguments)
            declared = ground.environment.measure
            span = None if declared is None else declared.span
            place = (action.span, "does not raise it")
            shown = f"{before} before and {after} after `{call}`"
            return Finding(True, (measure_falls(span, place, shown, trace, ground.note),))
    return HOLDS
