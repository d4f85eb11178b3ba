"""Comparisons of runs: GFS420 to GFS426."""

from __future__ import annotations

from gflowspec.core.catalogue.entry import Code
from gflowspec.core.diagnostics import Severity

_BY_RUNS = "it is about runs, not about a program."

COMPARISONS = (
    Code(
        code="GFS420",
        title="runs of different tasks",
        explanation="Distances and rewards of different environments or rewards do not mean the "
        "same. Name the runs of one task with `--task`; `--force` compares them all the same.",
        without_program=_BY_RUNS,
    ),
    Code(
        code="GFS421",
        title="unfinished runs",
        severity=Severity.WARNING,
        explanation="Runs that failed or were interrupted are left out of a comparison: their "
        "last values belong to another length of training.",
        without_program=_BY_RUNS,
    ),
    Code(
        code="GFS422",
        title="seeds are missing",
        severity=Severity.WARNING,
        explanation="Differences are taken seed by seed, and only over seeds that both groups "
        "have. If runs of one group fail more often, what is left flatters it.",
        without_program=_BY_RUNS,
    ),
    Code(
        code="GFS423",
        title="nothing to compare",
        explanation="No run is left, or none has the setting or the metric that was asked for.",
        without_program=_BY_RUNS,
    ),
    Code(
        code="GFS424",
        title="at the noise floor",
        severity=Severity.WARNING,
        explanation="A distance that is estimated from samples is not zero for a perfect sampler "
        "either. Groups within two standard deviations of that floor are not ranked.",
        without_program=_BY_RUNS,
    ),
    Code(
        code="GFS425",
        title="groups differ in more than their seed",
        severity=Severity.WARNING,
        explanation="With `--by`, runs that differ in other settings fall into one group. Their "
        "mean is over these settings too, and several runs have one seed.",
        without_program=_BY_RUNS,
    ),
    Code(
        code="GFS426",
        title="few seeds",
        severity=Severity.WARNING,
        explanation="Seeds are the sampling unit. Fewer than five say little about a difference; "
        "with n pairs a signed-rank test cannot give less than 2^(1 - n).",
        without_program=_BY_RUNS,
    ),
)
