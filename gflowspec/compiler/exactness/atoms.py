"""What an expression reads, one atom for each component or variable, and when that fits a table.

The state components and bound variables that an expression reads are its *atoms*. They are
replaced by fresh names, so that two places of a program that differ only in which component they
read share one table. Nothing here needs torch: `check` asks the same questions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import product
from typing import Any

import attrs

from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    SlotType,
    Type,
    cardinality,
)
from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import (
    Aggregate,
    Binary,
    Bound,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    Generator,
    Index,
    Logic,
    StateVar,
    Unary,
    walk,
)
from gflowspec.ir.extern import ExternCall
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import bound_key, compile_expr

# Integer expressions are exact without a table, so theirs stay small: evaluation takes about
# 10 us an entry.
LARGEST_FOR_SPEED = 4096


@attrs.frozen(eq=False)
class Atom:
    """Something a tabulated expression reads.

    Attributes:
        source: The sub-expression that reads it.
        name: What stands for it in the tabulated expression.
        domain: Its values in the order of its numbers, which are consecutive.
    """

    source: Expr
    name: str
    domain: tuple[Any, ...]

    @property
    def is_state(self) -> bool:
        """Whether it is a component of the state."""
        return not isinstance(self.source, Bound)


@attrs.frozen(eq=False)
class Abstracted:
    """An expression whose atoms were given names."""

    expr: Expr
    atoms: tuple[Atom, ...]

    @property
    def entries(self) -> int:
        """Number of combinations."""
        count = 1
        for atom in self.atoms:
            count *= len(atom.domain)
        return count


class Abstraction:
    """Finds the atoms of expressions of one environment, and decides what becomes a table."""

    def __init__(self, environment: Environment, limit: int) -> None:
        self._types = {variable.name: variable.type for variable in environment.state}
        self._limit = limit

    @property
    def limit(self) -> int:
        """Most entries of a table."""
        return self._limit

    def abstract(self, expr: Expr, domains: Mapping[str, tuple[Any, ...]]) -> Abstracted | None:
        """The expression over its atoms, or None if it reads more than a table can hold.

        Args:
            expr: The expression.
            domains: Values of the bound variables in scope.
        """
        collector = _Collector(self._types, domains, self._limit)
        try:
            replaced = collector.replace(expr, frozenset())
        except _NotTabular:
            return None
        abstracted = Abstracted(replaced, tuple(collector.atoms.values()))
        return abstracted if abstracted.entries <= self._limit else None

    def wanted(self, expr: Expr, abstracted: Abstracted) -> bool:
        """Whether a table serves better than the operations of the expression itself."""
        components = sum(atom.is_state for atom in abstracted.atoms)
        if components > 1 or not abstracted.atoms:
            return False
        if any(_is_array(atom) for atom in abstracted.atoms):
            # Its values are many before its operations are.
            return needs_table(expr) and abstracted.entries <= LARGEST_FOR_SPEED
        if needs_table(expr):
            return True
        reads = 1 if len(abstracted.atoms) == 1 else 3
        return operations(expr) > reads and abstracted.entries <= LARGEST_FOR_SPEED


def _is_array(atom: Atom) -> bool:
    return isinstance(atom.source.type, ArrayType)


def entries(abstracted: Abstracted) -> list[Any] | None:
    """The values of an expression for all combinations, row-major; None if it never has one."""
    code = compile_expr(abstracted.expr)
    names = [bound_key(atom.name) for atom in abstracted.atoms]
    values: list[Any] = []
    undefined: set[int] = set()
    for row in product(*(atom.domain for atom in abstracted.atoms)):
        try:
            values.append(code(dict(zip(names, row, strict=True))))
        except (EvaluationError, TypeError):
            # No program asks for this entry: something before it says that the slot is filled,
            # or that the index exists.
            undefined.add(len(values))
            values.append(None)
    filler = next((value for i, value in enumerate(values) if i not in undefined), None)
    if len(undefined) == len(values):
        return None
    return [filler if i in undefined else value for i, value in enumerate(values)]


def needs_table(expr: Expr) -> bool:
    """Whether the operations themselves would be inexact, or many."""
    return any(
        isinstance(node, Aggregate)
        or (isinstance(node, Call) and node.function not in _LIGHT)
        or (isinstance(node, Binary) and node.op not in "+-*")
        or (isinstance(node, Const) and not isinstance(node.value, int | tuple | None))
        for node in walk(expr)
    )


def operations(expr: Expr) -> int:
    """About how many operations the expression takes; reading an atom takes none."""
    counted = (Unary, Binary, Compare, Logic, Conditional, Call)
    return sum(isinstance(node, counted) for node in walk(expr))


_LIGHT = frozenset(
    (
        *("indicator", "number_of", "abs", "min", "max", "clip", "or_else"),
        # Exact, and a table over all graphs is large before it is of use.
        *("reaches", "acyclic", "connected"),
    )
)


def is_static(domain: Expr) -> bool:
    """Whether a domain has the same values everywhere."""
    own = {g.variable for e in walk(domain) if isinstance(e, Aggregate) for g in e.generators}
    return not any(
        isinstance(node, StateVar) or (isinstance(node, Bound) and node.name not in own)
        for node in walk(domain)
    )


class _NotTabular(Exception):
    """The expression reads something without a small set of values."""


class _Collector:
    """Replaces the atoms of one expression."""

    def __init__(
        self, types: Mapping[str, Type], domains: Mapping[str, tuple[Any, ...]], limit: int
    ) -> None:
        self._types = types
        self._domains = domains
        self._limit = limit
        self.atoms: dict[Expr, Atom] = {}

    def replace(self, expr: Expr, inner: frozenset[str]) -> Expr:
        """``expr`` with names for its atoms; ``inner`` are variables of its own generators."""
        if isinstance(expr, Const) or (isinstance(expr, Bound) and expr.name in inner):
            return expr
        component = _component(expr, inner)
        if component is not None:
            # The declared type: that of the expression may be narrowed to filled slots.
            array = self._types[component]
            element = array.element if isinstance(array, ArrayType) else array
            return self._name(expr, component_domain(element, self._limit))
        match expr:
            case ExternCall():
                raise _NotTabular  # it has a table of its own
            case Bound(name=name):
                return self._name(expr, self._domains.get(name))
            case StateVar(name=name):
                return self._name(expr, component_domain(self._types[name], self._limit))
            case Aggregate(kind=kind, body=body, generators=generators):
                return self._aggregate(expr, kind, body, generators, inner)
            case _:
                return _rebuild(expr, lambda child: self.replace(child, inner))

    def _aggregate(
        self,
        expr: Aggregate,
        kind: str,
        body: Expr,
        generators: tuple[Generator, ...],
        inner: frozenset[str],
    ) -> Expr:
        replaced = []
        for generator in generators:
            domain = self.replace(generator.domain, inner)
            inner = inner | {generator.variable}
            condition = generator.condition
            replaced.append(
                Generator(
                    generator.variable,
                    domain,
                    generator.carrier,
                    None if condition is None else self.replace(condition, inner),
                )
            )
        new_body = self.replace(body, inner)
        return Aggregate(kind, new_body, tuple(replaced), type=expr.type, span=expr.span)

    def _name(self, expr: Expr, domain: tuple[Any, ...] | None) -> Expr:
        if domain is None:
            raise _NotTabular
        if expr not in self.atoms:
            self.atoms[expr] = Atom(expr, f"#{len(self.atoms)}", domain)
        return Bound(self.atoms[expr].name, type=expr.type, span=expr.span)


def _component(expr: Expr, inner: frozenset[str]) -> str | None:
    """The variable, if an expression is one of its locations at an address known in advance."""
    if not isinstance(expr, Index) or not isinstance(expr.base, StateVar):
        return None
    shape = expr.base.type.shape if isinstance(expr.base.type, ArrayType) else ()
    if len(expr.indices) != len(shape):
        return None
    parts = [node for index in expr.indices for node in walk(index)]
    moves = any(
        isinstance(node, StateVar) or (isinstance(node, Bound) and node.name in inner)
        for node in parts
    )
    return None if moves else expr.base.name


@lru_cache(maxsize=64)
def component_domain(of: Type, limit: int) -> tuple[Any, ...] | None:
    """All values of a state component in the order of its codes, if they are few enough."""
    size = cardinality(of)
    if size is None or size > limit:
        return None
    match of:
        case IntType(lo, hi) if lo is not None and hi is not None:
            return tuple(range(lo, hi + 1))
        case BoolType():
            return (False, True)
        case EnumType(_, members):
            return tuple(range(len(members)))
        case SlotType(element):
            inner = component_domain(element, limit)
            return None if inner is None else (None, *inner)
        case ArrayType():
            inner = component_domain(of.element, limit)
            return None if inner is None else tuple(product(inner, repeat=of.size))
        case _:
            return None


def _rebuild(expr: Expr, replace: Callable[[Expr], Expr]) -> Expr:
    """The node with its direct sub-expressions replaced."""
    changes: dict[str, Any] = {}
    for field in attrs.fields(type(expr)):
        value = getattr(expr, field.name)
        if isinstance(value, Expr):
            changes[field.name] = replace(value)
        elif isinstance(value, tuple) and value and all(isinstance(v, Expr) for v in value):
            changes[field.name] = tuple(replace(item) for item in value)
    return attrs.evolve(expr, **changes)
