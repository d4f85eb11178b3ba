"""Diagnostics about obligations; one builder for each finding."""

from __future__ import annotations

from collections.abc import Sequence

from gflowspec.core.diagnostics import Diagnostic, Label, Severity, TraceStep
from gflowspec.core.source import Span


def _label(span: Span | None, text: str = "") -> Label | None:
    return None if span is None else Label(span, text)


def _labels(*items: tuple[Span | None, str]) -> tuple[Label, ...]:
    return tuple(Label(span, text) for span, text in items if span is not None)


def false_at_source(span: Span | None, state: str, trace: tuple[TraceStep, ...]) -> Diagnostic:
    """GFS300 without an action."""
    return Diagnostic(
        "GFS300",
        Severity.ERROR,
        "an invariant is false in the initial state",
        _label(span, f"false for {state}"),
        helps=("change the initial values, or weaken the invariant",),
        trace=trace,
        obligation="O1",
        strength="failed",
    )


def not_preserved(
    action: str,
    places: Sequence[tuple[Span | None, str]],
    trace: tuple[TraceStep, ...],
    notes: Sequence[str],
    condition: str,
) -> Diagnostic:
    """GFS300: the first place is the action, the second one the invariant."""
    first, *rest = places
    return Diagnostic(
        "GFS300",
        Severity.ERROR,
        f"action `{action}` does not preserve an invariant",
        _label(*first),
        _labels(*rest),
        notes=tuple(notes),
        helps=(f"give `{action}` a guard that keeps `{condition}` true",),
        trace=trace,
        obligation="O1",
        strength="failed",
    )


def cycle(
    places: Sequence[tuple[Span | None, str]],
    length: int,
    trace: tuple[TraceStep, ...],
    certificate: str,
    note: str,
) -> Diagnostic:
    """GFS301: a trajectory returns to a state."""
    first, *rest = places
    how = "one action leads" if length == 1 else f"{length} actions lead"
    notes = [note]
    if certificate:
        notes.insert(0, f"{certificate} returns every measure to where it was")
    return Diagnostic(
        "GFS301",
        Severity.ERROR,
        f"trajectories may be endless: {how} back to the same state",
        _label(*first),
        _labels(*rest),
        notes=tuple(notes),
        helps=("remove one of the actions, or guard them so that none undoes what another did",),
        trace=trace,
        obligation="O2",
        strength="failed",
    )


def measure_falls(
    span: Span | None,
    action: tuple[Span | None, str],
    values: str,
    trace: tuple[TraceStep, ...],
    note: str,
) -> Diagnostic:
    """GFS301: a declared measure is not raised by an action."""
    return Diagnostic(
        "GFS301",
        Severity.ERROR,
        "an action does not raise the declared `measure`",
        _label(span, values),
        _labels(action),
        notes=("each action has to raise the measure by at least 1", note),
        helps=("remove `measure`, or declare one that every action raises",),
        trace=trace,
        obligation="O2",
        strength="failed",
    )


def no_linear_rank(span: Span | None, certificate: str, strength: str) -> Diagnostic:
    """GFS301 as a note: acyclic as far as is known, but no rank was found."""
    return Diagnostic(
        "GFS301",
        Severity.NOTE,
        "no linear rank was found, so the length of trajectories is not known beforehand",
        _label(span),
        notes=(f"{certificate} returns every measure to where it was",) if certificate else (),
        helps=("declare `measure` with an integer that every action raises",),
        obligation="O2",
        strength=strength,
    )


def phantom(
    action: tuple[Span | None, str],
    name: str,
    count: int,
    facts: Sequence[str],
    trace: tuple[TraceStep, ...],
    invariants: Sequence[str] = (),
) -> Diagnostic:
    """GFS310: a derived parent that cannot be reached; ``invariants`` would exclude them."""
    advice = "state what all reachable states have in common as an `invariant`"
    if invariants:
        advice = f"add {' and '.join(f'`invariant {text}`' for text in invariants)}"
    many = "a state" if count == 1 else f"{count} states"
    return Diagnostic(
        "GFS310",
        Severity.ERROR,
        f"undoing `{name}` leads to {many} that cannot be reached",
        _label(*action),
        notes=tuple(facts),
        helps=(advice,),
        trace=trace,
        obligation="O4",
        strength="failed",
    )


def parentless(
    span: Span | None, state: str, trace: tuple[TraceStep, ...], note: str
) -> Diagnostic:
    """GFS311: a reachable state that no backward action leaves."""
    return Diagnostic(
        "GFS311",
        Severity.ERROR,
        f"no backward action leaves the reachable state {state}",
        _label(span),
        notes=(note,),
        trace=trace,
        obligation="O4",
        strength="failed",
    )


def source_has_parent(
    span: Span | None, call: str, parent: str, trace: tuple[TraceStep, ...]
) -> Diagnostic:
    """GFS312: a backward walk can leave the source."""
    return Diagnostic(
        "GFS312",
        Severity.ERROR,
        "the initial state has a parent",
        _label(span, f"undoing `{call}` there leads to {parent}"),
        notes=("backward trajectories must end in the initial state",),
        helps=(
            "start where no action can have been taken before, or exclude it by an `invariant`",
        ),
        trace=trace,
        obligation="O6",
        strength="failed",
    )


def not_simplified(span: Span | None, action: str, blocked_by: str) -> Diagnostic:
    """GFS313: the backward mask keeps its full formula."""
    return Diagnostic(
        "GFS313",
        Severity.NOTE,
        f"the backward mask of `{action}` keeps its full formula",
        _label(span),
        notes=(f"it could not be left out: {blocked_by}",),
        obligation="O4",
    )


def invariant_too_wide(
    span: Span | None, orphan: str, counts: tuple[int, int], note: str
) -> Diagnostic:
    """GFS314: types and invariants allow states that cannot be reached."""
    allowed, reachable = counts
    return Diagnostic(
        "GFS314",
        Severity.NOTE,
        f"types and invariants allow {allowed} states, {reachable} of them can be reached",
        _label(span),
        notes=(f"for example, nothing leads to {orphan}", note),
        helps=("an `invariant` that excludes such states makes counts exact",),
        obligation="O4",
    )


def never_binds(span: Span | None, condition: str, scope: str) -> Diagnostic:
    """GFS315: a condition that is always true at the scope."""
    return Diagnostic(
        "GFS315",
        Severity.WARNING,
        f"`{condition}` is always true at the scope, so nothing is learned about it there",
        _label(span),
        notes=(f"scope: {scope}",),
        helps=("choose parameters of the scope for which the limit is reached",),
    )


def dead_end(
    places: Sequence[tuple[Span | None, str]],
    count: int,
    trace: tuple[TraceStep, ...],
    note: str,
    helps: Sequence[str],
) -> Diagnostic:
    """GFS320: states that are no end and have no action."""
    many = (
        "1 state has no action and is not terminal"
        if count == 1
        else f"{count} states have no action and are not terminal"
    )
    first, *rest = places
    return Diagnostic(
        "GFS320",
        Severity.ERROR,
        f"the policy can get stuck: {many}",
        _label(*first),
        _labels(*rest),
        notes=(note,),
        helps=tuple(helps),
        trace=trace,
        obligation="O5",
        strength="failed",
    )


def never_enabled(span: Span | None, action: str, note: str) -> Diagnostic:
    """GFS321: no reachable state enables the action."""
    return Diagnostic(
        "GFS321",
        Severity.WARNING,
        f"action `{action}` is never enabled",
        _label(span),
        notes=(note,),
        obligation="O5",
    )


def no_end(span: Span | None, others: Sequence[Span], note: str) -> Diagnostic:
    """GFS322: no trajectory ends; the places are conditions that never hold."""
    return Diagnostic(
        "GFS322",
        Severity.ERROR,
        "no state that ends a trajectory can be reached",
        _label(span, "true in no state that can be reached"),
        _labels(*((other, "nor is this") for other in others)),
        notes=(note,),
        helps=("end where some reachable state is; `stop` alone ends anywhere",),
        obligation="O7",
        strength="failed",
    )


def stop_in_terminal(
    stop: Span | None, terminal: Span | None, trace: tuple[TraceStep, ...]
) -> Diagnostic:
    """GFS324: the condition of ``stop`` holds where the trajectory has ended already."""
    return Diagnostic(
        "GFS324",
        Severity.WARNING,
        "`stop` is allowed in a terminal state, where it is never taken",
        _label(stop),
        _labels((terminal, "ends the trajectory on entering")),
        helps=("exclude terminal states in the condition of `stop`, or drop one of the two",),
        trace=trace,
        obligation="O7",
    )


def no_scope(span: Span | None, states: str, parameters: str) -> Diagnostic:
    """GFS352: too large to enumerate, and no small instance declared."""
    example = f" over {parameters}" if parameters else ""
    return Diagnostic(
        "GFS352",
        Severity.WARNING,
        f"{states}, and no `scope` with small parameters: proofs rest on random walks",
        _label(span),
        helps=(f"add a `scope {{ ... }}` block{example} that leaves a few thousand states",),
    )


def limit_reached(span: Span | None, what: str, limit: int) -> Diagnostic:
    """GFS351: enumeration stopped."""
    return Diagnostic(
        "GFS351",
        Severity.NOTE,
        f"{what} has more than {limit} states, or costs too much to enumerate",
        _label(span),
        notes=("the limit is `compile.scope_limit`",),
    )
