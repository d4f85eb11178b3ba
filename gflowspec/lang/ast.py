"""The syntax tree: frozen nodes, one to one with the grammar. Nothing here checks anything.

Spans do not take part in equality, so two texts that differ in layout only give equal trees.
``doc`` holds the text of the ``##`` lines in front of a declaration, without the marks.
"""

from __future__ import annotations

from enum import Enum

import attrs

from gflowspec.core.frozen import Frozen
from gflowspec.core.source import Span


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Node(Frozen):
    """Base of all nodes: two are equal if they are of one class and all but their places agree."""

    span: Span = attrs.field(eq=False, repr=False)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Name(Node):
    """An identifier with its place."""

    text: str


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Dotted(Node):
    """``a.b.c``: a reference, or the path of a setting."""

    parts: tuple[Name, ...]

    @property
    def text(self) -> str:
        """The parts joined by dots."""
        return ".".join(part.text for part in self.parts)


# ---- expressions ------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Expr(Node):
    """Base of expressions."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Number(Expr):
    """A number as it was spelled: ``1_000``, ``0xff``, ``1e-3``."""

    text: str


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Quantity(Expr):
    """A number with a unit, as it was spelled: ``30min``, ``64KiB``."""

    text: str


@attrs.frozen(kw_only=True, eq=False, repr=False)
class String(Expr):
    """A string; ``text`` is the spelling with its quotes, ``value`` what it means."""

    text: str
    value: str


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Bool(Expr):
    """``true`` or ``false``."""

    value: bool


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Empty(Expr):
    """``empty``."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class WholeState(Expr):
    """``state``."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Var(Expr):
    """A name used as a value."""

    name: str


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Attribute(Expr):
    """``base.name``."""

    base: Expr
    name: Name


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Index(Expr):
    """``base[i, ...]``."""

    base: Expr
    indices: tuple[Expr, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Slice(Expr):
    """``base[lower:upper]``."""

    base: Expr
    lower: Expr
    upper: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Argument(Node):
    """An argument of a call; ``name`` is None for a positional one."""

    name: Name | None
    value: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Apply(Expr):
    """``function(arguments)``."""

    function: Expr
    arguments: tuple[Argument, ...]
    trailing_comma: bool = attrs.field(default=False, eq=False)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CompFor(Node):
    """``for names in domain if condition``."""

    names: tuple[Name, ...]
    domain: Expr
    condition: Expr | None


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Generator(Expr):
    """``body for ... for ...`` as the only argument of a call."""

    body: Expr
    clauses: tuple[CompFor, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ListComp(Expr):
    """``[body for ...]``."""

    body: Expr
    clauses: tuple[CompFor, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SetComp(Expr):
    """``{body for ...}``."""

    body: Expr
    clauses: tuple[CompFor, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TupleExpr(Expr):
    """``(a, b)``."""

    items: tuple[Expr, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ListExpr(Expr):
    """``[a, b]``."""

    items: tuple[Expr, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Group(Expr):
    """``(inner)``; kept so that the formatter keeps parentheses."""

    inner: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FileRef(Expr):
    """``file("path", ...)``."""

    path: String
    arguments: tuple[Argument, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Unary(Expr):
    """``-x`` or ``not x``."""

    op: str
    operand: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Binary(Expr):
    """``+ - * / // % ^ and or => ..``; ``..`` is a range."""

    op: str
    left: Expr
    right: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Comparison(Expr):
    """``a < b <= c``: ``operators[i]`` stands between ``operands[i]`` and ``operands[i + 1]``.

    Operators are ``== != < <= > >= in``, ``not in``, ``is`` and ``is not``.
    """

    operands: tuple[Expr, ...]
    operators: tuple[str, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Conditional(Expr):
    """``then if test else otherwise``."""

    test: Expr
    then: Expr
    otherwise: Expr


# ---- types ------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TypeExpr(Node):
    """Base of written types."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Bounds(Node):
    """``[lower..upper]``, ``[lower..]`` or ``(lower..)``."""

    lower: Expr
    upper: Expr | None
    open_below: bool


@attrs.frozen(kw_only=True, eq=False, repr=False)
class NumberType(TypeExpr):
    """``int`` or ``real``, with bounds or without."""

    base: str
    bounds: Bounds | None


@attrs.frozen(kw_only=True, eq=False, repr=False)
class PlainType(TypeExpr):
    """``bool`` or ``string``."""

    base: str


@attrs.frozen(kw_only=True, eq=False, repr=False)
class NamedType(TypeExpr):
    """An enum, a type alias, or one of a module."""

    name: Dotted


@attrs.frozen(kw_only=True, eq=False, repr=False)
class OptionalType(TypeExpr):
    """``T?``."""

    element: TypeExpr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class GroupType(TypeExpr):
    """``(T)``."""

    inner: TypeExpr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TupleTypeExpr(TypeExpr):
    """``(T, U)``."""

    items: tuple[TypeExpr, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ArrayTypeExpr(TypeExpr):
    """``array[n, ...] of T``."""

    shape: tuple[Expr, ...]
    element: TypeExpr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SetTypeExpr(TypeExpr):
    """``set[a..b] of T``."""

    bounds: Bounds | None
    element: TypeExpr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SeqTypeExpr(TypeExpr):
    """``seq[a..b] of T``."""

    bounds: Bounds
    element: TypeExpr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class MapTypeExpr(TypeExpr):
    """``map[K] of V``."""

    key: TypeExpr
    value: TypeExpr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class GraphPart(Node):
    """A part of a graph type: ``nodes edges node edge port``."""

    kind: str
    name: Name | None = None
    bounds: Bounds | None = None
    type: TypeExpr | None = None


@attrs.frozen(kw_only=True, eq=False, repr=False)
class GraphTypeExpr(TypeExpr):
    """``digraph { ... }`` or ``graph { ... }``."""

    base: str
    parts: tuple[GraphPart, ...]


# ---- items ------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Item(Node):
    """Base of top-level items."""

    doc: str = ""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Pin(Node):
    """``, sha256 = "..."`` behind the path of an import."""

    name: Name
    value: String


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ImportModule(Item):
    """``import "path" as name``."""

    path: String
    pin: Pin | None
    alias: Name


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ImportNames(Item):
    """``import "path" { names }``."""

    path: String
    pin: Pin | None
    names: tuple[Name, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ParamDecl(Node):
    """``name: type = default``."""

    name: Name
    type: TypeExpr
    default: Expr | None
    doc: str = ""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Const(Item):
    """``const name: type = value``."""

    name: Name
    type: TypeExpr | None
    value: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Param(Item):
    """``param name: type = default``."""

    declaration: ParamDecl


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Enumeration(Item):
    """``enum name { members }``."""

    name: Name
    members: tuple[Name, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TypeAlias(Item):
    """``type name = T``."""

    name: Name
    type: TypeExpr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Function(Item):
    """``fn name(params) -> T = body``."""

    name: Name
    params: tuple[ParamDecl, ...]
    result: TypeExpr | None
    body: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Data(Item):
    """``data name: T = file(...)``."""

    name: Name
    type: TypeExpr
    value: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Extern(Item):
    """``extern fn name(params) -> T { entries }``."""

    name: Name
    params: tuple[ParamDecl, ...]
    result: TypeExpr
    entries: tuple[Entry, ...]


# ---- environments and rewards -----------------------------------------------------------------


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Member(Node):
    """Base of what stands in an environment or a reward."""

    doc: str = ""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class StateVar(Node):
    """``name: type = initial``."""

    name: Name
    type: TypeExpr
    initial: Expr | None
    doc: str = ""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class State(Member):
    """``state { variables }``."""

    variables: tuple[StateVar, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Let(Member):
    """``let name(args) = value``; ``arguments`` is None without parentheses."""

    name: Name
    arguments: tuple[Name, ...] | None
    value: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Binder(Node):
    """``name in domain``."""

    name: Name
    domain: Expr


class EffectOp(Enum):
    """How an effect writes."""

    ASSIGN = "="
    INCREMENT = "+="
    FILL = ":="


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Write(Node):
    """``target op value``; ``target`` is a Var, Attribute or Index expression."""

    target: Expr
    op: EffectOp
    value: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Update(Node):
    """``target.method(arguments)``."""

    target: Expr
    method: Name
    arguments: tuple[Argument, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Action(Member):
    """``action name(binders) when guard { effects }``."""

    name: Name
    binders: tuple[Binder, ...]
    guard: Expr | None
    effects: tuple[Write | Update, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Stop(Member):
    """``stop when condition``."""

    condition: Expr | None


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Terminal(Member):
    """``terminal when condition``."""

    condition: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Measure(Member):
    """``measure value``."""

    value: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Invariant(Member):
    """``invariant condition``."""

    condition: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Assert(Member):
    """``assert condition, "message"``."""

    condition: Expr
    message: String | None


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Assume(Member):
    """``assume O5 because "reason"``."""

    obligation: Name
    reason: String


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Symmetry(Member):
    """``symmetry call``."""

    call: Apply


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Scope(Member):
    """``scope { entries }``."""

    entries: tuple[Entry, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ObjectDecl(Member):
    """``object value``."""

    value: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RewardValue(Member):
    """``R = value``, ``logR = value``, ``beta = value`` or ``floor = value``: see ``key``."""

    key: str
    value: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Mode(Member):
    """``mode when condition``."""

    condition: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Environment(Item):
    """``environment name(params) { members }``."""

    name: Name
    params: tuple[ParamDecl, ...]
    members: tuple[Member, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class EnvironmentAlias(Item):
    """``environment name = call``."""

    name: Name
    call: Apply


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Reward(Item):
    """``reward name(params) for environments { members }``."""

    name: Name
    params: tuple[ParamDecl, ...]
    environments: tuple[Dotted, ...]
    members: tuple[Member, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RewardAlias(Item):
    """``reward name = call``."""

    name: Name
    call: Apply


# ---- experiments and sweeps -------------------------------------------------------------------


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Entry(Node):
    """Base of what stands in an experiment, a scope or an extern."""

    doc: str = ""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Set(Entry):
    """``path = value``; with ``append`` it is ``path += value``."""

    path: Dotted
    value: Expr
    append: bool = False


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Section(Entry):
    """``path { entries }``."""

    path: Dotted
    entries: tuple[Entry, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Every(Entry):
    """``every N { entries }``."""

    interval: Expr
    entries: tuple[Entry, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Experiment(Item):
    """``experiment name extends base { entries }``."""

    name: Name
    base: Dotted | None
    entries: tuple[Entry, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
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


@attrs.frozen(kw_only=True, eq=False, repr=False)
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


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Module(Node):
    """A file: the items that could be parsed, in order, and all comments."""

    version: str | None
    items: tuple[Item, ...]
    comments: tuple[Comment, ...] = attrs.field(default=(), eq=False)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Override(Node):
    """``path = value`` of ``-s``."""

    path: Dotted
    value: Expr
