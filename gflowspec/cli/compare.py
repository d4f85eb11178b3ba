"""``gflowspec compare``: finished runs side by side, seeds aggregated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import verb
from gflowspec.cli.output import Output
from gflowspec.cli.tables import cell, columns
from gflowspec.cli.usage import usage
from gflowspec.core.errors import UsageError

if TYPE_CHECKING:
    from gflowspec.runs.comparison import Comparison, Contrast, Group
    from gflowspec.statistics.estimates import Estimate
    from gflowspec.tracking.project import Project
    from gflowspec.tracking.rundir import Run


@click.command("compare")
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option("--sweep", default=None, metavar="NAME", help="The runs of a sweep.")
@click.option("--task", default=None, metavar="HASH", help="Only runs of this task.")
@click.option(
    "--by", multiple=True, metavar="PATH", help="Settings that tell groups apart; repeatable."
)
@click.option(
    "--metric", "metrics", multiple=True, metavar="M", help="What to compare; repeatable."
)
@click.option("--threshold", type=float, default=0.05, help="Of the exact TV, for arrivals.")
@click.option("--force", is_flag=True, help="Compare runs with different targets.")
@click.option("-o", "--output", "target", default=None, metavar="FILE", help="Draw curves there.")
@verb
def compare(
    output: Output,
    runs: tuple[str, ...],
    sweep: str | None,
    task: str | None,
    by: tuple[str, ...],
    metrics: tuple[str, ...],
    threshold: float,
    force: bool,
    target: str | None,
) -> Answer:
    """Compare finished runs: means over seeds with intervals, and differences paired by seed.

    RUN may be the name of an experiment, which stands for all of its runs.
    """
    from gflowspec.runs.comparison import compare as compared
    from gflowspec.tracking.project import Project

    del output
    chosen = _chosen(Project.find(), runs, sweep)
    if task is not None:
        chosen = [run for run in chosen if task in run.info.hashes.get("task", "")]
    found = compared(chosen, by=by, metrics=metrics, threshold=threshold, force=force)
    file = None if target is None else _draw(found, Path(target))
    return Answer(
        payload={
            "task": found.task,
            "groups": [_group(found, group) for group in found.groups],
            "differences": [_contrast(item) for item in found.contrasts],
            "file": None if file is None else str(file),
        },
        text=_text(found, file),
        diagnostics=found.diagnostics,
        with_diagnostics=True,
    )


def _chosen(project: Project, names: Sequence[str], sweep: str | None) -> list[Run]:
    from gflowspec.runs.sweep import hashes_of

    everything = project.runs()
    found: list[Run] = []
    if sweep is not None:
        wanted = hashes_of(project, sweep)
        found += [run for run in everything if run.info.hashes.get("run") in wanted]
    for name in names:
        same = [run for run in everything if run.info.experiment == name]
        found += same or [project.find_run(name)]
    if not names and sweep is None:
        message = "compare what? Name runs, experiments, or a sweep"
        helps = ("`gflowspec ls` lists the runs of this project",)
        raise UsageError(usage("GFS600", message, helps=helps))
    return found


def _group(found: Comparison, group: Group) -> dict[str, Any]:
    arrived = [x.arrived for x in group.members if x.arrived is not None]
    return {
        "by": dict(group.by),
        "runs": len(group.members),
        "seeds": [x.seed for x in group.members],
        "metrics": {name: attrs.asdict(item) for name, item in group.metrics.items()},
        "reached": {"threshold": found.threshold, "runs": len(arrived), "trajectories": arrived},
    }


def _contrast(item: Contrast) -> dict[str, Any]:
    found = item.difference
    return {
        "metric": item.metric,
        "by": dict(item.group.by),
        "baseline": dict(item.baseline.by),
        "difference": attrs.asdict(found.difference),
        "improvement": found.improvement,
        "p": found.p,
        "p_holm": found.p_holm,
        "verdict": found.verdict,
    }


def _text(found: Comparison, file: Path | None) -> str:
    parts = [_means(found)]
    if found.contrasts:
        parts.append(_differences(found))
    if file is not None:
        parts.append(f"wrote {file}")
    return "\n\n".join(parts)


def _means(found: Comparison) -> str:
    curves = any(x.curve is not None for group in found.groups for x in group.members)
    header = [*found.by, "runs", *found.metrics]
    header += [f"TV <= {found.threshold:g}"] if curves else []
    rows = []
    for group in found.groups:
        row: list[Any] = [*group.by.values(), len(group.members)]
        row += [_with_interval(group.metrics.get(name)) for name in found.metrics]
        rows.append(row + ([_arrivals(group)] if curves else []))
    return columns(rows, header)


def _with_interval(found: Estimate | None) -> str:
    if found is None:
        return "-"
    if found.low is None or found.high is None:
        return cell(found.mean)
    return f"{cell(found.mean)} [{cell(found.low)}, {cell(found.high)}]"


def _arrivals(group: Group) -> str:
    """``4 of 5, at 12,345 trajectories``: the mean of those that arrived."""
    arrived = [x.arrived for x in group.members if x.arrived is not None]
    counted = f"{len(arrived)} of {len(group.members)}"
    if not arrived:
        return counted
    return f"{counted}, at {sum(arrived) / len(arrived):,.0f} trajectories"


def _differences(found: Comparison) -> str:
    baseline = found.groups[0].name
    rows = [
        [
            item.metric,
            item.group.name,
            _with_interval(item.difference.difference),
            item.difference.difference.n,
            item.difference.improvement,
            item.difference.p_holm,
            item.difference.verdict,
        ]
        for item in found.contrasts
    ]
    header = ("metric", f"less {baseline}", "difference", "pairs", "P(lower)", "p (Holm)", "")
    return columns(rows, header)


def _draw(found: Comparison, path: Path) -> Path:
    from gflowspec.tracking.plots.comparison import learning_curves

    bands = dict(_bands(found.groups))
    if not bands:
        message = "no run has a curve of the exact TV to draw"
        helps = ("track the runs, and add `evaluate { every 500 { metrics = [tv_exact()] } }`",)
        raise UsageError(usage("GFS607", message, helps=helps))
    infos = [x.run.info for group in found.groups for x in group.members]
    floors = {(info.floor, info.floor_samples) for info in infos if info.floor is not None}
    floor, samples = floors.pop() if len(floors) == 1 else (None, 0)
    learning_curves(
        path,
        bands,
        floor=floor,
        floor_words=f"TV of a perfect sampler over {samples:,} samples",
        heading=", ".join(dict.fromkeys(info.experiment for info in infos)),
    )
    return path


def _bands(groups: Iterable[Group]) -> Iterable[tuple[str, Any]]:
    from gflowspec.tracking.plots.comparison import Band

    for group in groups:
        curves = [x.curve for x in group.members if x.curve is not None]
        if not curves:
            continue
        shared = set.intersection(*(set(curve.trajectories) for curve in curves))
        x = sorted(shared)
        rows = [[dict(zip(c.trajectories, c.values, strict=True))[at] for at in x] for c in curves]
        if x:
            yield group.name, Band(x=x, values=rows)
