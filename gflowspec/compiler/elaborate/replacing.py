"""Bound names replaced by expressions, before anything is brought into canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from gflowspec.ir.expr import Bound, Expr, Generator


def replaced(expr: Expr, chosen: Mapping[str, Expr]) -> Expr:
    """``expr`` with bound names replaced; what replaces them was elaborated around it."""
    if isinstance(expr, Bound):
        return chosen.get(expr.name, expr)
    changes: dict[str, Any] = {}
    for field in attrs.fields(type(expr)):
        value = getattr(expr, field.name)
        if isinstance(value, Expr):
            changes[field.name] = replaced(value, chosen)
        elif isinstance(value, tuple) and any(isinstance(item, Expr | Generator) for item in value):
            changes[field.name] = tuple(_replaced_item(item, chosen) for item in value)
    return attrs.evolve(expr, **changes) if changes else expr


def _replaced_item(item: Expr | Generator, chosen: Mapping[str, Expr]) -> Expr | Generator:
    if isinstance(item, Expr):
        return replaced(item, chosen)
    condition = None if item.condition is None else replaced(item.condition, chosen)
    return attrs.evolve(item, domain=replaced(item.domain, chosen), condition=condition)
