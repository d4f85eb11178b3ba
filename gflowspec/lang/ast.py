"""The syntax tree: frozen nodes, one to one with the grammar. Nothing here checks anything.

Spans do not take part in equality, so two texts that differ in layout only give equal trees.
``doc`` holds the text of the ``##`` lines in front of a declaration, without the marks.
"""

from __future__ import annotations

from enum import Enum

import attrs

from gflowspec.core.source import Span


@attrs.frozen(kw_only=True)
class Node:
    """Base of all nodes."""

    span: Span = attrs.field(eq=False, repr=False)


@attrs.frozen(kw_only=True)
class Name(Node):
    """An identifier with its place."""

    text: str


@attrs.frozen(kw_only=True)
class Dotted(Node):
    """``a.b.c``: a reference, or the path of a setting."""

    parts: tuple[Name, ...]

    @property
    def text(self) -> str:
        """The parts joined by dots."""
        return ".".join(part.text for part in self.parts)


# ---- expressions ------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Expr(Node):
    """Base of expressions."""


@attrs.frozen(kw_only=True)
class Number(Expr):
    """A number as it was spelled: ``1_000``, ``0xff``, ``1e-3``."""

    text: str


@attrs.frozen(kw_only=True)
class Quantity(Expr):
    """A number with a unit, as it was spelled: ``30min``, ``64KiB``."""

    text: str


@attrs.frozen(kw_only=True)
class String(Expr):
    """A string; ``text`` is the spelling with its quotes, ``value`` what it means."""

    text: str
    value: str


@attrs.frozen(kw_only=True)
class Bool(Expr):
    """``true`` or ``false``."""

    value: bool


@attrs.frozen(kw_only=True)
class Empty(Expr):
    """``empty``."""


@attrs.frozen(kw_only=True)
class WholeState(Expr):
    """``state``."""


@attrs.frozen(kw_only=True)
class Var(Expr):
    """A name used as a value."""

    name: str


@attrs.frozen(kw_only=True)
class Attribute(Expr):
    """``base.name``."""

    base: Expr
    name: Name


@attrs.frozen(kw_only=True)
class Index(Expr):
    """``base[i, ...]``."""

    base: Expr
    indices: tuple[Expr, ...]


@attrs.frozen(kw_only=True)
class Slice(Expr):
    """``base[lower:upper]``."""

    base: Expr
    lower: Expr
    upper: Expr


@attrs.frozen(kw_only=True)
class Argument(Node):
    """An argument of a call; ``name`` is None for a positional one."""

    name: Name | None
    value: Expr


@attrs.frozen(kw_only=True)
class Apply(Expr):
    """``function(arguments)``."""

    function: Expr
    arguments: tuple[Argument, ...]
    trailing_comma: bool = attrs.field(default=False, eq=False)


@attrs.frozen(kw_only=True)
class CompFor(Node):
    """``for names in domain if condition``."""

    names: tuple[Name, ...]
    domain: Expr
    condition: Expr | None


@attrs.frozen(kw_only=True)
class Generator(Expr):
    """``body for ... for ...`` as the only argument of a call."""

    body: Expr
    clauses: tuple[CompFor, ...]


@attrs.frozen(kw_only=True)
class ListComp(Expr):
    """``[body for ...]``."""

    body: Expr
    clauses: tuple[CompFor, ...]


@attrs.frozen(kw_only=True)
class SetComp(Expr):
    """``{body for ...}``."""

    body: Expr
    clauses: tuple[CompFor, ...]


@attrs.frozen(kw_only=True)
class TupleExpr(Expr):
    """``(a, b)``."""

    items: tuple[Expr, ...]


@attrs.frozen(kw_only=True)
class ListExpr(Expr):
    """``[a, b]``."""

    items: tuple[Expr, ...]


@attrs.frozen(kw_only=True)
class Group(Expr):
    """``(inner)``; kept so that the formatter keeps parentheses."""

    inner: Expr


@attrs.frozen(kw_only=True)
class FileRef(Expr):
    """``file("path", ...)``."""

    path: String
    arguments: tuple[Argument, ...]


@attrs.frozen(kw_only=True)
class Unary(Expr):
    """``-x`` or ``not x``."""

    op: str
    operand: Expr


@attrs.frozen(kw_only=True)
class Binary(Expr):
    """``+ - * / // % ^ and or => ..``; ``..`` is a range."""

    op: str
    left: Expr
    right: Expr


@attrs.frozen(kw_only=True)
class Comparison(Expr):
    """``a < b <= c``: ``operators[i]`` stands between ``operands[i]`` and ``operands[i + 1]``.

    Operators are ``== != < <= > >= in``, ``not in``, ``is`` and ``is not``.
    """

    operands: tuple[Expr, ...]
    operators: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Conditional(Expr):
    """``then if test else otherwise``."""

    test: Expr
    then: Expr
    otherwise: Expr


# ---- types ------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class TypeExpr(Node):
    """Base of written types."""


@attrs.frozen(kw_only=True)
class Bounds(Node):
    """``[lower..upper]``, ``[lower..]`` or ``(lower..)``."""

    lower: Expr
    upper: Expr | None
    open_below: bool


@attrs.frozen(kw_only=True)
class NumberType(TypeExpr):
    """``int`` or ``real``, with bounds or without."""

    base: str
    bounds: Bounds | None


@attrs.frozen(kw_only=True)
class PlainType(TypeExpr):
    """``bool`` or ``string``."""

    base: str


@attrs.frozen(kw_only=True)
class NamedType(TypeExpr):
    """An enum, a type alias, or one of a module."""

    name: Dotted


@attrs.frozen(kw_only=True)
class OptionalType(TypeExpr):
    """``T?``."""

    element: TypeExpr


@attrs.frozen(kw_only=True)
class GroupType(TypeExpr):
    """``(T)``."""

    inner: TypeExpr


@attrs.frozen(kw_only=True)
class TupleTypeExpr(TypeExpr):
    """``(T, U)``."""

    items: tuple[TypeExpr, ...]


@attrs.frozen(kw_only=True)
class ArrayTypeExpr(TypeExpr):
    """``array[n, ...] of T``."""

    shape: tuple[Expr, ...]
    element: TypeExpr


@attrs.frozen(kw_only=True)
class SetTypeExpr(TypeExpr):
    """``set[a..b] of T``."""

    bounds: Bounds | None
    element: TypeExpr


@attrs.frozen(kw_only=True)
class SeqTypeExpr(TypeExpr):
    """``seq[a..b] of T``."""

    bounds: Bounds
    element: TypeExpr


@attrs.frozen(kw_only=True)
class MapTypeExpr(TypeExpr):
    """``map[K] of V``."""

    key: TypeExpr
    value: TypeExpr


@attrs.frozen(kw_only=True)
class GraphPart(Node):
    """A part of a graph type: ``nodes edges node edge port``."""

    kind: str
    name: Name | None = None
    bounds: Bounds | None = None
    type: TypeExpr | None = None


@attrs.frozen(kw_only=True)
class GraphTypeExpr(TypeExpr):
    """``digraph { ... }`` or ``graph { ... }``."""

    base: str
    parts: tuple[GraphPart, ...]


# ---- items ------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Item(Node):
    """Base of top-level items."""

    doc: str = ""


@attrs.frozen(kw_only=True)
class ImportModule(Item):
    """``import "path" as name``."""

    path: String
    alias: Name


@attrs.frozen(kw_only=True)
class ImportNames(Item):
    """``import "path" { names }``."""

    path: String
    names: tuple[Name, ...]


@attrs.frozen(kw_only=True)
class ParamDecl(Node):
    """``name: type = default``."""

    name: Name
    type: TypeExpr
    default: Expr | None
    doc: str = ""


@attrs.frozen(kw_only=True)
class Const(Item):
    """``const name: type = value``."""

    name: Name
    type: TypeExpr | None
    value: Expr


@attrs.frozen(kw_only=True)
class Param(Item):
    """``param name: type = default``."""

    declaration: ParamDecl


@attrs.frozen(kw_only=True)
class Enumeration(Item):
    """``enum name { members }``."""

    name: Name
    members: tuple[Name, ...]


@attrs.frozen(kw_only=True)
class TypeAlias(Item):
    """``type name = T``."""

    name: Name
    type: TypeExpr


@attrs.frozen(kw_only=True)
class Function(Item):
    """``fn name(params) -> T = body``."""

    name: Name
    params: tuple[ParamDecl, ...]
    result: TypeExpr | None
    body: Expr


@attrs.frozen(kw_only=True)
class Data(Item):
    """``data name: T = file(...)``."""

    name: Name
    type: TypeExpr
    value: Expr


@attrs.frozen(kw_only=True)
class Extern(Item):
    """``extern fn name(params) -> T { entries }``."""

    name: Name
    params: tuple[ParamDecl, ...]
    result: TypeExpr
    entries: tuple[Entry, ...]


# ---- environments and rewards -----------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Member(Node):
    """Base of what stands in an environment or a reward."""

    doc: str = ""


@attrs.frozen(kw_only=True)
class StateVar(Node):
    """``name: type = initial``."""

    name: Name
    type: TypeExpr
    initial: Expr | None
    doc: str = ""


@attrs.frozen(kw_only=True)
class State(Member):
    """``state { variables }``."""

    variables: tuple[StateVar, ...]


@attrs.frozen(kw_only=True)
class Let(Member):
    """``let name(args) = value``; ``arguments`` is None without parentheses."""

    name: Name
    arguments: tuple[Name, ...] | None
    value: Expr


@attrs.frozen(kw_only=True)
class Binder(Node):
    """``name in domain``."""

    name: Name
    domain: Expr


class EffectOp(Enum):
    """How an effect writes."""

    ASSIGN = "="
    INCREMENT = "+="
    FILL = ":="


@attrs.frozen(kw_only=True)
class Write(Node):
    """``target op value``; ``target`` is a Var, Attribute or Index expression."""

    target: Expr
    op: EffectOp
    value: Expr


@attrs.frozen(kw_only=True)
class Update(Node):
    """``target.method(arguments)``."""

    target: Expr
    method: Name
    arguments: tuple[Argument, ...]


@attrs.frozen(kw_only=True)
class Action(Member):
    """``action name(binders) when guard { effects }``."""

    name: Name
    binders: tuple[Binder, ...]
    guard: Expr | None
    effects: tuple[Write | Update, ...]


@attrs.frozen(kw_only=True)
class Stop(Member):
    """``stop when condition``."""

    condition: Expr | None


@attrs.frozen(kw_only=True)
class Terminal(Member):
    """``terminal when condition``."""

    condition: Expr


@attrs.frozen(kw_only=True)
class Measure(Member):
    """``measure value``."""

    value: Expr


@attrs.frozen(kw_only=True)
class Invariant(Member):
    """``invariant condition``."""

    condition: Expr


@attrs.frozen(kw_only=True)
class Assert(Member):
    """``assert condition, "message"``."""

    condition: Expr
    message: String | None


@attrs.frozen(kw_only=True)
class Assume(Member):
    """``assume O5 because "reason"``."""

    obligation: Name
    reason: String


@attrs.frozen(kw_only=True)
class Symmetry(Member):
    """``symmetry call``."""

    call: Apply


@attrs.frozen(kw_only=True)
class Scope(Member):
    """``scope { entries }``."""

    entries: tuple[Entry, ...]


@attrs.frozen(kw_only=True)
class ObjectDecl(Member):
    """``object value``."""

    value: Expr


@attrs.frozen(kw_only=True)
class RewardValue(Member):
    """``R = value``, ``logR = value``, ``beta = value`` or ``floor = value``: see ``key``."""

    key: str
    value: Expr


@attrs.frozen(kw_only=True)
class Mode(Member):
    """``mode when condition``."""

    condition: Expr


@attrs.frozen(kw_only=True)
class Environment(Item):
    """``environment name(params) { members }``."""

    name: Name
    params: tuple[ParamDecl, ...]
    members: tuple[Member, ...]


@attrs.frozen(kw_only=True)
class EnvironmentAlias(Item):
    """``environment name = call``."""

    name: Name
    call: Apply


@attrs.frozen(kw_only=True)
class Reward(Item):
    """``reward name(params) for environments { members }``."""

    name: Name
    params: tuple[ParamDecl, ...]
    environments: tuple[Dotted, ...]
    members: tuple[Member, ...]


@attrs.frozen(kw_only=True)
class RewardAlias(Item):
    """``reward name = call``."""

    name: Name
    call: Apply


# ---- experiments and sweeps -------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Entry(Node):
    """Base of what stands in an experiment, a scope or an extern."""

    doc: str = ""


@attrs.frozen(kw_only=True)
class Set(Entry):
    """``path = value``; with ``append`` it is ``path += value``."""

    path: Dotted
    value: Expr
    append: bool = False


@attrs.frozen(kw_only=True)
class Section(Entry):
    """``path { entries }``."""

    path: Dotted
    entries: tuple[Entry, ...]


@attrs.frozen(kw_only=True)
class Every(Entry):
    """``every N { entries }``."""

    interval: Expr
    entries: tuple[Entry, ...]


@attrs.frozen(kw_only=True)
class Experiment(Item):
    """``experiment name extends base { entries }``."""

    name: Name
    base: Dotted | None
    entries: tuple[Entry, ...]


@attrs.frozen(kw_only=True)
class SweepItem(Node):
    """A line of a sweep.

    ``kind`` is one of grid zip sample samples seeds skip also; ``paths`` the settings it moves,
    ``values`` its expressions (``samples n seed s`` has two), ``entries`` the body of ``also``.
    """

    kind: str
    paths: tuple[Dotted, ...] = ()
    values: tuple[Expr, ...] = ()
    entries: tuple[Entry, ...] = ()
    doc: str = ""


@attrs.frozen(kw_only=True)
class Sweep(Item):
    """``sweep name of experiment { items }``."""

    name: Name
    base: Dotted
    items: tuple[SweepItem, ...]


@attrs.frozen(kw_only=True)
class Comment:
    """A comment of the source: ``text`` with its mark, ``doc`` for ``##`` lines."""

    text: str
    span: Span = attrs.field(eq=False, repr=False)
    doc: bool = False


@attrs.frozen(kw_only=True)
class Module(Node):
    """A file: the items that could be parsed, in order, and all comments."""

    version: str | None
    items: tuple[Item, ...]
    comments: tuple[Comment, ...] = attrs.field(default=(), eq=False)


@attrs.frozen(kw_only=True)
class Override(Node):
    """``path = value`` of ``-s``."""

    path: Dotted
    value: Expr
