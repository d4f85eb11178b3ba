"""A call of a built-in function with elaborated arguments."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.intervals import Interval
from gflowspec.compiler.elaborate.sequences import as_array
from gflowspec.compiler.elaborate.session import Context, is_error
from gflowspec.compiler.elaborate.types import as_element, is_number
from gflowspec.core.frozen import Frozen
from gflowspec.core.types import ArrayType, IntType, ListType, SeqType, Type
from gflowspec.ir.expr import Call, Const, Expr
from gflowspec.lang import ast


@attrs.frozen(eq=False, repr=False)
class Application(Frozen):
    """A call with elaborated arguments."""

    name: str
    arguments: tuple[Expr, ...]
    node: ast.Apply
    context: Context

    def call(self, of: Type, arguments: tuple[Expr, ...] | None = None) -> Expr:
        """The call as an expression of the IR."""
        given = self.arguments if arguments is None else arguments
        return Call(type=of, function=self.name, arguments=given, span=self.node.span)

    def refuse(self, place: int, wanted: str) -> Expr:
        """GFS120 at an argument."""
        argument = self.arguments[place]
        span = argument.span or self.node.span
        return self.context.report(messages.mismatch(span, argument.type, wanted))

    def number(self, place: int) -> Expr:
        """An argument that must be a number."""
        found = as_element(self.arguments[place], self.context)
        if is_error(found) or is_number(found.type):
            return found
        return self.refuse(place, "a number")

    def integer(self, place: int) -> Expr:
        """An argument that must be an integer."""
        found = self.number(place)
        if is_error(found) or isinstance(found.type, IntType):
            return found
        return self.refuse(place, "an integer")

    def whole_constant(self, place: int, what: str) -> int | None:
        """An argument that must be a constant integer."""
        found = self.integer(place)
        if is_error(found):
            return None
        if not isinstance(found, Const):
            self.context.report(messages.not_constant(found.span, what))
            return None
        value: int = found.value
        return value

    def interval(self, expr: Expr) -> Interval:
        """All values of a number here."""
        return self.context.facts.interval(expr)

    def container(self, place: int, *, filled: bool = True) -> Expr:
        """An argument that must be an array or list; slots must be known to be filled."""
        found = self.arguments[place]
        if isinstance(found.type, SeqType):
            return self._fixed(found)
        if filled and isinstance(found.type, ArrayType):
            found = as_element(found, self.context)
        if is_error(found) or isinstance(found.type, ArrayType | ListType):
            return found
        return self.refuse(place, "an array or list")

    def _fixed(self, sequence: Expr) -> Expr:
        """A sequence as an array; GFS334 where its length is not known."""
        array = as_array(sequence, self.context)
        if array is not None:
            return array
        span = sequence.span or self.node.span
        return self.context.report(messages.length_varies(span, span.text, f"`{self.name}`"))


#: Types one call of a built-in; reports what is wrong with its arguments.
Rule = Callable[[Application], Expr]
