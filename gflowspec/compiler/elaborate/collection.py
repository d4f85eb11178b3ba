"""State variables of collection types: what their names and methods mean on the arrays below.

A new kind of collection is a class here beside, an entry in ``collection_of``, and a view in
``ir.views``; nothing behind elaboration knows it.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import attrs

from gflowspec.compiler.elaborate.session import Context, Meaning
from gflowspec.core.frozen import Frozen
from gflowspec.core.source import Span
from gflowspec.ir.environment import Effect
from gflowspec.ir.expr import Expr, StateVar
from gflowspec.ir.views.base import View
from gflowspec.lang import ast


@attrs.frozen(eq=False, repr=False)
class Change(Frozen):
    """What a method call in an action stands for.

    Attributes:
        effects: Writes of the array that holds the collection.
        conditions: What the call needs, as conjuncts of the guard.
    """

    effects: tuple[Effect, ...]
    conditions: tuple[Expr, ...] = ()


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Collection(Meaning):
    """A state variable whose declared type is no array of scalars.

    Attributes:
        variable: The array that holds it.
        view: How it was declared, and how it is shown.
        span: Its declaration.
    """

    variable: StateVar
    view: View
    span: Span

    @abstractmethod
    def invariants(self, context: Context) -> tuple[Expr, ...]:
        """What the declared type demands of the array beyond the type of the array."""

    @abstractmethod
    def initial(self, node: ast.StateVar, context: Context) -> tuple[Any] | None:
        """The initial value of the array, in a tuple of one; None where it was reported."""

    @abstractmethod
    def change(self, node: ast.Update, context: Context) -> Change | None:
        """The effect of calling a method; None where it was reported."""

    def room(self, additions: int, context: Context) -> tuple[Expr, ...]:
        """What several calls of one action need together; without a place of their own."""
        del additions, context
        return ()

    @abstractmethod
    def refusal(self) -> str:
        """How the collection is changed, for someone who wrote an assignment."""
