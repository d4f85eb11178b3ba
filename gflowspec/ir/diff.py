"""Where two specifications differ in meaning, part by part."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import attrs

from gflowspec.core.canonical import canonical_json
from gflowspec.core.source import Span
from gflowspec.ir.config import Setting
from gflowspec.ir.hashes import NOT_IN_RUN

#: Sections and settings that the run hash does not cover.
_OUTSIDE = ("evaluate", "track", "compile.exact_limit", "compile.scope_limit")


@attrs.frozen
class Part:
    """A part of what a specification means.

    Attributes:
        path: Where it stands: ``train.batch``, ``environment.action.step.guard``. Several parts
            may have one path, such as invariants; each is compared with the others' of that path.
        form: What is compared, as canonical JSON.
        value: What is shown: a plain value of a setting, or the text of an expression.
        span: Where it is written, if it is.
    """

    path: str
    form: str
    value: Any
    span: Span | None = None


@attrs.frozen
class Change:
    """A part that two specifications do not share; one side is None where only one has it."""

    path: str
    before: Part | None
    after: Part | None

    @property
    def affects_run(self) -> bool:
        """Whether the run hash covers it."""
        names = (*_OUTSIDE, *(f"train.{key}" for key in NOT_IN_RUN))
        return not any(self.path == name or self.path.startswith(f"{name}.") for name in names)


def setting_parts(settings: Mapping[str, Setting]) -> tuple[Part, ...]:
    """Settings as parts; where a value comes from does not count."""
    return tuple(
        Part(path, canonical_json(_number(item.value)), item.value, item.span)
        for path, item in sorted(settings.items())
    )


def changes(before: Iterable[Part], after: Iterable[Part]) -> tuple[Change, ...]:
    """The parts that differ, in their order; what only one side has stands where it has it."""
    left, right = _by_path(before), _by_path(after)
    found = []
    for path in _merged(list(left), list(right)):
        old, new = left.get(path, []), right.get(path, [])
        gone, come = _without(old, new), _without(new, old)
        for place in range(max(len(gone), len(come))):
            one = gone[place] if place < len(gone) else None
            other = come[place] if place < len(come) else None
            found.append(Change(path, one, other))
    return tuple(found)


def _merged(left: list[str], right: list[str]) -> list[str]:
    """Both lists as one; what only the right one has follows what it follows there."""
    order = list(left)
    known = set(left)
    place = 0
    for path in right:
        if path in known:
            place = order.index(path) + 1
        else:
            order.insert(place, path)
            place += 1
    return order


def _by_path(parts: Iterable[Part]) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = {}
    for part in parts:
        found.setdefault(part.path, []).append(part)
    return found


def _without(parts: list[Part], others: list[Part]) -> list[Part]:
    """The parts whose forms are not among the others, counted with multiplicity."""
    left = [other.form for other in others]
    found = []
    for part in parts:
        if part.form in left:
            left.remove(part.form)
        else:
            found.append(part)
    return found


def _number(value: Any) -> Any:
    """Equal numbers have one form, whether they are integers, fractions or floats."""
    if isinstance(value, tuple | list):
        return [_number(item) for item in value]
    if isinstance(value, float) and math.isfinite(value):
        value = Fraction(value)
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value
