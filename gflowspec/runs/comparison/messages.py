"""What is wrong with a comparison: one builder for each diagnostic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gflowspec.core.diagnostics import Diagnostic, Severity

_SHOWN = 5


def mixed_tasks(tasks: Mapping[str, int], environments: int, *, forced: bool) -> Diagnostic:
    """GFS420: runs of several environments or rewards; ``tasks`` by their number of runs."""
    what = "environments" if environments > 1 else "rewards"
    listed = tuple(f"{task}: {count} runs" for task, count in tasks.items())
    return Diagnostic(
        "GFS420",
        Severity.WARNING if forced else Severity.ERROR,
        f"the runs have {len(tasks)} different {what}: their values do not mean the same",
        notes=_some(listed),
        helps=() if forced else (f"take one of them: --task {next(iter(tasks))}",),
    )


def unfinished(names: Sequence[str]) -> Diagnostic:
    """GFS421: runs that did not come to their end are left out."""
    message = f"{len(names)} of the runs did not finish and are left out"
    helps = ("finish them first: gflowspec resume RUN, or gflowspec sweep again",)
    return Diagnostic("GFS421", Severity.WARNING, message, notes=_some(names), helps=helps)


def missing_seeds(missing: Mapping[str, Sequence[int]]) -> Diagnostic:
    """GFS422: not every group has every seed; ``missing`` by the name of the group."""
    notes = [f"{group}: {', '.join(map(str, seeds))}" for group, seeds in missing.items()]
    return Diagnostic(
        "GFS422",
        Severity.WARNING,
        f"seeds are missing in {len(missing)} of the groups: they are paired over common ones",
        notes=_some(notes),
    )


def nothing(reason: str, notes: Sequence[str] = ()) -> Diagnostic:
    """GFS423: there is nothing to compare."""
    message = f"there is nothing to compare: {reason}"
    return Diagnostic("GFS423", Severity.ERROR, message, notes=_some(notes))


def at_the_floor(outcome: str, names: Sequence[str]) -> Diagnostic:
    """GFS424: sampled values as small as those of a perfect sampler are not ranked."""
    message = f"`{outcome}` cannot rank these groups: they are at the noise floor of their samples"
    helps = ("compare an exact metric, or take more samples",)
    return Diagnostic("GFS424", Severity.WARNING, message, notes=_some(names), helps=helps)


def pooled(names: Mapping[str, Sequence[str]]) -> Diagnostic:
    """GFS425: groups hold runs that differ in more than their seed; ``names`` by group."""
    notes = [f"{group}: {', '.join(paths)}" for group, paths in names.items()]
    message = "groups hold runs that differ in more than their seed, and cannot be paired"
    helps = ("group by these settings as well: --by PATH",)
    return Diagnostic("GFS425", Severity.WARNING, message, notes=_some(notes), helps=helps)


def few_seeds(least: int, wanted: int) -> Diagnostic:
    """GFS426: so few seeds decide little."""
    message = f"some groups have {least} seeds; a comparison needs {wanted} or more"
    return Diagnostic("GFS426", Severity.WARNING, message)


def _some(lines: Sequence[str]) -> tuple[str, ...]:
    shown = tuple(lines[:_SHOWN])
    return (*shown, f"and {len(lines) - _SHOWN} more") if len(lines) > _SHOWN else shown
