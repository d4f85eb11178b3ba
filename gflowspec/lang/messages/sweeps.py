"""Diagnostics about sweeps: one builder for each."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.source import Span
from gflowspec.lang.messages.names import suggestion, unknown_choice
from gflowspec.lang.nearest import nearest

_SIGNATURES = {
    "uniform": "uniform(low, high)",
    "log_uniform": "log_uniform(low, high)",
    "int_uniform": "int_uniform(low, high)",
    "choice": "choice([a, b, ...])",
}


def unknown_path(span: Span, path: str, known: Iterable[str]) -> Diagnostic:
    """GFS406."""
    label, fixes = suggestion(span, nearest(path, known))
    message = f"the sweep moves `{path}`, which is no setting"
    return Diagnostic("GFS406", Severity.ERROR, message, Label(span, label), fixes=fixes)


def lengths_differ(span: Span, paths: int, values: int) -> Diagnostic:
    """GFS407: a row of ``zip``."""
    have = "1 value" if values == 1 else f"{values} values"
    message = f"`zip` moves {paths} settings, but this row has {have}"
    return Diagnostic("GFS407", Severity.ERROR, message, Label(span))


def empty(span: Span, reason: str) -> Diagnostic:
    """GFS408: ``reason`` says why no run is left."""
    return Diagnostic("GFS408", Severity.ERROR, f"the sweep is empty: {reason}", Label(span))


def many_runs(span: Span, name: str, runs: str, limit: int) -> Diagnostic:
    """GFS409 as a warning: a sweep that is to be confirmed."""
    message = f"sweep `{name}` has {runs} runs, more than {limit:,}"
    helps = ("running it needs `--yes`",)
    return Diagnostic("GFS409", Severity.WARNING, message, Label(span), helps=helps)


def too_many_points(span: Span, name: str, points: int, limit: int) -> Diagnostic:
    """GFS409 as an error: a sweep that is not even listed."""
    message = f"sweep `{name}` has {points:,} points; at most {limit:,} can be listed"
    helps = ("split it, or draw some of them: `sample path ~ choice([...])  samples 100`",)
    return Diagnostic("GFS409", Severity.ERROR, message, Label(span), helps=helps)


def no_list(span: Span) -> Diagnostic:
    """GFS120: what a sweep goes through is a list or a range."""
    helps = (f"write `[{span.text}]`",)
    message = "a sweep goes through a list, such as `[1, 2]`, or a range, such as `1..3`"
    return Diagnostic("GFS120", Severity.ERROR, message, Label(span), helps=helps)


def no_seed(span: Span) -> Diagnostic:
    """GFS120: ``seeds`` and ``seed``."""
    message = "a seed is an integer from 0 to 2^63 - 1"
    return Diagnostic("GFS120", Severity.ERROR, message, Label(span))


def no_count(span: Span) -> Diagnostic:
    """GFS120: ``samples``."""
    message = "`samples` needs the number of points to draw, an integer"
    return Diagnostic("GFS120", Severity.ERROR, message, Label(span))


def samples_missing(span: Span) -> Diagnostic:
    """GFS112: ``sample`` lines without ``samples``."""
    message = "how many points are to be drawn is not said"
    helps = ("add a line `samples 20`",)
    return Diagnostic("GFS112", Severity.ERROR, message, Label(span), helps=helps)


def nothing_sampled(span: Span) -> Diagnostic:
    """GFS112: ``samples`` without a ``sample`` line."""
    message = "`samples` draws points, but no `sample` line says of what"
    helps = ("add a line such as `sample train.optimizer.lr ~ log_uniform(1e-4, 1e-2)`",)
    return Diagnostic("GFS112", Severity.ERROR, message, Label(span), helps=helps)


def unknown_distribution(span: Span, name: str, known: Iterable[str]) -> Diagnostic:
    """GFS101."""
    return unknown_choice(span, "distribution", name, known)


def distribution_arguments(span: Span, name: str) -> Diagnostic:
    """GFS120."""
    message = f"this is no argument list of `{name}`"
    helps = (f"it is written `{_SIGNATURES[name]}`",)
    return Diagnostic("GFS120", Severity.ERROR, message, Label(span), helps=helps)


def distribution_range(span: Span, reason: str) -> Diagnostic:
    """GFS121."""
    return Diagnostic("GFS121", Severity.ERROR, f"nothing can be drawn: {reason}", Label(span))


def line_twice(span: Span, what: str, first: Span) -> Diagnostic:
    """GFS113: ``seeds`` and ``samples`` stand once."""
    related = (Label(first, "first here"),)
    message = f"`{what}` stands twice in this sweep"
    return Diagnostic("GFS113", Severity.ERROR, message, Label(span), related)


def no_constructor_test(span: Span) -> Diagnostic:
    """GFS120: what stands around ``is``."""
    message = "`is` compares the constructor of a setting with a name"
    helps = ("write `policy.backward is uniform`; values are compared with `==`",)
    return Diagnostic("GFS120", Severity.ERROR, message, Label(span), helps=helps)


def no_condition(span: Span) -> Diagnostic:
    """GFS120: what ``skip when`` needs."""
    message = "`skip when` needs a condition"
    return Diagnostic("GFS120", Severity.ERROR, message, Label(span))


def not_comparable(span: Span, left: str, right: str) -> Diagnostic:
    """GFS120: values without an order."""
    message = f"`{left}` and `{right}` have no order"
    return Diagnostic("GFS120", Severity.ERROR, message, Label(span))


def unknown_constructor(span: Span, what: str, name: str, known: Iterable[str]) -> Diagnostic:
    """GFS101: right of ``is``."""
    return unknown_choice(span, what, name, known)


def unknown_in_condition(span: Span, path: str, known: Iterable[str]) -> Diagnostic:
    """GFS406: a path in ``skip when`` that no point has."""
    label, fixes = suggestion(span, nearest(path, known))
    message = f"`skip when` reads `{path}`, which is no setting"
    return Diagnostic("GFS406", Severity.ERROR, message, Label(span, label), fixes=fixes)


def at_point(problem: Diagnostic, point: str, points: int, skip: str) -> Diagnostic:
    """A finding that only some points of a sweep have.

    Args:
        problem: The finding.
        point: The first of them, in words.
        points: How many have it.
        skip: A condition that leaves the first out; empty if there is none.
    """
    more = f" and {points - 1:,} more" if points > 1 else ""
    helps = (*problem.helps, f"leave such points out: `skip when {skip}`") if skip else ()
    notes = (*problem.notes, f"at the point {point}{more}")
    return attrs.evolve(problem, notes=notes, helps=helps or problem.helps)
