"""Metrics that an environment or a reward cannot serve."""

from __future__ import annotations

import attrs

from gflowspec.components.conflicts.case import Case, EnvironmentFacts, Findings, count, error, note
from gflowspec.components.metrics.base import Metric


def metrics(case: Case) -> Findings:
    """All metrics of all schedules."""
    seen: dict[str, Metric] = {}
    for path, metric in case.metrics:
        word = metric.label.partition(".")[0]
        for rule in (_enumeration, _modes, _regions, _test_sets, _stops):
            for found in rule(case.environment, path, metric):
                yield attrs.evolve(found, word=word)
        if seen.setdefault(metric.label, metric) != metric:
            found = error(
                "GFS403",
                path,
                f"`{metric.label}` is asked for with different arguments; both would be recorded "
                "under one name",
                "keep one of them",
            )
            yield attrs.evolve(found, word=word)


def _enumeration(environment: EnvironmentFacts, path: str, metric: Metric) -> Findings:
    if not (metric.needs.exact or metric.needs.target):
        return
    needs = f"`{metric.label}` needs all states of the environment"
    if environment.impure:
        yield error(
            "GFS216",
            path,
            f"{needs} and their rewards, but `{environment.impure}` may give another one each time",
            "declare it `pure = true` if equal arguments give equal results",
        )
    elif environment.enumerable is False:
        yield error(
            "GFS404",
            path,
            f"{needs}: {count(environment)}",
            "use a metric of samples alone, such as `elbo()` or `effective_sample_size()`",
            "or raise `compile.exact_limit`",
        )
    elif environment.enumerable is None:
        yield note(
            "GFS404",
            path,
            f"{needs}, which are not counted yet",
            ("they are counted when the experiment is compiled, which may refuse it",),
        )


def _modes(environment: EnvironmentFacts, path: str, metric: Metric) -> Findings:
    if metric.needs.modes and not environment.has_modes:
        yield error(
            "GFS403",
            path,
            f"`{metric.label}` counts modes, but the reward does not say what a mode is",
            "add `mode when ...` to the reward",
        )


def _regions(environment: EnvironmentFacts, path: str, metric: Metric) -> Findings:
    known = ", ".join(f"`{name}`" for name in sorted(environment.regions)) or "none"
    for region in metric.needs.regions:
        if region not in environment.regions:
            message = f"the reward has no bool `let` called `{region}`"
            yield error("GFS101", path, message, f"it has {known}")


def _test_sets(environment: EnvironmentFacts, path: str, metric: Metric) -> Findings:
    for test, _ in metric.needs.tests:
        why = environment.unshown(*test.written, test.bits) if test.written is not None else ""
        if why:
            yield error(
                "GFS126",
                path,
                f"the test set of `{metric.label}` is not made of objects: {why}",
                "let `of` be a constant array of the reward, and `via` a `concat` or list that "
                "shows each component of the state once",
                "or use objects that need no array, such as `seen(1_000)`",
            )


def _stops(environment: EnvironmentFacts, path: str, metric: Metric) -> Findings:
    if metric.needs.stops and not environment.has_stop:
        yield error(
            "GFS403",
            path,
            f"`{metric.label}` looks at `stop`, which the environment does not have",
            "drop it: where `terminal when` ends trajectories, no end can be lost",
        )
