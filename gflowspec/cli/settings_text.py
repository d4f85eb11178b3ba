"""Settings in words: for ``explain`` and for the reference page."""

from __future__ import annotations

from typing import Any

from gflowspec.core.schema import REQUIRED, Parameter


def type_text(item: Parameter) -> str:
    """What a setting accepts."""
    if item.type == "choice":
        text = " | ".join(item.choices)
    elif item.type == "component":
        text = str(item.kind)
    elif item.type == "list":
        inner = item.kind if item.item == "component" else item.item.__name__
        text = f"list of {inner}"
    else:
        text = item.type if isinstance(item.type, str) else item.type.__name__
    if item.range is not None:
        text += f" {item.range}"
    return f"{text} | none" if item.optional else text


def default_text(item: Parameter) -> str:
    """Its default, as it would be written."""
    if item.follows:
        return item.follows
    return "required" if item.default is REQUIRED else _value(item.default)


def summary(cls: type) -> str:
    """The first paragraph of the docstring of a component or section."""
    return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].split())


def _value(value: Any) -> str:
    name = getattr(type(value), "component_name", None)
    if name is not None:
        return f"{name}()"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
