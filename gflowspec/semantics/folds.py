"""What aggregations do with the values of their bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import Any

from gflowspec.semantics.errors import EvaluationError


def _extreme(choose: Callable[..., Any]) -> Callable[[Iterable[Any], Any], Any]:
    def fold(values: Iterable[Any], span: Any) -> Any:
        items = list(values)
        if not items:
            message = f"the {choose.__name__}imum of nothing"
            raise EvaluationError(message, span, "GFS125")
        return choose(items)

    return fold


#: Aggregation -> what it gives for all values and its place.
FOLDS: dict[str, Callable[[Iterable[Any], Any], Any]] = {
    "sum": lambda values, _: sum(values),
    "prod": lambda values, _: prod(values),
    "min": _extreme(min),
    "max": _extreme(max),
    "all": lambda values, _: all(values),
    "any": lambda values, _: any(values),
    "count": lambda values, _: sum(1 for value in values if value),
    "list": lambda values, _: tuple(values),
    "set": lambda values, _: frozenset(values),
    "concat": lambda values, _: tuple(item for part in values for item in part),
}
