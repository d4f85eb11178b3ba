"""A replication report: what was asked, what was found, and what it says about a claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from gflowspec.runs.comparison.compare import Comparison, Contrast, Outcome
from gflowspec.runs.comparison.document import (
    Block,
    Commands,
    Heading,
    Picture,
    Points,
    Table,
    Text,
)
from gflowspec.runs.comparison.rows import Row
from gflowspec.statistics.intervals import Estimate
from gflowspec.statistics.paired import ALPHA, Verdict

#: What a difference says about the claim that the arm is better than its baseline.
CLAIMS = {
    Verdict.BETTER: "supported",
    Verdict.WORSE: "not supported",
    Verdict.UNDECIDED: "undecided at this budget",
    Verdict.NO_DIFFERENCE: "undecided at this budget: no difference found",
}
#: Settings that say what was trained, where they are the same in all runs.
_SHOWN = (
    "environment", "reward", "objective", "policy.encoder", "policy.forward", "policy.backward",
    "policy.share", "replay", "train.",
)  # fmt: skip
_HIDDEN = ("train.seed", "train.budget", "train.checkpoint_every", "train.device")


@attrs.frozen(kw_only=True)
class Origin:
    """Where a report comes from, as anyone can repeat it.

    Attributes:
        title: Its heading.
        commands: Commands that make it, in order.
        made: Version, commit and day, in words.
    """

    title: str
    commands: Sequence[str]
    made: str


def claims(found: Comparison) -> tuple[dict[str, Any], ...]:
    """The claim, panel by panel, in the primary outcome."""
    return tuple(
        {
            "panel": panel_of(item),
            "sign": sign(item.difference.estimate.value),
            "claim": claim_of(item),
            **item.plain(),
        }
        for item in found.contrasts
        if item.outcome == found.primary
    )


def panel_of(item: Contrast) -> str:
    """What an arm and its baseline have in common, and the arm."""
    common = [v for path, v in item.group.by.items() if v == item.baseline.by[path]]
    own = [v for path, v in item.group.by.items() if v != item.baseline.by[path]]
    other = [v for path, v in item.baseline.by.items() if v != item.group.by[path]]
    words = f"{', '.join(own)} against {', '.join(other)}"
    return f"{', '.join(common)}: {words}" if common else words


def claim_of(item: Contrast) -> str:
    """``supported``, ``not supported`` or ``undecided at this budget``, with a reason."""
    if item.at_floor:
        return "undecided at this budget: at the noise floor"
    said = CLAIMS[item.verdict]
    least = item.difference.least_p
    if item.verdict is Verdict.UNDECIDED and least > ALPHA:
        return f"{said}: {item.difference.estimate.n} pairs cannot give p < {least:.2g}"
    return said


def sign(value: float) -> str:
    """The sign of a difference."""
    return "0" if value == 0 else "+" if value > 0 else "−"


def report(
    found: Comparison, rows: Sequence[Row], origin: Origin, pictures: Sequence[Path]
) -> tuple[Block, ...]:
    """The report as a document.

    Args:
        found: The comparison.
        rows: Its runs.
        origin: Where it comes from.
        pictures: Those to show, without their endings.
    """
    settings = [(f"`{path}`", f"`{value}`") for path, value in constant(rows).items()]
    parts: list[Block] = [
        Heading(origin.title, 1),
        Commands(origin.commands),
        Text(origin.made),
        Heading("What was fixed before"),
        Text(_design(found)),
        Heading("Curves and outcomes"),
        *(Picture(path) for path in pictures),
        Heading("Over seeds"),
        _groups(found),
    ]
    if found.contrasts:
        heading = Heading("Differences by seed, and what they say")
        parts += [heading, _claims(found), Text(_legend(found))]
    if found.diagnostics:
        notes = [f"{item.code}: {item.message}" for item in found.diagnostics]
        parts += [Heading("To be kept in mind"), Points(notes)]
    parts += [Heading("Settings of all runs"), Table(("setting", "value"), settings)]
    return tuple(parts)


def _design(found: Comparison) -> str:
    seeds = sorted(frozenset().union(*(item.group.seeds for item in found.groups)))
    area = (
        ""
        if found.span is None
        else f", the mean height of `{found.metric}` over log trajectories from "
        f"{found.span[0]:,.0f} to {found.span[1]:,.0f}"
    )
    return (
        f"Primary outcome: `{found.primary}`{area}. Seeds: {', '.join(map(str, seeds))}; groups "
        "are paired by seed. Intervals are 95 % bootstrap intervals over seeds."
    )


def constant(rows: Sequence[Row]) -> dict[str, str]:
    """Settings that all runs share and that say what was trained."""
    first = rows[0].settings
    return {
        path: value
        for path, value in first.items()
        if any(path == shown or path.startswith(f"{shown.rstrip('.')}.") for shown in _SHOWN)
        and path not in _HIDDEN
        and all(row.settings.get(path) == value for row in rows)
    }


def _groups(found: Comparison) -> Table:
    names = list(dict.fromkeys(name for item in found.groups for name in item.outcomes))
    names.sort(key=lambda name: name != found.primary)
    rows = [
        (
            *item.group.by.values(),
            str(len(item.group.rows)),
            *(_shown(item.outcomes, name) for name in names),
        )
        for item in found.groups
    ]
    return Table((*(f"`{path}`" for path in found.by), "runs", *names), rows)


def _shown(outcomes: Mapping[str, Outcome], name: str) -> str:
    return interval(outcomes[name].mean) if name in outcomes else "–"


def interval(estimate: Estimate) -> str:
    """``0.123 [0.110, 0.140]``."""
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.4g}"
    return f"{estimate.value:.4g} [{estimate.low:.4g}, {estimate.high:.4g}]"


def _claims(found: Comparison) -> Table:
    rows = [
        (
            panel_of(item),
            sign(item.difference.estimate.value),
            interval(item.difference.estimate),
            f"{item.difference.improved:.0%}",
            "–" if item.adjusted_p is None else f"{item.adjusted_p:.3g}",
            claim_of(item),
        )
        for item in found.contrasts
        if item.outcome == found.primary
    ]
    header = ("panel", "sign", f"difference in {found.primary}", "better in", "p (Holm)", "claim")
    return Table(header, rows)


def _legend(found: Comparison) -> str:
    return (
        "The claim is that the arm is better than its baseline. It is supported, or not supported, "
        "if the interval of the difference lies on one side of zero and Wilcoxon's signed-rank p, "
        f"corrected over the {len(claims(found))} panels, is at most {ALPHA}; otherwise it is "
        "undecided at this budget."
    )
