"""``seq[a..b] of T`` in a state: slots that are filled from the front, grown by insertion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from gflowspec.compiler.elaborate import messages, sequences
from gflowspec.compiler.elaborate.collection import Change, Collection
from gflowspec.compiler.elaborate.session import Context, any_error, constant, is_error
from gflowspec.compiler.elaborate.types import as_element, check_range, convert, type_of_value
from gflowspec.core.source import Span
from gflowspec.core.types import ArrayType, BoolType, IntType, ListType, describe
from gflowspec.core.values import text
from gflowspec.ir.environment import Effect, EffectKind
from gflowspec.ir.expr import Compare, Const, Expr
from gflowspec.ir.views.sequence import SeqView
from gflowspec.lang import ast
from gflowspec.lang.nearest import nearest

#: What sequences can do in an action, and in words what each takes.
METHODS = {
    "append": "one element",
    "prepend": "one element",
    "insert": "a place and an element",
}


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SequenceVariable(Collection):
    """A sequence in the state."""

    view: SeqView

    def value(self, span: Span, context: Context) -> Expr:
        """See `Collection.value`: the variable under its declared type (see `sequences`)."""
        del context
        return attrs.evolve(self.variable, type=self.view.declared, span=span)

    def invariants(self, context: Context) -> tuple[Expr, ...]:
        """See `Collection.invariants`: the least length; the rest is in the type of the array."""
        least = self.view.declared.lo
        if least == 0:
            return ()
        return (
            Compare(
                type=BoolType(),
                op=">=",
                left=sequences.length(self.value(self.span, context)),
                right=constant(IntType(least, least), least, self.span),
                span=self.span,
            ),
        )

    def initial(self, node: ast.StateVar, context: Context) -> tuple[Any] | None:
        """See `Collection.initial`: empty, or a constant list or range."""
        declared, members = self.view.declared, ()
        if node.initial is not None:
            found = context.of(node.initial)
            if is_error(found):
                return None
            listed = self._constant(found, node.initial, context)
            if listed is None:
                return None
            members = listed
        if not declared.lo <= len(members) <= declared.hi:
            shown = text(members, ListType(declared.element, len(members)))
            message = f"`{node.name.text}` begins as {shown}, which is no {describe(declared)}"
            helps = ("let the type begin at length 0 and demand the length where it matters",)
            context.report(messages.error("GFS121", message, node.span, helps=helps))
            return None
        return (self.view.held(members),)

    def _constant(self, found: Expr, node: ast.Expr, context: Context) -> tuple[Any, ...] | None:
        """The elements of a constant list; None where it was reported."""
        if not isinstance(found, Const):
            context.report(messages.not_constant(node.span, "an initial value"))
            return None
        if not isinstance(found.type, ListType | ArrayType):
            wanted = f"`{describe(self.view.declared)}`"
            context.report(messages.mismatch(node.span, found.type, wanted))
            return None
        members = []
        for item in found.value:
            of = type_of_value(item, found.type.element)
            element = self._fitting(Const(type=of, value=item, span=node.span), context)
            if not isinstance(element, Const) or is_error(element):
                return None
            members.append(element.value)
        return tuple(members)

    def change(self, node: ast.Update, context: Context) -> Change | None:
        """See `Collection.change`: an insertion, which needs room and a place up to the end."""
        given = [context.of(item.value) for item in node.arguments]
        method = node.method.text
        if method not in METHODS:
            near = nearest(method, METHODS)
            helps = (f"did you mean `{near}`?",) if near else (self.refusal(),)
            message = f"{messages.named(self.view.declared)} has no method `{method}`"
            context.report(messages.error("GFS120", message, node.method.span, helps=helps))
            return None
        wanted = 2 if method == "insert" else 1
        if len(given) != wanted or any(item.name is not None for item in node.arguments):
            message = f"`{method}` takes {METHODS[method]}"
            context.report(messages.error("GFS120", message, node.span))
            return None
        if any_error(given):
            return None
        place = self._place(method, given, node, context)
        value = self._fitting(given[-1], context)
        if is_error(place) or is_error(value):
            return None
        effect = Effect(
            kind=EffectKind.INSERT,
            variable=self.variable.name,
            indices=(place,),
            value=value,
            span=node.span,
        )
        return Change((effect,))

    def refusal(self) -> str:
        """See `Collection.refusal`."""
        calls = (f"`{self.variable.name}.{call}`" for call in ("append(v)", "prepend(v)"))
        return f"elements come in by {', '.join(calls)} or `{self.variable.name}.insert(p, v)`"

    def _place(
        self, method: str, given: Sequence[Expr], node: ast.Update, context: Context
    ) -> Expr:
        """Where the element goes; that it is a place up to the end is an implied guard."""
        if method == "append":
            return sequences.length(self.value(node.target.span, context))
        if method == "prepend":
            return constant(IntType(0, 0), 0, node.target.span)
        return convert(as_element(given[0], context), IntType(), context)

    def _fitting(self, value: Expr, context: Context) -> Expr:
        """A value as an element, its range checked; poisoned where it was reported."""
        element = self.view.declared.element
        return check_range(convert(value, element, context), element, context)
