"""Runs that differ only in their seed stand together: which settings tell groups apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from gflowspec.core.diagnostics import Diagnostic
from gflowspec.runs.comparison import messages
from gflowspec.runs.comparison.rows import SEED, Row

#: Settings that change nothing about what is learned.
_ASIDE = (
    "evaluate", "track", "train.device", "train.lowering", "train.budget",
    "train.checkpoint_every", "compile.exact_limit", "compile.scope_limit",
)  # fmt: skip
#: Fewer seeds than this are no comparison.
ENOUGH_SEEDS = 5


@attrs.frozen(eq=False)
class Group:
    """Runs with equal values of some settings.

    Attributes:
        by: These settings with their values.
        rows: The runs, by seed.
    """

    by: Mapping[str, str]
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """Its values in words."""
        return ", ".join(self.by.values()) or "all runs"

    @property
    def seeds(self) -> frozenset[int]:
        """The seeds of its runs."""
        return frozenset(row.seed for row in self.rows)


def varied(rows: Sequence[Row]) -> tuple[str, ...]:
    """Paths in which runs differ, seed aside, constructors before their arguments.

    An argument counts only if it differs among runs with the same constructor, and only if it is
    set somewhere: a default that follows another setting says nothing of its own.
    """
    paths = dict.fromkeys(path for row in rows for path in row.settings)
    return tuple(path for path in paths if _counts(path) and _varies(path, rows))


def _counts(path: str) -> bool:
    return path != SEED and not any(
        path == aside or path.startswith(f"{aside}.") for aside in _ASIDE
    )


def _varies(path: str, rows: Sequence[Row]) -> bool:
    if not any(path in row.chosen for row in rows):
        return False
    having = [row for row in rows if path in row.settings]
    values: dict[tuple[str | None, ...], set[str]] = {}
    for row in having:
        above = tuple(row.settings.get(prefix) for prefix in _prefixes(path))
        values.setdefault(above, set()).add(row.settings[path])
    return any(len(found) > 1 for found in values.values())


def _prefixes(path: str) -> Iterator[str]:
    parts = path.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def grouped(rows: Sequence[Row], by: Sequence[str]) -> tuple[Group, ...]:
    """Groups in the order of their first run."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row.settings.get(path, "-") for path in by), []).append(row)
    return tuple(
        Group(dict(zip(by, key, strict=True)), tuple(sorted(held, key=lambda row: row.seed)))
        for key, held in found.items()
    )


def problems(groups: Sequence[Group]) -> tuple[Diagnostic, ...]:
    """Missing and few seeds, and groups that hold more than seeds."""
    found = []
    mixed = {
        group.name: paths
        for group in groups
        if len(group.seeds) < len(group.rows) and (paths := varied(group.rows))
    }
    if mixed:
        found.append(messages.pooled(mixed))
    everywhere = frozenset().union(*(group.seeds for group in groups))
    missing = {
        group.name: sorted(everywhere - group.seeds) for group in groups if everywhere - group.seeds
    }
    if missing:
        found.append(messages.missing_seeds(missing))
    least = min(len(group.seeds) for group in groups)
    if len(groups) > 1 and least < ENOUGH_SEEDS:
        found.append(messages.few_seeds(least, ENOUGH_SEEDS))
    return tuple(found)
