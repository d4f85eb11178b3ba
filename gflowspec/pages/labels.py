"""States as they are written into the nodes of a picture: short, one line for each variable."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gflowspec.core.types import ArrayType, BoolType, EnumType, SeqType, SetType, SlotType, Type
from gflowspec.ir.environment import Environment

#: Stands for an empty slot.
EMPTY = "·"
#: A line that is longer is cut.
_LONGEST = 34


def state_lines(environment: Environment, state: Mapping[str, Any]) -> tuple[str, ...]:
    """A state, from its plain values; the name of the only variable is left out.

    Truth values in arrays are ``1`` and ``0``, empty slots dots; members of an enum are their
    initials where these differ. Arrays of two axes have a line for each row.
    """
    lines: list[str] = []
    alone = len(environment.state) == 1
    for variable in environment.state:
        rows = _rows(state[variable.name], variable.view.declared)
        if alone:
            lines += rows
        elif len(rows) == 1:
            lines.append(f"{variable.name}: {rows[0]}")
        else:
            lines += [f"{variable.name}:", *rows]
    return tuple(_cut(line) for line in lines)


def _rows(value: Any, of: Type) -> list[str]:
    if isinstance(of, ArrayType):
        if len(of.shape) == 1:
            return [_line(value, of.element)]
        return [row for item in value for row in _rows(item, ArrayType(of.shape[1:], of.element))]
    if isinstance(of, SetType):
        return [f"{{{', '.join(_scalar(item) for item in value)}}}"]
    if isinstance(of, SeqType) and value and _initials(of.element):
        return [_line(value, of.element)]
    if isinstance(value, list):
        return [json.dumps(value).replace('"', "")]
    return [_scalar(value)]


def _line(values: Sequence[Any], element: Type) -> str:
    inner = element.element if isinstance(element, SlotType) else element
    if isinstance(inner, BoolType):
        shown = [EMPTY if item is None else str(int(item)) for item in values]
        return "".join(shown)
    initials = _initials(inner)
    shown = [EMPTY if item is None else initials.get(str(item), _scalar(item)) for item in values]
    return ("" if all(len(item) == 1 for item in shown) and initials else " ").join(shown)


def _initials(of: Type) -> Mapping[str, str]:
    """The first letters of the members of an enum, if they tell them apart."""
    if not isinstance(of, EnumType) or len({name[0] for name in of.members}) < len(of.members):
        return {}
    return {name: name[0] for name in of.members}


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"({', '.join(_scalar(item) for item in value)})"
    return EMPTY if value is None else str(value)


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
