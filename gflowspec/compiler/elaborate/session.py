"""What one elaboration carries along: findings, limits, fresh names, and the names in scope."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from gflowspec.compiler.elaborate.facts import Facts
from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag
from gflowspec.core.frozen import Frozen
from gflowspec.core.schema import Vocabulary
from gflowspec.core.source import Span
from gflowspec.core.types import ErrorType, Type
from gflowspec.ir.expr import Aggregate, Bound, Call, Const, Expr, Generator, StateVar, children
from gflowspec.ir.extern import Extern, ExternCall
from gflowspec.lang import ast
from gflowspec.lang.symbols import Symbol, SymbolTable, Tables

#: Expressions of the text that one elaboration visits, lets and functions expanded.
MAX_VISITS = 100_000
#: Depth of an elaborated expression.
MAX_DEPTH = 150
#: Depth of the text while lets and functions are expanded.
MAX_NESTING = 600
#: Aliases between a name and a declaration.
MAX_ALIASES = 50
#: Nodes of an elaborated expression.
MAX_SIZE = 200_000
#: Steps of constant evaluation of one file.
MAX_STEPS = 10_000_000
#: Elements of a constant collection.
MAX_ELEMENTS = 1_000_000


@attrs.frozen(eq=False, repr=False)
class Value(Frozen):
    """A name that stands for an elaborated expression."""

    expr: Expr


@attrs.frozen(eq=False, repr=False)
class Macro(Frozen):
    """A let: elaborated anew at each use, with the names around its declaration."""

    let: ast.Let
    module: str
    names: Callable[[], Mapping[str, Local]]


@attrs.frozen(eq=False, repr=False)
class Meaning(Frozen, metaclass=ABCMeta):
    """A name whose expression is made anew at each use, with loop variables of its own."""

    @abstractmethod
    def value(self, span: Span, context: Context) -> Expr:
        """What the name stands for."""


Local = Value | Macro | Meaning


@attrs.frozen(eq=False, repr=False)
class Measure(Frozen):
    """Size of an elaborated expression.

    ``free`` holds the bound names it reads, and ``""`` if it reads the state or counts states.
    """

    depth: int
    size: int
    cost: int
    free: frozenset[str]


@attrs.define
class Session:
    """The mutable part of an elaboration."""

    tables: Tables
    visit: Callable[[ast.Expr, Context], Expr]
    settings: Mapping[str, Argument] = attrs.field(factory=dict)
    #: Key of the file that is checked.
    root: str = ""
    vocabulary: Vocabulary | None = None
    bag: DiagnosticBag = attrs.field(factory=DiagnosticBag)
    #: Errors so far: those reported here, and each meeting with what was reported before.
    errors: int = 0
    #: Those that were reported here.
    reported: int = 0
    #: Data files that are not here, by the name of their declaration, as often as they were read.
    unknown: list[str] = attrs.field(factory=list)
    #: Values of all data files that were read.
    table_values: int = 0
    visits: int = 0
    nesting: int = 0
    nested_too_deeply: bool = False
    steps: int = 0
    #: Which collection of findings is in use; 0 is the one that is shown.
    aside_number: int = 0
    #: Lets without arguments, expanded: by declaration, knowledge and collection of findings.
    expansions: dict[tuple[int, int, int], tuple[Facts, Expr]] = attrs.field(factory=dict)
    constants: dict[tuple[str, str], Expr] = attrs.field(factory=dict)
    types: dict[tuple[str, str], Type] = attrs.field(factory=dict)
    #: Functions in Python; None where the declaration was reported.
    externs: dict[tuple[str, str], Extern | None] = attrs.field(factory=dict)
    #: Constants, lets and functions that are being expanded; a cycle was reported before.
    active: list[int] = attrs.field(factory=list)
    _fresh: int = 0
    _asides: int = 0
    _measures: dict[int, tuple[Expr, Measure]] = attrs.field(factory=dict)

    def report(self, diagnostic: Diagnostic) -> Expr:
        """Keep a finding; returns the poisoned expression that stands for what it is about."""
        self.bag.add(diagnostic)
        self.errors += diagnostic.is_error
        self.reported += diagnostic.is_error
        return ERROR

    def fresh(self, name: str) -> str:
        """A name for a generator variable that occurs nowhere else in the instance."""
        self._fresh += 1
        return f"{name}#{self._fresh}"

    @contextmanager
    def aside(self) -> Iterator[DiagnosticBag]:
        """Collect findings in a bag of their own while the block runs."""
        outer, number = self.bag, self.aside_number
        errors, reported = self.errors, self.reported
        self._asides += 1
        self.bag, self.aside_number = DiagnosticBag(), self._asides
        try:
            yield self.bag
        finally:
            self.bag, self.aside_number = outer, number
            self.errors, self.reported = errors, reported

    def restart_names(self) -> None:
        """Begin a new instance: equal instances get equal names."""
        self._fresh = 0
        self.expansions.clear()

    @property
    def exhausted(self) -> bool:
        """Whether the limit of visits or steps was passed, and reported."""
        return self.visits > MAX_VISITS or self.steps > MAX_STEPS

    def measure(self, expr: Expr) -> Measure:
        """Depth, cost and free names; constant time where the parts were measured before."""
        known = self._measures.get(id(expr))
        if known is not None:
            return known[1]
        found = _measure(expr, self.measure)
        self._measures[id(expr)] = (expr, found)
        return found


def _measure(expr: Expr, of: Callable[[Expr], Measure]) -> Measure:
    match expr:
        case Const():
            return Measure(1, 1, 1, frozenset())
        case StateVar():
            return Measure(1, 1, 1, frozenset({""}))
        case Bound():
            return Measure(1, 1, 1, frozenset({expr.name}))
        case Aggregate():
            return _measure_aggregate(expr, of)
    parts = [of(child) for child in children(expr)]
    free = frozenset().union(*(part.free for part in parts))
    if isinstance(expr, ExternCall) or (isinstance(expr, Call) and expr.function == "count"):
        free |= {""}  # it has no value before something is run
    cost = 1 + sum(part.cost for part in parts)
    if isinstance(expr, Call) and expr.function == "draw_ints":
        cost += MAX_ELEMENTS // 100
    depth = 1 + max((part.depth for part in parts), default=0)
    return Measure(depth, 1 + sum(part.size for part in parts), cost, free)


def _measure_aggregate(expr: Aggregate, of: Callable[[Expr], Measure]) -> Measure:
    inner = of(expr.body)
    depth, size, cost, free = inner.depth, inner.size, inner.cost, inner.free
    for generator in reversed(expr.generators):
        parts = [of(part) for part in _of_generator(generator)]
        bound = frozenset({generator.variable})
        if generator.condition is not None:
            cost += parts[-1].cost
            free |= parts[-1].free
        free = (free - bound) | parts[0].free
        cost = parts[0].cost + (cost + 1) * len(generator.carrier)
        depth = max(depth, *(part.depth for part in parts))
        size += sum(part.size for part in parts)
    return Measure(depth + 1, size + 1, cost, free)


def _of_generator(generator: Generator) -> list[Expr]:
    return [generator.domain] + ([] if generator.condition is None else [generator.condition])


ERROR = Const(type=ErrorType(), value=None)


def is_error(expr: Expr) -> bool:
    """Whether an expression was reported already."""
    return isinstance(expr.type, ErrorType)


def any_error(exprs: Iterable[Expr]) -> bool:
    """Whether one of them was reported already."""
    return any(is_error(expr) for expr in exprs)


@attrs.frozen(eq=False, repr=False)
class Argument(Frozen):
    """A value given to a parameter.

    Attributes:
        value: An expression of the text, or a plain Python value.
        span: The value in the text.
        source: ``default``, ``file:line:column`` or ``command line``.
        module: The file whose names the expression sees.
        name_span: The name of the parameter, where it is given by name.
        reports_names: Whether undefined names in the value are still to be reported.
    """

    value: ast.Expr | Any
    span: Span | None = None
    source: str = "default"
    module: str = ""
    name_span: Span | None = None
    reports_names: bool = False


@attrs.frozen(eq=False, repr=False)
class Context(Frozen):
    """Where an expression stands.

    Attributes:
        session: What the elaboration carries along.
        module: Key of the file whose names are in scope.
        names: Local names.
        facts: What is known here.
        counts: Whether ``count(states)`` may stand here.
        reports_names: Whether undefined names are still to be reported (overrides and settings,
            which name resolution does not read).
        takes: What may stand here, in words, where the expression is the value of a setting.
    """

    session: Session
    module: str
    names: Mapping[str, Local] = attrs.field(factory=dict)
    facts: Facts = attrs.field(factory=Facts)
    counts: bool = False
    reports_names: bool = False
    takes: str = ""

    def of(self, node: ast.Expr) -> Expr:
        """Elaborate an expression here."""
        return self.session.visit(node, self)

    def report(self, diagnostic: Diagnostic) -> Expr:
        """Keep a finding; returns the poisoned expression."""
        return self.session.report(diagnostic)

    def given(self, condition: Expr | None) -> Context:
        """The same place where ``condition`` holds."""
        if condition is None or is_error(condition):
            return self
        return attrs.evolve(self, facts=self.facts.given(condition))

    def unless(self, condition: Expr) -> Context:
        """The same place where ``condition`` does not hold."""
        if is_error(condition):
            return self
        return attrs.evolve(self, facts=self.facts.unless(condition))

    def binding(self, names: Mapping[str, Local]) -> Context:
        """The same place with more names."""
        return attrs.evolve(self, names={**self.names, **names})

    @property
    def table(self) -> SymbolTable:
        """Top-level names."""
        return self.session.tables.of(self.module)

    def symbol(self, parts: tuple[str, ...]) -> Symbol | None:
        """The top-level symbol of a dotted name."""
        return self.session.tables.find(self.module, parts)


def constant(of: Type, value: Any, span: Any = None) -> Const:
    """A constant of the IR."""
    return Const(type=of, value=value, span=span)
