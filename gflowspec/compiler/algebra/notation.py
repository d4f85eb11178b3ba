"""Expressions over lowered collections in the notation of their declaration.

Sets and digraphs are held as arrays (see ``ir.views``). What is derived for them reads those
arrays; a person wants to read ``v in S`` and ``edge(G, u, v)``. The expressions made here are for
showing only: nothing computes with them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.algebra.terms import arithmetic, integer
from gflowspec.core.types import BoolType, EnumType, IntType, Type
from gflowspec.ir.derived import Store
from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import (
    Aggregate,
    Call,
    Collection,
    Compare,
    Const,
    Expr,
    Generator,
    Index,
    StateVar,
    Unary,
    Updated,
)
from gflowspec.ir.views.digraph import DigraphView
from gflowspec.ir.views.subset import SetView

_BOOL = BoolType()


def show_in(environment: Environment, expr: Expr) -> str:
    """The text of an expression over the state of an environment."""
    return show(declared_form(environment, expr))


def undo_text(environment: Environment, store: Store) -> str:
    """What a derived store does: ``x[i] = x[i] - 1``, or ``S.remove(v)`` for a collection."""
    view = environment.variable(store.variable).view
    gone = isinstance(store.value, Const) and store.value.value in (False, None)
    if isinstance(view, SetView) and gone:
        parts = _element(view, store.indices)
        inside = ", ".join(show(part) for part in parts)
        return f"{store.variable}.remove({inside if len(parts) == 1 else f'({inside})'})"
    if isinstance(view, DigraphView) and gone:
        ends = ", ".join(show_in(environment, item) for item in store.indices)
        return f"{store.variable}.remove_edge({ends})"
    if isinstance(store.value, Call) and store.value.function == "removed":
        return f"{store.variable}.remove_at({show_in(environment, store.value.arguments[1])})"
    inside = ", ".join(show_in(environment, item) for item in store.indices)
    place = f"[{inside}]" if store.indices else ""
    return f"{store.variable}{place} = {show_in(environment, store.value)}"


def declared_form(environment: Environment, expr: Expr) -> Expr:
    """The expression with every access to a collection as the language writes it."""
    views = {variable.name: variable.view for variable in environment.state}

    def lifted(node: Expr) -> Expr:
        match node:
            case Index(base=StateVar(name=name)):
                return _access(node, name, views.get(name))
            case Updated(base=StateVar(name=name) as base, value=Const(value=value)):
                view = views.get(name)
                if not value and isinstance(view, SetView):
                    return _without(base, _element(view, node.indices), node)
                if not value and isinstance(view, DigraphView):
                    return _without(base, node.indices, node)
            case Unary(op="not", operand=Compare(op="in", left=left, right=right)):
                return Compare(op="not_in", left=left, right=right, type=_BOOL)
            case Aggregate() if (whole := _counted(node)) is not None:
                return Call(function="len", arguments=(whole,), type=node.type)
        return node

    return _mapped(expr, lifted)


def _access(node: Index, name: str, view: object) -> Expr:
    if isinstance(view, SetView):
        parts = _element(view, node.indices)
        element = view.declared.element
        one = parts[0] if len(parts) == 1 else Collection(items=parts, type=element)
        return Compare(op="in", left=one, right=StateVar(name=name, type=element), type=_BOOL)
    if isinstance(view, DigraphView) and view.declared.edge is None:
        graph = StateVar(name=name, type=view.declared)
        return Call(function="edge", arguments=(graph, *node.indices), type=_BOOL)
    return node


def _without(collection: Expr, parts: tuple[Expr, ...], node: Expr) -> Expr:
    """``without(S, v)``, which the language does not have: the collection less an element."""
    return Call(function="without", arguments=(collection, *parts), type=node.type)


def _element(view: SetView, indices: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """The parts of the element that stands at a place."""
    return tuple(_at(axis, index) for axis, index in zip(view.axes, indices, strict=True))


def _at(axis: Type, place: Expr) -> Expr:
    """The value of a scalar type at a position."""
    if isinstance(place, Const) and isinstance(axis, EnumType | BoolType):
        value = bool(place.value) if isinstance(axis, BoolType) else place.value
        return Const(value=value, type=axis)
    if isinstance(axis, IntType):
        return arithmetic("+", place, integer(axis.lo or 0))
    if isinstance(axis, EnumType):
        number = arithmetic("+", place, integer(1))
        if isinstance(number, Call) and number.function == "number_of":
            return number.arguments[0]
    if isinstance(place, Call) and place.function == "indicator":
        return place.arguments[0]
    return place


def _counted(node: Aggregate) -> Expr | None:
    """The set of which an aggregation counts all elements; None for any other."""
    body = node.body
    if node.kind == "sum" and isinstance(body, Call) and body.function == "indicator":
        body = body.arguments[0]
    elif node.kind != "count":
        return None
    if not isinstance(body, Compare) or body.op != "in" or not isinstance(body.right, StateVar):
        return None
    plain = all(item.condition is None for item in node.generators)
    parts = body.left.items if isinstance(body.left, Collection) else (body.left,)
    return body.right if plain and len(parts) == len(node.generators) else None


def _mapped(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with every node changed, children first."""
    fields: dict[str, Any] = {}
    for field in attrs.fields(type(expr)):
        if field.name not in ("type", "span"):
            fields[field.name] = _mapped_value(getattr(expr, field.name), change)
    return change(attrs.evolve(expr, **fields))


def _mapped_value(value: Any, change: Callable[[Expr], Expr]) -> Any:
    if isinstance(value, Expr):
        return _mapped(value, change)
    if isinstance(value, Generator):
        domain = _mapped_value(value.domain, change)
        return attrs.evolve(value, domain=domain, condition=_mapped_value(value.condition, change))
    if isinstance(value, tuple):
        return tuple(_mapped_value(item, change) for item in value)
    return value
