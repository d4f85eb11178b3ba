"""Diagnostics of the passes that invert actions; one builder for each finding."""

from __future__ import annotations

from collections.abc import Sequence

from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.source import Span
from gflowspec.ir.environment import Action, Effect, EffectKind


def label(span: Span | None, text: str = "") -> Label | None:
    """A label, if there is a place for it."""
    return None if span is None else Label(span, text)


def labels(*items: Label | None) -> tuple[Label, ...]:
    """Those that have a place."""
    return tuple(item for item in items if item is not None)


def irreversible(
    action: Action, effect: Effect, location: str, collision: Sequence[str], fillable: bool
) -> Diagnostic:
    """GFS302: an assignment forgets what it overwrites."""
    notes = tuple(collision)
    helps = [f"pin the old value in the guard, for example `when {location} == 0`"]
    if fillable:
        helps.insert(0, f"make it a slot (`T?`) and fill it with `{location} := ...`")
    return Diagnostic(
        "GFS302",
        Severity.ERROR,
        f"action `{action.name}` cannot be undone: the old value of `{location}` is lost",
        primary=label(effect.span, "overwrites a value that nothing remembers"),
        notes=notes,
        helps=tuple(helps),
        obligation="O3",
        strength="failed",
    )


def not_a_slot(action: Action, effect: Effect, location: str) -> Diagnostic:
    """GFS302: ``:=`` on something that is never empty."""
    return Diagnostic(
        "GFS302",
        Severity.ERROR,
        f"action `{action.name}` cannot be undone: `{location}` is not a slot",
        primary=label(effect.span, "`:=` fills an empty slot"),
        helps=("give the variable a slot type, `T?`",),
        obligation="O3",
        strength="failed",
    )


def overlapping(
    action: Action, first: Effect, second: Effect, location: str, separable: Sequence[str]
) -> Diagnostic:
    """GFS303: two effects may write one location; two insertions into one sequence always do."""
    helps = tuple(f"separate them in the guard: `{condition}`" for condition in separable)
    message = f"two effects of action `{action.name}` may write the same location of `{location}`"
    if second.kind is EffectKind.INSERT:
        message = f"two effects of action `{action.name}` insert into `{location}`"
        helps = ("make two actions of it: each insertion moves what the other one writes",)
    return Diagnostic(
        "GFS303",
        Severity.ERROR,
        message,
        primary=label(second.span, "writes it again"),
        related=labels(label(first.span, "first written here")),
        notes=("effects are simultaneous, so none of them comes last",),
        helps=helps,
        obligation="O3",
        strength="failed",
    )


def zero_amount(action: Action, effect: Effect, example: str) -> Diagnostic:
    """GFS304: an increment that may change nothing."""
    return Diagnostic(
        "GFS304",
        Severity.ERROR,
        f"the amount of an effect of action `{action.name}` may be 0",
        primary=label(effect.span, example),
        notes=("an action that changes nothing is a loop",),
        helps=("leave 0 out of the domain of the amount, or exclude it in the guard",),
        obligation="O2",
        strength="failed",
    )


def circular_recovery(
    action: Action, effects: Sequence[Effect], names: Sequence[str]
) -> Diagnostic:
    """GFS306: each old value is needed to find another one."""
    joined = " and ".join(f"`{name}`" for name in names)
    if len(names) == 1:
        message = f"undoing action `{action.name}` needs the old value of {joined} to find it"
    else:
        message = f"undoing action `{action.name}` needs the old values of {joined} of each other"
    return Diagnostic(
        "GFS306",
        Severity.ERROR,
        message,
        primary=label(effects[0].span, "its place or amount reads what the action changes"),
        related=labels(*(label(effect.span, "and so does this one") for effect in effects[1:])),
        helps=("let a binder of the action name the place or the amount instead",),
        obligation="O3",
        strength="failed",
    )
