"""Diagnostics about rewards, objects and asserts; one builder for each finding."""

from __future__ import annotations

from collections.abc import Sequence

from gflowspec.core.diagnostics import Diagnostic, Label, Severity, TraceStep
from gflowspec.core.source import Span


def _label(span: Span | None, text: str = "") -> Label | None:
    return None if span is None else Label(span, text)


def not_positive(
    span: Span | None, reward: str, value: str, state: str, trace: tuple[TraceStep, ...], note: str
) -> Diagnostic:
    """GFS330 with a witness."""
    zero = value == "0"
    more = "a small constant" if zero else f"more than {value.removeprefix('-')}"
    return Diagnostic(
        "GFS330",
        Severity.ERROR,
        f"reward `{reward}` is {'0' if zero else 'negative'} for some object",
        _label(span, f"{value} for {state}"),
        notes=("R / Z must be positive: learning needs log R", note),
        helps=(f"add {more} to R, or declare `floor = 1e-3`: R is at least that everywhere",),
        trace=trace,
        obligation="O8",
        strength="failed",
    )


def may_be_zero(span: Span | None, reward: str) -> Diagnostic:
    """GFS330 as a warning: R depends on a function that was not called."""
    return Diagnostic(
        "GFS330",
        Severity.WARNING,
        f"nothing keeps reward `{reward}` above 0",
        _label(span),
        notes=("it calls a function in Python, which only runs do",),
        helps=("declare what the function gives, as in `-> real(0..)`, or a `floor`",),
        obligation="O8",
    )


def infinite(
    span: Span | None,
    reward: str,
    value: str,
    state: str,
    trace: tuple[TraceStep, ...],
    note: str,
    origin: tuple[Span | None, str, str] | None = None,
) -> Diagnostic:
    """GFS332 with a witness; ``origin`` is what is not finite within R, and a finite substitute."""
    place, shown, instead = origin or (None, "", "")
    inside = place is not None and place != span
    related = (Label(place, f"{shown} here"),) if inside and place is not None else ()
    advice = "clip the argument that overflows, for example `clip(e, -50, 50)`"
    if instead and place is not None:
        advice = f"write `{instead}` instead of `{place.text}`"
    elif value == "not a number":
        advice = "exclude the case that has no value: `0 if c else ...`"
    return Diagnostic(
        "GFS332",
        Severity.ERROR,
        f"reward `{reward}` is {value} for some object",
        _label(span, f"{value} for {state}"),
        related,
        notes=(note,),
        helps=(advice,),
        trace=trace,
        obligation="O8",
        strength="failed",
    )


def beyond_range(
    span: Span | None, reward: str, state: str, trace: tuple[TraceStep, ...], note: str
) -> Diagnostic:
    """GFS332: the target is finite, but no number that can be learned from."""
    return Diagnostic(
        "GFS332",
        Severity.ERROR,
        f"the log target of reward `{reward}` is beyond 1e15 for some object",
        _label(span, f"for {state}"),
        notes=("log target = beta * log R; a float64 has 16 digits", note),
        helps=("lower `beta`, or scale the reward",),
        trace=trace,
        obligation="O8",
        strength="failed",
    )


def constant_reward(span: Span | None, reward: str, value: str, note: str) -> Diagnostic:
    """GFS333: nothing to learn."""
    return Diagnostic(
        "GFS333",
        Severity.WARNING,
        f"reward `{reward}` is {value} for every object",
        _label(span),
        notes=(note,),
        obligation="O8",
    )


def target_underflows(
    span: Span | None, reward: str, low: float, high: float, note: str
) -> Diagnostic:
    """GFS336: log targets from ``low`` to ``high``."""
    return Diagnostic(
        "GFS336",
        Severity.WARNING,
        f"the log target of reward `{reward}` spans {high - low:.4g}: the least likely objects "
        "have probability 0 in float32",
        _label(span, f"from {low:.4g} to {high:.4g}"),
        notes=("training uses logs, so it is not harmed", note),
        helps=("lower `beta`, or declare a larger `floor`, if these objects matter",),
        obligation="O8",
    )


def no_mode(span: Span | None, reward: str, note: str) -> Diagnostic:
    """GFS337: the condition of modes is never true."""
    return Diagnostic(
        "GFS337",
        Severity.WARNING,
        f"`mode when` of reward `{reward}` never holds",
        _label(span),
        notes=(note,),
    )


def shared_object(span: Span | None, shown: str, first: str, second: str, note: str) -> Diagnostic:
    """GFS340: the object map is not injective."""
    return Diagnostic(
        "GFS340",
        Severity.WARNING,
        "several terminal states give the same object",
        _label(span, f"{shown} for both {first} and {second}"),
        notes=(
            "the law of objects is then proportional to R times the number of such states",
            note,
        ),
        obligation="O9",
    )


def same_letter(span: Span | None, letter: str, values: tuple[int, int]) -> Diagnostic:
    """GFS340: an alphabet with which `text` gives different elements one letter."""
    return Diagnostic(
        "GFS340",
        Severity.WARNING,
        "several terminal states may give the same object",
        _label(span, f"both {values[0]} and {values[1]} are spelt `{letter}`"),
        notes=("the law of objects is then proportional to R times the number of such states",),
        helps=("use an alphabet in which each letter stands once",),
        obligation="O9",
    )


def parallel_edges(span: Span | None, count: int, example: str, note: str) -> Diagnostic:
    """GFS341: several actions from one state to one child."""
    edges = "1 edge is" if count == 1 else f"{count} edges are"
    return Diagnostic(
        "GFS341",
        Severity.NOTE,
        f"{edges} parallel to another one: different actions lead to the same child",
        _label(span),
        notes=(
            f"for example {example}",
            "only the backward rules `uniform` and `maxent` depend on it",
            note,
        ),
        obligation="O9",
    )


def claim_failed(span: Span | None, message: str, values: Sequence[str], where: str) -> Diagnostic:
    """GFS130: an `assert` about counts does not hold."""
    said = f": {message}" if message else ""
    return Diagnostic(
        "GFS130",
        Severity.ERROR,
        f"assert failed{where}{said}",
        _label(span, ", ".join(values)),
    )


def claim_open(span: Span | None, where: str) -> Diagnostic:
    """GFS130 as a note: too many states to count at this point."""
    return Diagnostic(
        "GFS130",
        Severity.NOTE,
        f"assert not checked{where}: the states were not counted",
        _label(span),
        notes=("`compile` and `run` check it if the environment can be enumerated",),
    )
