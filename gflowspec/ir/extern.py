"""Functions in Python that a specification calls: what is known of them without running them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import attrs

from gflowspec.core.frozen import Frozen
from gflowspec.core.types import Type
from gflowspec.ir.expr import Expr, walk


class Door(Protocol):
    """What calls the function; closed until somebody who may run Python opens it."""

    def results(self, rows: Sequence[tuple[Any, ...]]) -> Sequence[Any]:
        """The results for tuples of arguments, checked; ``REJECTED`` where the function failed.

        Values are as ``core.types`` lists them.

        Raises:
            EvaluationError: The door is closed.
            SpecInvalid: The function failed, or gave something that is no result (GFS215).
        """


class _Rejected:
    def __repr__(self) -> str:
        return "REJECTED"


#: Stands for the result of a call that failed, where failing calls are rejected.
REJECTED = _Rejected()


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Extern(Frozen):
    """An ``extern fn``.

    Attributes:
        name: Its name in the file.
        target: ``package.module:function``.
        code: SHA-256 of the file of the module; None if it was not found.
        weights: SHA-256 of the file of weights; None without one.
        parameters: Types of its arguments.
        result: Type of its results.
        pure: Whether equal arguments give equal results.
        rejects: Whether a failing call gives its object the reward ``floor``.
        door: What calls it.
    """

    name: str = attrs.field(eq=False)
    target: str
    code: str | None
    weights: str | None
    parameters: tuple[Type, ...]
    result: Type
    pure: bool
    rejects: bool
    door: Door = attrs.field(eq=False, repr=False)


@attrs.frozen(eq=False, repr=False)
class ExternCall(Expr):
    """A call of a function in Python."""

    function: Extern
    arguments: tuple[Expr, ...]


def externs_of(exprs: Iterable[Expr | None]) -> tuple[Extern, ...]:
    """The functions that expressions call, each once, in order."""
    found: dict[int, Extern] = {}
    for call in calls_of(exprs):
        found.setdefault(id(call.function), call.function)
    return tuple(found.values())


def calls_of(exprs: Iterable[Expr | None]) -> Iterator[ExternCall]:
    """All calls in expressions."""
    for expr in exprs:
        if expr is not None:
            yield from (node for node in walk(expr) if isinstance(node, ExternCall))
