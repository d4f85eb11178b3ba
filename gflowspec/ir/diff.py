"""Which settings two experiments differ in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from gflowspec.ir.config import Setting
from gflowspec.ir.hashes import NOT_IN_RUN

#: Sections and settings that the run hash does not cover.
_OUTSIDE = ("evaluate", "track", "compile.exact_limit", "compile.scope_limit")


@attrs.frozen
class Change:
    """A setting that two experiments resolve differently.

    Attributes:
        path: Its path.
        before: The first, or None if the path does not exist there.
        after: The second, or None.
    """

    path: str
    before: Setting | None
    after: Setting | None

    @property
    def values(self) -> tuple[Any, Any]:
        """Both values; None where the path does not exist."""
        before = None if self.before is None else self.before.value
        return before, None if self.after is None else self.after.value

    @property
    def affects_run(self) -> bool:
        """Whether the run hash covers the setting."""
        names = (*_OUTSIDE, *(f"train.{key}" for key in NOT_IN_RUN))
        return not any(self.path == name or self.path.startswith(f"{name}.") for name in names)


def changes(before: Mapping[str, Setting], after: Mapping[str, Setting]) -> tuple[Change, ...]:
    """The settings whose values differ, or that only one side has, by path."""
    found = []
    for path in sorted({*before, *after}):
        change = Change(path, before.get(path), after.get(path))
        if change.before is None or change.after is None or change.values[0] != change.values[1]:
            found.append(change)
    return tuple(found)
