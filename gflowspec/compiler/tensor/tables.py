"""Compile-time tables: sub-expressions over few values, evaluated by the reference interpreter."""

from __future__ import annotations

from typing import Any

from gflowspec.compiler.exactness.atoms import Abstracted, Abstraction, entries
from gflowspec.compiler.tensor.constants import Encoded, encode
from gflowspec.ir.environment import Environment


class Tables(Abstraction):
    """Keeps the tables of one environment."""

    def __init__(self, environment: Environment, limit: int) -> None:
        super().__init__(environment, limit)
        self._tables: dict[Any, Encoded | None] = {}

    def table(self, abstracted: Abstracted) -> Encoded | None:
        """The values for all combinations, row-major, or None if they have no tensor form."""
        key = (abstracted.expr, tuple(atom.domain for atom in abstracted.atoms))
        if key not in self._tables:
            values = entries(abstracted)
            of = abstracted.expr.type
            self._tables[key] = None if values is None else encode(values, of)
        return self._tables[key]
