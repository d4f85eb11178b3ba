"""Finished runs side by side: groups that differ in more than the seed, and their differences.

Nothing here needs torch or mlflow: results and curves are read from run directories.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.core.errors import UsageError
from gflowspec.statistics.curves import log_area, reached
from gflowspec.statistics.differences import Difference, holm, paired
from gflowspec.statistics.estimates import Estimate, estimate
from gflowspec.tracking.base import Status
from gflowspec.tracking.history import History
from gflowspec.tracking.rundir import Run

SEED = "train.seed"
#: Settings that do not make two runs different ones.
_INDIFFERENT = ("train.device", "train.budget", "train.checkpoint_every", "train.lowering")
#: Seeds below which an interval says little.
FEW = 5
#: The curve that areas and thresholds are about.
DISTANCE = "eval/tv_exact"


@attrs.frozen(kw_only=True)
class Curve:
    """A metric against the trajectories that training had sampled."""

    trajectories: tuple[float, ...]
    values: tuple[float, ...]


@attrs.frozen(kw_only=True)
class Member:
    """A run with what is compared of it.

    Attributes:
        run: Its directory.
        seed: ``train.seed``.
        metrics: Final values by name; ``tv_exact`` and ``kl_exact`` of enumerable environments,
            ``auc_tv`` the mean exact TV over the logarithm of trajectories.
        curve: Exact TV during training; None if it was not measured, or the run not tracked.
        arrived: Trajectories after which the exact TV stayed below the threshold; None if never.
    """

    run: Run
    seed: int
    metrics: Mapping[str, float]
    curve: Curve | None
    arrived: float | None


@attrs.frozen(kw_only=True)
class Group:
    """Runs that differ in their seed only.

    Attributes:
        by: The settings that tell groups apart, as texts.
        members: By seed.
        metrics: Means over seeds.
    """

    by: Mapping[str, str]
    members: tuple[Member, ...]
    metrics: Mapping[str, Estimate]

    @property
    def name(self) -> str:
        """Its settings in one line."""
        return ", ".join(self.by.values()) or "all"

    def values(self, metric: str) -> dict[int, float]:
        """By seed."""
        return {x.seed: x.metrics[metric] for x in self.members if metric in x.metrics}


@attrs.frozen(kw_only=True)
class Contrast:
    """A group less the first one, in one metric."""

    metric: str
    group: Group
    baseline: Group
    difference: Difference


@attrs.frozen(kw_only=True)
class Comparison:
    """Groups in the order of their first run.

    Attributes:
        task: Task hash of all runs; None if they have several.
        by: Paths of the settings that tell groups apart.
        metrics: Names of what is compared.
        threshold: Of the exact TV, for ``Member.arrived``.
        groups: At least one.
        contrasts: Every other group less the first one, corrected for their number.
        diagnostics: What was left out, and what is missing.
    """

    task: str | None
    by: tuple[str, ...]
    metrics: tuple[str, ...]
    threshold: float
    groups: tuple[Group, ...]
    contrasts: tuple[Contrast, ...]
    diagnostics: tuple[Diagnostic, ...]


def compare(
    runs: Iterable[Run],
    *,
    by: Sequence[str] = (),
    metrics: Sequence[str] = (),
    threshold: float = 0.05,
    force: bool = False,
) -> Comparison:
    """Group runs, and compare every group with the first.

    Args:
        runs: Any; those that did not finish are left out, with a warning.
        by: Settings that tell groups apart; found by themselves if none are given.
        metrics: Names; those that all groups have if none are given.
        threshold: Of the exact TV.
        force: Whether runs of several tasks may be compared.

    Raises:
        UsageError: There is nothing to compare, the runs have different targets, or no run has a
            metric.
    """
    ordered = sorted({run.directory: run for run in runs}.values(), key=lambda x: x.info.created)
    done = [run for run in ordered if run.info.status is Status.FINISHED]
    findings = [_left_out(run) for run in ordered if run not in done]
    if not done:
        raise UsageError(_usage("GFS602", "there are no finished runs to compare"))
    tasks = {run.info.hashes.get("task", "") for run in done}
    if len(tasks) > 1 and not force:
        raise UsageError(_several_tasks(done))
    paths = tuple(by) or differing([run.info.settings for run in done])
    newest: dict[tuple[tuple[str, ...], int], Member] = {}
    for run in done:
        member = _member(run, threshold)
        newest[tuple(_texts(run, paths).values()), member.seed] = member
    if len(newest) < len(done):
        findings.append(_older(len(done) - len(newest)))
    groups = _groups(newest.values(), paths)
    names = tuple(metrics) or _common(groups)
    unknown = [name for name in names if not any(g.values(name) for g in groups)]
    if unknown or not names:
        raise UsageError(_no_metric(unknown, groups))
    groups = tuple(attrs.evolve(g, metrics=_estimates(g, names)) for g in groups)
    return Comparison(
        task=tasks.pop() if len(tasks) == 1 else None,
        by=paths,
        metrics=names,
        threshold=threshold,
        groups=groups,
        contrasts=tuple(_contrasts(groups, names)),
        diagnostics=(*findings, *_about_seeds(groups)),
    )


def differing(settings: Sequence[Mapping[str, Mapping[str, Any]]]) -> tuple[str, ...]:
    """Paths whose values differ, the seed aside.

    An argument of a constructor counts only where runs with the same constructor differ in it.
    """
    paths = list(dict.fromkeys(path for item in settings for path in item))
    found = []
    for path in paths:
        if path == SEED or path in _INDIFFERENT or path.startswith(("track", "evaluate")):
            continue
        parent = path.rpartition(".")[0]
        values: dict[str, set[str]] = {}
        for item in settings:
            if path in item:
                holder = str(item[parent]["value"]) if parent in item else ""
                values.setdefault(holder, set()).add(str(item[path]["value"]))
        if any(len(items) > 1 for items in values.values()):
            found.append(path)
    return tuple(found)


def _texts(run: Run, paths: Iterable[str]) -> dict[str, str]:
    settings = run.info.settings
    return {path: str(settings[path]["value"]) if path in settings else "-" for path in paths}


def _member(run: Run, threshold: float) -> Member:
    info = run.info
    exact = info.exact or {}
    found: dict[str, float | None] = {f"{name}_exact": exact.get(name) for name in ("tv", "kl")}
    found |= {name: value for name, value in info.metrics.items() if "." not in name}
    found["log_z_error"] = info.log_z_error
    curve = _curve(run)
    if curve is not None:
        found["auc_tv"] = log_area(curve.trajectories, curve.values)
    metrics = {
        name: float(value)
        for name, value in found.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }
    seed = info.settings.get(SEED, {}).get("value", 0)
    arrived = None if curve is None else reached(curve.trajectories, curve.values, threshold)
    return Member(run=run, seed=int(seed), metrics=metrics, curve=curve, arrived=arrived)


def _curve(run: Run) -> Curve | None:
    """Exact TV from the journal of a run."""
    if not run.journal.is_file():
        return None
    batch = run.info.settings.get("train.batch", {}).get("value", 1)
    values = History.read(run.journal).values
    points = sorted((step, value) for (step, key), value in values.items() if key == DISTANCE)
    points = [(step, value) for step, value in points if step > 0 and math.isfinite(value)]
    if not points:
        return None
    return Curve(
        trajectories=tuple(float(step * int(batch)) for step, _ in points),
        values=tuple(value for _, value in points),
    )


def _groups(members: Iterable[Member], paths: Sequence[str]) -> tuple[Group, ...]:
    found: dict[tuple[str, ...], list[Member]] = {}
    for member in members:
        found.setdefault(tuple(_texts(member.run, paths).values()), []).append(member)
    return tuple(
        Group(
            by=dict(zip(paths, key, strict=True)),
            members=tuple(sorted(items, key=lambda member: member.seed)),
            metrics={},
        )
        for key, items in found.items()
    )


def _common(groups: Sequence[Group]) -> tuple[str, ...]:
    """Metrics that every group has, the exact distances first."""
    first = ("tv_exact", "kl_exact", "auc_tv", "log_z_error")
    names = dict.fromkeys(name for group in groups for x in group.members for name in x.metrics)
    ordered = [name for name in first if name in names]
    ordered += [name for name in names if name not in first and not name.endswith("_exact")]
    return tuple(name for name in ordered if all(group.values(name) for group in groups))


def _estimates(group: Group, names: Iterable[str]) -> dict[str, Estimate]:
    return {
        name: estimate(list(group.values(name).values())) for name in names if group.values(name)
    }


def _contrasts(groups: Sequence[Group], names: Iterable[str]) -> Iterable[Contrast]:
    baseline, *others = groups
    for name in names:
        pairs = [(x, paired(x.values(name), baseline.values(name))) for x in others]
        known = [(group, found) for group, found in pairs if found is not None]
        corrected = holm([found for _, found in known])
        for (group, _), found in zip(known, corrected, strict=True):
            yield Contrast(metric=name, group=group, baseline=baseline, difference=found)


# ---- findings ---------------------------------------------------------------------------------


def _usage(code: str, message: str, notes: Sequence[str] = (), *helps: str) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, notes=tuple(notes), helps=helps)


def _warning(code: str, message: str, *helps: str) -> Diagnostic:
    return Diagnostic(code, Severity.WARNING, message, helps=helps)


def _left_out(run: Run) -> Diagnostic:
    info = run.info
    how = info.outcome or ("still trains" if run.is_alive else "killed")
    message = f"{info.name} ({info.run_id}) is left out: {how}"
    return _warning("GFS605", message, f"finish it with `gflowspec resume {info.run_id}`")


def _older(count: int) -> Diagnostic:
    many = (
        "1 run is left out: a newer one has"
        if count == 1
        else (f"{count} runs are left out: newer ones have")
    )
    message = f"{many} the same seed in the same group"
    return _warning("GFS605", message, "tell more groups apart with `--by PATH`")


def _several_tasks(runs: Sequence[Run]) -> Diagnostic:
    tasks: dict[str, Run] = {}
    for run in runs:
        tasks.setdefault(run.info.hashes.get("task", ""), run)
    shown = [f"{key}: {run.info.name} ({run.info.run_id})" for key, run in tasks.items()]
    return _usage(
        "GFS606",
        f"the runs have {len(tasks)} different targets: their metrics do not compare",
        shown[:4],
        "choose one with `--task HASH`, or say `--force`",
    )


def _no_metric(unknown: Sequence[str], groups: Sequence[Group]) -> Diagnostic:
    known = dict.fromkeys(name for g in groups for x in g.members for name in x.metrics)
    what = f"no run has the metric `{unknown[0]}`" if unknown else "the groups share no metric"
    return _usage("GFS607", what, [f"there are: {', '.join(known) or 'none'}"])


def _about_seeds(groups: Sequence[Group]) -> Iterable[Diagnostic]:
    """Missing seeds take pairs away, and few seeds say little."""
    everything = {x.seed for group in groups for x in group.members}
    for group in groups:
        missing = sorted(everything - {x.seed for x in group.members})
        if missing:
            shown = ", ".join(map(str, missing))
            yield _warning(
                "GFS608",
                f"{group.name} has no finished run with seed {shown}; pairs are formed without it",
                "run what is missing: the same sweep again, or `gflowspec run -s train.seed=N`",
            )
    if len(everything) < FEW:
        many = f"{len(everything)} seed{'' if len(everything) == 1 else 's'}"
        yield _warning(
            "GFS608",
            f"{many}: an interval of fewer than {FEW} says little",
            f"add seeds, for example `seeds 0..{FEW - 1}` in the sweep",
        )
