"""``digraph { nodes[d..d] edges }`` in a state: its adjacency matrix, and the functions on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.application import Application, Rule
from gflowspec.compiler.elaborate.collection import Change, Collection
from gflowspec.compiler.elaborate.containers import check_index
from gflowspec.compiler.elaborate.session import ERROR, Context, any_error, constant, is_error
from gflowspec.compiler.elaborate.types import as_element, check_range, convert, matrix_of
from gflowspec.core.source import Span
from gflowspec.core.types import BoolType, DigraphType, IntType, ListType, SetType, SlotType
from gflowspec.ir.environment import Effect, EffectKind
from gflowspec.ir.expr import (
    Aggregate,
    Bound,
    Call,
    Compare,
    Const,
    Expr,
    Generator,
    Index,
    StateVar,
    Unary,
)
from gflowspec.ir.views.digraph import DigraphView
from gflowspec.lang import ast

BOOL = BoolType()


@attrs.frozen(kw_only=True, eq=False, repr=False)
class DigraphVariable(Collection):
    """A digraph in the state."""

    view: DigraphView

    def value(self, span: Span, context: Context) -> Expr:
        """See `Collection.value`: the graph itself; only functions, indices and ``==`` take it."""
        return StateVar(type=self.view.declared, name=self.variable.name, span=span)

    def invariants(self, context: Context) -> tuple[Expr, ...]:
        """See `Collection.invariants`: no node has an edge to itself."""
        of, span = self.view.declared, self.span
        node, clause = _any_node(of, "v", span, context)
        loop = _edge_of(of, self.variable, (node, node), span)
        none = Unary(type=BOOL, op="not", operand=loop, span=span)
        return (Aggregate(type=BOOL, kind="all", body=none, generators=(clause,), span=span),)

    def initial(self, node: ast.StateVar, context: Context) -> tuple[Any] | None:
        """See `Collection.initial`: no edges."""
        if node.initial is not None:
            message = f"`{node.name.text}` begins without edges; it has no initial value"
            context.report(messages.error("GFS120", message, node.initial.span))
            return None
        return (self.view.read([]),)

    def change(self, node: ast.Update, context: Context) -> Change | None:
        """See `Collection.change`: ``G.add_edge(u, v[, label])``, which needs ``u != v``.

        That there is no such edge yet is what the effect itself needs.
        """
        of, wanted = self.view.declared, ["u", "v"]
        arguments = [context.of(item.value) for item in node.arguments]
        if node.method.text != "add_edge":
            message = f"{messages.named(of)} has no method `{node.method.text}`"
            helps = (self.refusal(),)
            context.report(messages.error("GFS120", message, node.method.span, helps=helps))
            return None
        wanted += [] if of.edge is None else ["label"]
        if len(arguments) != len(wanted) or any(item.name for item in node.arguments):
            message = f"`add_edge` takes {', '.join(wanted[:-1])} and {wanted[-1]}"
            context.report(messages.error("GFS120", message, node.span))
            return None
        ends = tuple(self._node(item, context) for item in arguments[:2])
        value = self._content(arguments, node.span, context)
        if any_error((*ends, value)):
            return None
        differ = Compare(type=BOOL, op="!=", left=ends[0], right=ends[1], span=node.span)
        effect = Effect(
            kind=EffectKind.ASSIGN if of.edge is None else EffectKind.FILL,
            variable=self.variable.name,
            indices=ends,
            value=value,
            span=node.span,
        )
        return Change((effect,), (differ,))

    def _node(self, given: Expr, context: Context) -> Expr:
        """An argument as a node; an error where it was reported."""
        found = as_element(given, context)
        if is_error(found):
            return ERROR
        if not isinstance(found.type, IntType):
            return context.report(messages.mismatch(given.span, found.type, "a node"))
        return found if check_index(found, self.view.declared.nodes, context) else ERROR

    def _content(self, arguments: list[Expr], span: Span, context: Context) -> Expr:
        """What the place of the new edge holds."""
        label = self.view.declared.edge
        if label is None:
            return constant(BOOL, True, span)
        given = as_element(arguments[2], context)
        return (
            ERROR
            if is_error(given)
            else check_range(convert(given, label, context), label, context)
        )

    def refusal(self) -> str:
        """See `Collection.refusal`."""
        ends = "u, v" if self.view.declared.edge is None else "u, v, label"
        return f"edges come in by `{self.variable.name}.add_edge({ends})`"


def _edge_of(of: DigraphType, matrix: Expr, ends: tuple[Expr, Expr], span: Span | None) -> Expr:
    """Whether there is an edge from one node to another."""
    element = of.matrix.element
    place = Index(type=element, base=matrix, indices=ends, span=span)
    if not isinstance(element, SlotType):
        return place
    empty = constant(element, None, span)
    return Compare(type=BOOL, op="!=", left=place, right=empty, span=span)


def _all_nodes(of: DigraphType, span: Span | None) -> Const:
    return constant(ListType(IntType(0, of.nodes - 1), of.nodes), tuple(range(of.nodes)), span)


def _any_node(
    of: DigraphType, name: str, span: Span | None, context: Context
) -> tuple[Bound, Generator]:
    variable = context.session.fresh(name)
    bound = Bound(type=IntType(0, of.nodes - 1), name=variable, span=span)
    return bound, Generator(variable, _all_nodes(of, span), tuple(range(of.nodes)))


def _graph(a: Application) -> DigraphType | None:
    """The type of the first argument; None, reported, if it is no digraph."""
    of = a.arguments[0].type
    if isinstance(of, DigraphType):
        return of
    a.refuse(0, "a digraph")
    return None


def _given(a: Application) -> tuple[DigraphType, Expr, tuple[Expr, ...]] | None:
    """The graph, its matrix, and the nodes that the call names; None where it was reported."""
    of = _graph(a)
    if of is None:
        return None
    nodes = tuple(a.integer(place) for place in range(1, len(a.arguments)))
    if any_error(nodes) or not all(check_index(node, of.nodes, a.context) for node in nodes):
        return None
    return of, matrix_of(a.arguments[0]), nodes


def _nodes(a: Application) -> Expr:
    of = _graph(a)
    return ERROR if of is None else _all_nodes(of, a.node.span)


def _edge(a: Application) -> Expr:
    given = _given(a)
    if given is None:
        return ERROR
    of, matrix, (tail, head) = given
    return _edge_of(of, matrix, (tail, head), a.node.span)


def _edge_count(a: Application) -> Expr:
    given = _given(a)
    if given is None:
        return ERROR
    of, matrix, _ = given
    span = a.node.span
    (tail, tails), (head, heads) = (_any_node(of, name, span, a.context) for name in ("u", "v"))
    body = _edge_of(of, matrix, (tail, head), span)
    most = IntType(0, of.nodes * (of.nodes - 1))
    return Aggregate(type=most, kind="count", body=body, generators=(tails, heads), span=span)


def _neighbours(a: Application) -> Expr:
    """``parents(G, v)`` and ``children(G, v)``."""
    given = _given(a)
    if given is None:
        return ERROR
    of, matrix, (node,) = given
    other, clause = _any_node(of, "u", a.node.span, a.context)
    ends = (other, node) if a.name == "parents" else (node, other)
    clause = attrs.evolve(clause, condition=_edge_of(of, matrix, ends, a.node.span))
    kind = SetType(0, of.nodes - 1, other.type)
    return Aggregate(type=kind, kind="set", body=other, generators=(clause,), span=a.node.span)


def _question(a: Application) -> Expr:
    """``reaches(G, u, v)``, ``acyclic(G)`` and ``connected(G)``."""
    given = _given(a)
    if given is None:
        return ERROR
    _, matrix, nodes = given
    return Call(type=BOOL, function=a.name, arguments=(matrix, *nodes), span=a.node.span)


#: How each function types its calls.
DIGRAPHS: Mapping[str, Rule] = {
    "nodes": _nodes,
    "edge": _edge,
    "edge_count": _edge_count,
    "parents": _neighbours,
    "children": _neighbours,
    "reaches": _question,
    "acyclic": _question,
    "connected": _question,
}
#: Names of their arguments.
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "nodes": ("G",),
    "edge": ("G", "u", "v"),
    "edge_count": ("G",),
    "parents": ("G", "v"),
    "children": ("G", "v"),
    "reaches": ("G", "u", "v"),
    "acyclic": ("G",),
    "connected": ("G",),
}
