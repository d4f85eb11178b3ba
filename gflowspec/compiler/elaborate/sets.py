"""``set[a..b] of T`` in a state: one truth value for each element that the set could have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.collection import Change, Collection
from gflowspec.compiler.elaborate.elements import offset, parts, size
from gflowspec.compiler.elaborate.session import Context, is_error
from gflowspec.compiler.elaborate.types import check_range, convert, type_of_value
from gflowspec.core.source import Span
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    IntType,
    ListType,
    SetType,
    TupleType,
    Type,
    describe,
)
from gflowspec.core.values import text
from gflowspec.ir import expr as ir
from gflowspec.ir.environment import Effect, EffectKind
from gflowspec.ir.expr import (
    Aggregate,
    Bound,
    Compare,
    Const,
    Expr,
    Generator,
    Index,
)
from gflowspec.ir.views.subset import SetView, scalars
from gflowspec.lang import ast
from gflowspec.lang.nearest import nearest

#: What sets can do in an action.
METHODS = ("add",)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SetVariable(Collection):
    """A set in the state."""

    view: SetView

    def value(self, span: Span, context: Context) -> Expr:
        """See `Collection.value`: ``{v for v in T if S[v]}``."""
        own: list[Expr] = []
        generators: list[Generator] = []
        for axis in self.view.axes:
            carrier = scalars(axis)
            variable = context.session.fresh("v")
            own.append(Bound(type=axis, name=variable, span=span))
            domain = Const(type=ListType(axis, len(carrier)), value=carrier, span=span)
            generators.append(Generator(variable, domain, carrier))
        there = Index(type=BoolType(), base=self.variable, indices=self._place(own), span=span)
        generators[-1] = attrs.evolve(generators[-1], condition=there)
        element = self.view.declared.element
        body = own[0]
        if isinstance(element, TupleType):
            body = ir.Collection(type=element, items=tuple(own), span=span)
        return Aggregate(
            type=self._type, kind="set", body=body, generators=tuple(generators), span=span
        )

    def invariants(self, context: Context) -> tuple[Expr, ...]:
        """See `Collection.invariants`: limits of the size that the element type leaves open."""
        low, high = self.view.limits
        found = []
        if low > 0:
            found.append(self._sized(">=", low, self.span, context))
        if high < self.view.lowered.size:
            found.append(self._sized("<=", high, self.span, context))
        return tuple(found)

    def initial(self, node: ast.StateVar, context: Context) -> tuple[Any] | None:
        """See `Collection.initial`: empty, or a constant set, list or range."""
        members: frozenset[Any] = frozenset()
        if node.initial is not None:
            found = context.of(node.initial)
            if is_error(found):
                return None
            listed = self._constant(found, node, context)
            if listed is None:
                return None
            members = listed
        low, high = self.view.limits
        if not low <= len(members) <= high:
            shown = text(members, self.view.declared)
            message = f"`{node.name.text}` begins as {shown}, which is no {describe(self._type)}"
            helps = ("let the type begin at size 0 and demand the size where a trajectory ends",)
            context.report(messages.error("GFS121", message, node.span, helps=helps))
            return None
        return (self.view.held(members),)

    def _constant(self, found: Expr, node: ast.StateVar, context: Context) -> frozenset[Any] | None:
        """The elements of a constant collection; None where it was reported."""
        assert node.initial is not None
        if not isinstance(found, Const):
            context.report(messages.not_constant(node.initial.span, "an initial value"))
            return None
        if not isinstance(found.type, SetType | ListType | ArrayType):
            wanted = f"`{describe(self.view.declared)}`"
            context.report(messages.mismatch(node.initial.span, found.type, wanted))
            return None
        members = []
        for item in found.value:
            constant = Const(
                type=type_of_value(item, found.type.element), value=item, span=node.initial.span
            )
            element = self._element(constant, context)
            if not isinstance(element, Const):
                return None
            members.append(element.value)
        return frozenset(members)

    def change(self, node: ast.Update, context: Context) -> Change | None:
        """See `Collection.change`: ``S.add(v)``, which needs ``v not in S``."""
        arguments = [context.of(item.value) for item in node.arguments]
        if node.method.text not in METHODS:
            near = nearest(node.method.text, METHODS)
            helps = (f"did you mean `{near}`?",) if near else ("elements come in by `add`",)
            message = f"{messages.named(self.view.declared)} has no method `{node.method.text}`"
            context.report(messages.error("GFS120", message, node.method.span, helps=helps))
            return None
        if len(arguments) != 1 or node.arguments[0].name is not None:
            message = "`add` takes one element"
            if isinstance(self.view.declared.element, TupleType):
                message += f", a {describe(self.view.declared.element)}"
            context.report(messages.error("GFS120", message, node.span))
            return None
        element = self._element(arguments[0], context)
        if element is None:
            return None
        effect = Effect(
            kind=EffectKind.ASSIGN,
            variable=self.variable.name,
            indices=self._place(parts(element)),
            value=Const(type=BoolType(), value=True, span=node.span),
            span=node.span,
        )
        return Change((effect,))

    def room(self, additions: int, context: Context) -> tuple[Expr, ...]:
        """See `Collection.room`: ``len(S) < b``, or less where several elements come in."""
        high = self.view.limits[1]
        if high >= self.view.lowered.size:
            return ()
        op, limit = ("<", high) if additions == 1 else ("<=", high - additions)
        return (attrs.evolve(self._sized(op, limit, self.span, context), span=None),)

    def refusal(self) -> str:
        """See `Collection.refusal`."""
        return f"elements come in by `{self.variable.name}.add(...)`"

    @property
    def _type(self) -> SetType:
        """The declared type with both limits."""
        low, high = self.view.limits
        return SetType(low, high, self.view.declared.element)

    def _place(self, own: Sequence[Expr]) -> tuple[Expr, ...]:
        """Where the array holds whether an element with these parts is there."""
        return tuple(
            offset(item, axis.lo or 0 if isinstance(axis, IntType) else 0)
            for item, axis in zip(own, self.view.axes, strict=True)
        )

    def _sized(self, op: str, limit: int, span: Span, context: Context) -> Expr:
        """``len(S) op limit``."""
        count = size(self.value(span, context), span, context)
        assert count is not None
        end = Const(type=IntType(limit, limit), value=limit, span=span)
        return Compare(type=BoolType(), op=op, left=count, right=end, span=span)

    def _element(self, value: Expr, context: Context) -> Expr | None:
        """An argument as an element, its range checked; None where it was reported."""
        if is_error(value):
            return None
        element: Type = self.view.declared.element
        found = convert(value, element, context)
        if is_error(found):
            return None
        axes = self.view.axes
        if any(
            is_error(check_range(item, axis, context))
            for item, axis in zip(parts(found), axes, strict=True)
        ):
            return None
        return found
