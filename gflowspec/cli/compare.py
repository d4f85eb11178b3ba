"""``gflowspec compare``: runs beside each other, over seeds, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import verb
from gflowspec.cli.output import Output
from gflowspec.cli.tables import cell, columns
from gflowspec.cli.usage import usage
from gflowspec.core.errors import SpecInvalid, UsageError
from gflowspec.tracking.project import Project, unwritable

if TYPE_CHECKING:
    from gflowspec.runs.comparison.compare import Comparison, Outcome, Summary


@click.command("compare")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--task", default=None, metavar="HASH", help="Only runs of this task.")
@click.option(
    "--by", multiple=True, metavar="PATH",
    help="Group by this setting; repeatable. Left out: by all that vary, seeds aside.",
)  # fmt: skip
@click.option(
    "--metric", "metrics", multiple=True, metavar="NAME",
    help="Show this metric; repeatable, the first one is drawn and its curve measured.",
)  # fmt: skip
@click.option(
    "--against", default=None, metavar="PATH=VALUE",
    help="Differences by seed from the groups with this value.",
)  # fmt: skip
@click.option(
    "--arm", "arms", multiple=True, metavar="VALUE",
    help="Only differences of the groups with this value from those of --against; repeatable.",
)  # fmt: skip
@click.option(
    "--reach", type=float, default=None, metavar="VALUE",
    help="Trajectories, and seconds of training, until the first metric reaches this value.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Compare runs of different tasks.")
@click.option("-o", "folder", default=None, metavar="DIR", help="Draw curves and outcomes there.")
@verb
def compare(
    output: Output,
    runs: tuple[str, ...],
    task: str | None,
    by: tuple[str, ...],
    metrics: tuple[str, ...],
    against: str | None,
    arms: tuple[str, ...],
    reach: float | None,
    force: bool,
    folder: str | None,
) -> Answer:
    """Compare runs, or the runs of a sweep, with seeds taken together.

    Intervals are 95 % bootstrap intervals over seeds. Of two groups one is called better only if
    the interval of their difference and a corrected test say so.
    """
    from gflowspec.runs.comparison import compare as comparing
    from gflowspec.runs.comparison.gather import gather, runs_of

    rows, found = gather(runs_of(runs, Project.find()), task=task, force=force)
    question = comparing.Question(
        by=by, metrics=metrics, against=setting_of(against), arms=arms, reach=reach
    )
    made = comparing.compare(rows, question)
    files = [] if folder is None else _draw(made, Path(folder), " ".join(runs), question.against)
    tasks = dict.fromkeys(row.hashes["task"] for row in rows)
    return Answer(
        payload={
            "task": ", ".join(tasks),
            "by": list(made.by),
            "primary": made.primary,
            "span": made.span,
            "groups": [item.plain() for item in made.groups],
            "differences": [item.plain() for item in made.contrasts],
            "files": [str(path) for path in files],
        },
        text=text_of(made, files),
        diagnostics=(*found, *made.diagnostics),
        with_diagnostics=True,
    )


def setting_of(text: str | None) -> tuple[str, str] | None:
    """``PATH=VALUE`` as a pair.

    Raises:
        UsageError: It is no such pair (GFS600).
    """
    if text is None:
        return None
    path, equals, value = text.partition("=")
    if not equals or not path.strip() or not value.strip():
        helps = ["write --against policy.backward=uniform"]
        raise UsageError(usage("GFS600", f"`{text}` is no PATH=VALUE", helps=helps))
    return path.strip(), value.strip()


def _draw(
    made: Comparison, folder: Path, heading: str, against: tuple[str, str] | None
) -> Sequence[Path]:
    from gflowspec.runs.comparison.pictures import draw

    try:
        return draw(made, folder, heading, None if against is None else against[0])
    except OSError as error:
        raise SpecInvalid((unwritable(folder, error),)) from error


def text_of(made: Comparison, files: Sequence[Path]) -> str:
    """Tables for people."""
    names = list(dict.fromkeys(name for item in made.groups for name in item.outcomes))
    names.sort(key=lambda name: name != made.primary)
    rows = [
        [*item.group.by.values(), len(item.group.rows), *(_shown(item, name) for name in names)]
        for item in made.groups
    ]
    parts = [columns(rows, (*made.by, "runs", *names))]
    if any(item.crossings for item in made.groups):
        parts.append(_reached(made))
    if made.span is not None:
        start, end = made.span
        parts.append(f"areas are over log trajectories, from {start:,.0f} to {end:,.0f}")
    if made.contrasts:
        parts.append(_differences(made))
    if files:
        parts.append("\n".join(f"drawn: {path}" for path in files))
    return "\n\n".join(parts)


def _shown(item: Summary, name: str) -> str:
    return interval(item.outcomes[name]) if name in item.outcomes else "-"


def interval(outcome: Outcome) -> str:
    """``0.123 [0.110, 0.140]``."""
    low, high = outcome.mean.low, outcome.mean.high
    ends = "" if low is None or high is None else f" [{cell(low)}, {cell(high)}]"
    return f"{cell(outcome.mean.value)}{ends}"


def _reached(made: Comparison) -> str:
    rows = []
    for item in made.groups:
        reach: dict[str, Any] = item.plain().get("reach", {})
        if not reach:
            continue
        median = reach["median"]
        shown = f"{median:,.0f}" if median is not None else f"> {reach['beyond']:,.0f}"
        seconds = "-" if reach["seconds"] is None else f"{reach['seconds']:,.1f}"
        never = f"{reach['censored']} of {reach['n']}"
        rows.append([*item.group.by.values(), shown, seconds, never])
    header = ("median trajectories", "median seconds", "never reached")
    return columns(rows, (*made.by, *header))


def _differences(made: Comparison) -> str:
    rows = []
    for item in made.contrasts:
        delta = item.difference.estimate
        ends = "" if delta.low is None else f" [{cell(delta.low)}, {cell(delta.high)}]"
        said = item.plain()["verdict"]
        if said == "undecided":
            said += f" ({delta.n} pairs can reach p = {item.difference.least_p:.2g})"
        rows.append(
            [
                item.outcome,
                f"{item.group.name} - {item.baseline.name}",
                f"{cell(delta.value)}{ends}",
                f"{item.difference.improved:.0%}",
                item.adjusted_p,
                said,
            ]
        )
    header = ("outcome", "difference", "mean by seed", "improved", "p (Holm)", "verdict")
    return columns(rows, header)
