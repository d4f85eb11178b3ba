"""A reward instance: log target = beta * max(log R, log floor)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import attrs

from gflowspec.core.frozen import Frozen
from gflowspec.core.source import Span
from gflowspec.ir.expr import Expr, Unknown
from gflowspec.ir.extern import externs_of


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Reward(Frozen):
    """A reward with concrete parameters, over the terminal states of one environment.

    Exactly one of ``value`` (R) and ``log_value`` (log R) is given.

    Attributes:
        name: Name of the declaration.
        parameters: The value of every parameter.
        value: R as written.
        log_value: log R as written.
        beta: Inverse temperature.
        floor: Smallest R; None if none was declared.
        mode: Which objects are modes; R in it is the reward before floor and beta.
        lets: Lets without arguments that metrics ask for: bool and numeric ones (``mass``), and
            constant arrays (test sets).
    """

    name: str
    parameters: Mapping[str, Any]
    value: Expr | None
    log_value: Expr | None
    beta: Fraction | float = Fraction(1)
    floor: Fraction | float | None = None
    mode: Expr | None = None
    lets: Mapping[str, Expr] = attrs.field(factory=dict)
    doc: str = attrs.field(default="", eq=False)
    span: Span | None = attrs.field(default=None, eq=False, repr=False)

    @property
    def is_unknown(self) -> bool:
        """Whether data files are missing that it depends on."""
        return isinstance(self.value, Unknown)


def impure_functions(reward: Reward) -> tuple[str, ...]:
    """Functions that the reward calls and that may give another result each time."""
    called = externs_of((reward.value, reward.log_value, reward.mode))
    return tuple(item.name for item in called if not item.pure)
