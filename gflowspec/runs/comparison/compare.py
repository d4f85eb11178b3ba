"""A comparison: groups with intervals, and differences against a baseline by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.errors import SpecInvalid
from gflowspec.runs.comparison import messages
from gflowspec.runs.comparison.groups import Group, grouped, problems, varied
from gflowspec.runs.comparison.rows import Row
from gflowspec.runs.directions import direction
from gflowspec.statistics.curves import (
    Crossing,
    area,
    first_crossing,
    median_crossing,
)
from gflowspec.statistics.intervals import Estimate, deviation, interquartile_mean, mean
from gflowspec.statistics.paired import Difference, Verdict, difference, holm, verdict


@attrs.frozen(kw_only=True)
class Question:
    """What is asked of the runs.

    Attributes:
        by: Settings that tell groups apart; empty means those that vary.
        metrics: Metrics of the table; empty means all with a better and a worse. The first is
            the primary one.
        against: A setting and the value of it that is the baseline.
        arms: Values of that setting that are set against the baseline; empty means all others.
            They are the family over which p-values are corrected.
        reach: Threshold of the primary metric whose first crossing is reported.
    """

    by: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    against: tuple[str, str] | None = None
    arms: tuple[str, ...] = ()
    reach: float | None = None


@attrs.frozen(kw_only=True)
class Outcome:
    """One number for each run of a group.

    Attributes:
        values: The numbers by seed; of several runs with one seed the last.
        mean: Their mean with its interval.
        middle: Their interquartile mean with its interval.
        std: Their standard deviation; None with one run.
    """

    values: Mapping[int, float]
    mean: Estimate
    middle: Estimate
    std: float | None

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "mean": self.mean.value,
            "std": self.std,
            "low": self.mean.low,
            "high": self.mean.high,
            "n": self.mean.n,
            "iqm": self.middle.plain(),
        }


@attrs.frozen(kw_only=True, eq=False)
class Summary:
    """A group in numbers.

    Attributes:
        group: Its runs.
        outcomes: By name: metrics, and ``auc(metric)`` of their curves.
        crossings: Of the primary metric, for each run; empty if not asked for.
    """

    group: Group
    outcomes: Mapping[str, Outcome]
    crossings: tuple[Crossing, ...] = ()

    def plain(self) -> dict[str, Any]:
        """One of ``groups`` of ``compare --format json``."""
        plain: dict[str, Any] = {
            "by": dict(self.group.by),
            "runs": len(self.group.rows),
            "seeds": sorted(self.group.seeds),
            "metrics": {name: item.plain() for name, item in self.outcomes.items()},
        }
        if self.crossings:
            middle = median_crossing(self.crossings)
            plain["reach"] = {
                "median": None if middle.censored else middle.at,
                "censored": sum(item.censored for item in self.crossings),
                "n": len(self.crossings),
                "beyond": middle.at if middle.censored else None,
                "seconds": _median_seconds(self.crossings),
            }
        return plain


def _median_seconds(crossings: Sequence[Crossing]) -> float | None:
    """Of training until the threshold; None where they are not known, or half never reach it."""
    known = [attrs.evolve(item, at=item.seconds) for item in crossings if item.seconds is not None]
    if len(known) < len(crossings):
        return None
    middle = median_crossing(known)
    return None if middle.censored else middle.at


@attrs.frozen(kw_only=True, eq=False)
class Contrast:
    """A group against its baseline, in one outcome.

    Attributes:
        group: The group.
        baseline: The group that differs from it in the setting in question only.
        outcome: Name of the outcome.
        difference: Group minus baseline, by seed.
        adjusted_p: Its p within the family of all contrasts of this outcome (Holm).
        verdict: What may be said.
        at_floor: Whether both are at the noise floor of their samples; then nothing is said.
    """

    group: Group
    baseline: Group
    outcome: str
    difference: Difference
    adjusted_p: float | None
    verdict: Verdict
    at_floor: bool = False

    def plain(self) -> dict[str, Any]:
        """One of ``differences`` of ``compare --format json``."""
        found = self.difference
        return {
            "by": dict(self.group.by),
            "against": dict(self.baseline.by),
            "outcome": self.outcome,
            "difference": found.estimate.plain(),
            "improved": found.improved,
            "p": found.p,
            "adjusted_p": self.adjusted_p,
            "least_p": found.least_p,
            "verdict": "at the noise floor" if self.at_floor else str(self.verdict),
        }


@attrs.frozen(kw_only=True, eq=False)
class Comparison:
    """The answer.

    Attributes:
        by: Settings that tell groups apart.
        primary: The outcome that was fixed first: the area under the curve of the first metric,
            or its last value without curves.
        metric: The first metric.
        span: Trajectories from and to which areas are taken; None without curves.
        groups: In the order of their first runs.
        contrasts: Of every outcome; empty without a baseline.
        diagnostics: Warnings.
    """

    by: tuple[str, ...]
    primary: str
    metric: str
    span: tuple[float, float] | None
    groups: tuple[Summary, ...]
    contrasts: tuple[Contrast, ...]
    diagnostics: tuple[Diagnostic, ...]


def compare(rows: Sequence[Row], question: Question) -> Comparison:
    """Group runs over their seeds, and tell groups apart where that can be done.

    Raises:
        SpecInvalid: A setting, a metric or the baseline is in none of the runs (GFS423).
    """
    by = question.by or varied(rows)
    question = _as_recorded(rows, question)
    _demand(rows, by, question)
    metrics = question.metrics or _ranked(rows)
    if not metrics:
        raise SpecInvalid((messages.nothing("no metric has a better and a worse"),))
    groups = grouped(rows, by)
    span = _span(rows, metrics[0])
    summaries = tuple(_summary(group, metrics, span, question.reach) for group in groups)
    area_name = f"auc({metrics[0]})"
    has_area = span is not None and all(area_name in item.outcomes for item in summaries)
    found = list(problems(groups))
    contrasts: tuple[Contrast, ...] = ()
    if question.against is not None:
        contrasts = _contrasts(summaries, question.against, question.arms)
        for name in dict.fromkeys(item.outcome for item in contrasts if item.at_floor):
            names = [c.group.name for c in contrasts if c.outcome == name and c.at_floor]
            found.append(messages.at_the_floor(name, names))
    return Comparison(
        by=tuple(by),
        primary=area_name if has_area else metrics[0],
        metric=metrics[0],
        span=span,
        groups=summaries,
        contrasts=contrasts,
        diagnostics=tuple(found),
    )


def _as_recorded(rows: Sequence[Row], question: Question) -> Question:
    """Baseline and arms as the runs write them: the baseline 0 may stand there as 0.0."""
    if question.against is None:
        return question
    path, value = question.against
    values = sorted({row.settings[path] for row in rows if path in row.settings})
    return attrs.evolve(
        question,
        against=(path, _recorded(value, values)),
        arms=tuple(_recorded(arm, values) for arm in question.arms),
    )


def _recorded(wanted: str, values: Sequence[str]) -> str:
    """The one of the values that is the same text, or the same number, if there is one."""
    same = (value for value in values if _number(value) == _number(wanted) is not None)
    return wanted if wanted in values else next(same, wanted)


def _number(text: str) -> float | None:
    try:
        return float(text.replace("_", ""))
    except ValueError:
        return None


def _demand(rows: Sequence[Row], by: Sequence[str], question: Question) -> None:
    known = sorted({name for row in rows for name in row.values})
    for path in by:
        if not any(path in row.settings for row in rows):
            raise SpecInvalid((messages.nothing(f"no run has a setting `{path}`"),))
    for name in question.metrics:
        if not any(name in row.values or name in row.curves for row in rows):
            reason = f"no run has a metric `{name}`"
            raise SpecInvalid((messages.nothing(reason, [f"they have {', '.join(known)}"]),))
    if question.against is not None:
        path, value = question.against
        values = sorted({row.settings[path] for row in rows if path in row.settings})
        absent = [wanted for wanted in (value, *question.arms) if wanted not in values]
        if path not in by or absent:
            value = absent[0] if absent else value
            shown = f"`{path}` is {', '.join(values)}" if values else f"no run has `{path}`"
            reason = f"no group has {path} = {value}"
            groups = f"groups are by {', '.join(by)}" if by else "all runs are in one group"
            raise SpecInvalid((messages.nothing(reason, [shown, groups]),))


def _ranked(rows: Sequence[Row]) -> tuple[str, ...]:
    """Metrics that all runs have and that have a better and a worse, exact TV first."""
    common = [
        name
        for name in rows[0].values
        if direction(name) and all(name in row.values for row in rows)
    ]
    return tuple(sorted(common, key=lambda name: name != "tv_exact"))


def _span(rows: Sequence[Row], metric: str) -> tuple[float, float] | None:
    """The trajectories that the curves of all runs cover."""
    curves = [row.curves.get(metric) for row in rows]
    starts = [curve.at[0] for curve in curves if curve is not None]
    ends = [curve.at[-1] for curve in curves if curve is not None]
    if not starts or len(starts) < len(rows) or max(starts) >= min(ends):
        return None
    return float(max(starts)), float(min(ends))


def _summary(
    group: Group, metrics: Sequence[str], span: tuple[float, float] | None, reach: float | None
) -> Summary:
    primary = metrics[0]
    found: dict[str, dict[int, float]] = {}
    for row in group.rows:
        for name in metrics:
            if name in row.values:
                found.setdefault(name, {})[row.seed] = row.values[name]
        if span is not None:
            area_of = area(row.curves[primary], *span)
            found.setdefault(f"auc({primary})", {})[row.seed] = area_of
        for name in metrics:
            if f"{name}.floor" in row.values:
                floors = found.setdefault(f"{name}.floor", {})
                floors[row.seed] = row.values[f"{name}.floor"]
    crossings: tuple[Crossing, ...] = ()
    if reach is not None:
        falling = direction(primary) <= 0
        crossings = tuple(
            first_crossing(row.curves[primary], reach, falling=falling, seconds=row.seconds)
            for row in group.rows
            if primary in row.curves
        )
    outcomes = {name: _outcome(values) for name, values in found.items()}
    return Summary(group=group, outcomes=outcomes, crossings=crossings)


def _outcome(values: Mapping[int, float]) -> Outcome:
    numbers = list(values.values())
    return Outcome(
        values=dict(values),
        mean=mean(numbers),
        middle=interquartile_mean(numbers),
        std=deviation(numbers),
    )


def _contrasts(
    summaries: Sequence[Summary], against: tuple[str, str], arms: Sequence[str]
) -> tuple[Contrast, ...]:
    path, value = against
    by_values = {tuple(item.group.by.items()): item for item in summaries}
    pairs = []
    for item in summaries:
        if item.group.by[path] == value or (arms and item.group.by[path] not in arms):
            continue
        other = by_values.get(tuple({**item.group.by, path: value}.items()))
        if other is not None:
            pairs.append((item, other))
    names = dict.fromkeys(name for item, _ in pairs for name in item.outcomes)
    families = [_family(pairs, name) for name in names if _sense(name)]
    return tuple(contrast for family in families for contrast in family)


def _sense(outcome: str) -> int:
    """Which way an outcome is better; of a signed error neither, since its mean may cancel."""
    metric = outcome.removeprefix("auc(").removesuffix(")")
    return 0 if metric.startswith("logz_error") else direction(metric)


def _family(pairs: Sequence[tuple[Summary, Summary]], name: str) -> list[Contrast]:
    """All contrasts of one outcome, corrected together."""
    up = _sense(name) > 0
    found = []
    for item, other in pairs:
        if name not in item.outcomes or name not in other.outcomes:
            continue
        delta = difference(
            item.outcomes[name].values, other.outcomes[name].values, larger_is_better=up
        )
        if delta is not None:
            found.append((item, other, delta))
    tested = [place for place, (_, _, delta) in enumerate(found) if delta.p is not None]
    corrected = holm([p for *_, delta in found if (p := delta.p) is not None])
    adjusted = dict(zip(tested, corrected, strict=True))
    return [
        Contrast(
            group=item.group,
            baseline=other.group,
            outcome=name,
            difference=delta,
            adjusted_p=adjusted.get(place),
            verdict=verdict(delta, adjusted.get(place), larger_is_better=up),
            at_floor=_at_floor(item, name) and _at_floor(other, name),
        )
        for place, (item, other, delta) in enumerate(found)
    ]


def _at_floor(summary: Summary, name: str) -> bool:
    """Whether a sampled value is within two standard deviations of its floor."""
    floor, outcome = summary.outcomes.get(f"{name}.floor"), summary.outcomes[name]
    if floor is None:
        return False
    return outcome.mean.value <= floor.mean.value + 2 * (outcome.std or 0.0)
