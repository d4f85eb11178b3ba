"""Which comparisons no exact lane can make, told from the expressions alone.

Follows ``lower`` and ``arithmetic`` with intervals instead of tensors: tables, int64 over a common
denominator below 2^62, float64. So ``check`` can name the comparisons that rounding may decide,
without torch. A test compares it with what is lowered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import reduce
from math import prod
from typing import Any

import attrs

from gflowspec.compiler.exactness.atoms import Abstraction, entries, is_static
from gflowspec.compiler.exactness.held import (
    BINARY,
    TRUTH,
    Held,
    Lane,
    add,
    as_number,
    cause_of,
    common,
    exactly,
    hull,
    integer,
    multiplied,
    negated,
    of_component,
    of_constants,
    summed,
)
from gflowspec.core.source import Span
from gflowspec.core.types import ArrayType, BoolType, IntType, Type
from gflowspec.ir.environment import Binder, Environment
from gflowspec.ir.expr import (
    Aggregate,
    Binary,
    Bound,
    Call,
    Collection,
    Compare,
    Conditional,
    Const,
    Expr,
    Generator,
    Index,
    Logic,
    Range,
    Slice,
    StateVar,
    Unary,
    Updated,
    children,
)

_ROUNDED = 1 << 53
_TRUTHS = frozenset({"filled", "distinct", "reaches", "acyclic", "connected"})
_COUNTS = frozenset({"count_filled", "hamming", "len"})
_ROUNDINGS = frozenset({"floor", "ceil", "round"})
_ELEMENTS = frozenset({"reverse", "sorted", "concat", "values"})


@attrs.frozen
class FloatComparison:
    """A comparison that is made in float64: its place, and what made a side of it inexact."""

    span: Span | None
    cause: str


class Lanes:
    """The lanes that the expressions of one environment take."""

    def __init__(self, environment: Environment, table_limit: int) -> None:
        self._abstraction = Abstraction(environment, table_limit)
        self._types = {variable.name: variable.type for variable in environment.state}
        self._domains: dict[str, tuple[Any, ...]] = {}
        self._bound: dict[str, Held] = {}
        self._found: list[FloatComparison] = []

    def comparisons(
        self, expr: Expr, binders: Iterable[Binder] = ()
    ) -> tuple[FloatComparison, ...]:
        """The comparisons of a condition that are made in float64."""
        self._found = []
        with self._scope():
            for binder in binders:
                self._bind(binder.name, binder.carrier, binder.type)
            self._held(expr)
        return tuple(dict.fromkeys(self._found))

    # ---- scope --------------------------------------------------------------------------------

    @contextmanager
    def _scope(self) -> Iterator[None]:
        domains, bound = dict(self._domains), dict(self._bound)
        try:
            yield
        finally:
            self._domains, self._bound = domains, bound

    def _bind(self, name: str, values: tuple[Any, ...], of: Type) -> None:
        self._domains[name] = values
        self._bound[name] = attrs.evolve(of_constants(values, of), amount=None)

    def _generator(self, generator: Generator) -> int:
        """Binds a variable; how many values it ranges over at most."""
        name, domain = generator.variable, generator.domain
        if not generator.carrier:
            return 0
        set_like = isinstance(domain, Aggregate) and domain.kind == "set"
        if is_static(domain) or isinstance(domain, Range) or set_like:
            self._bind(name, generator.carrier, _element(domain.type))
        else:
            self._domains.pop(name, None)
            self._bound[name] = attrs.evolve(self._held(domain), amount=None)
        if generator.condition is not None:
            self._held(generator.condition)
        return len(generator.carrier)

    # ---- expressions --------------------------------------------------------------------------

    def _held(self, expr: Expr) -> Held:
        if isinstance(expr, Const | StateVar | Bound):
            return self._leaf(expr)
        table = self._table(expr, forced=False)
        return table if table is not None else self._operations(expr)

    def _leaf(self, expr: Const | StateVar | Bound) -> Held:
        match expr:
            case Const(value=value):
                return of_constants((value,), expr.type)
            case StateVar(name=name):
                return of_component(self._types[name])
            case Bound(name=name):
                return self._bound[name]

    def _table(self, expr: Expr, *, forced: bool) -> Held | None:
        abstracted = self._abstraction.abstract(expr, self._domains)
        if abstracted is None or not (forced or self._abstraction.wanted(expr, abstracted)):
            return None
        if isinstance(expr.type, BoolType):
            return TRUTH
        values = entries(abstracted)
        if values is None:
            return None
        table = attrs.evolve(of_constants(values, expr.type), amount=None)
        return attrs.evolve(table, cause=_inexact(expr)) if table.lane is Lane.FLOAT else table

    def _operations(self, expr: Expr) -> Held:
        match expr:
            case Unary("-", operand):
                return negated(self._held(operand))
            case Binary():
                return self._binary(expr)
            case Compare():
                return self._compare(expr)
            case Aggregate():
                return self._aggregate(expr)
            case Call():
                return self._call(expr)
        parts = [self._held(child) for child in children(expr)]
        match expr:
            case Conditional():
                return hull(parts[1], parts[2])
            case Index() | Slice():
                return attrs.evolve(parts[0], amount=None)
            case Updated():
                return hull(parts[0], parts[-1])
            case Collection() if parts:
                return reduce(hull, parts)
        return TRUTH if isinstance(expr, Unary | Logic) else Held(lane=Lane.EXACT)

    def _binary(self, expr: Binary) -> Held:
        left, right = self._held(expr.left), self._held(expr.right)
        if expr.op in ("//", "%") and common(left, right) is None:
            table = self._table(expr, forced=True)
            if table is not None:
                return table
        return BINARY[expr.op](left, right)

    def _compare(self, expr: Compare) -> Held:
        left, right = self._held(expr.left), self._held(expr.right)
        if expr.op in ("in", "not_in") or (left.lane is right.lane is Lane.TRUTH):
            return TRUTH
        if _is_read(expr.left) and _is_read(expr.right):
            return TRUTH
        if common(left, right) is None and self._table(expr, forced=True) is None:
            self._found.append(FloatComparison(expr.span, cause_of(left, right)))
        return TRUTH

    def _aggregate(self, expr: Aggregate) -> Held:
        with self._scope():
            sizes = [self._generator(generator) for generator in expr.generators]
            if not all(sizes):
                return Held(lane=Lane.EXACT, high=1)
            body = self._held(expr.body)
        conditional = any(generator.condition is not None for generator in expr.generators)
        match expr.kind:
            case "all" | "any":
                return TRUTH
            case "count":
                return Held(lane=Lane.EXACT, high=prod(sizes))
            case "sum" | "prod":
                neutral = integer(0 if expr.kind == "sum" else 1)
                spread = hull(as_number(body), neutral) if conditional else as_number(body)
                fold = summed if expr.kind == "sum" else multiplied
                return fold(spread, prod(sizes))
            case _:
                return attrs.evolve(body, amount=None)

    def _call(self, expr: Call) -> Held:
        arguments = [self._held(argument) for argument in expr.arguments]
        name = expr.function
        if name in _TRUTHS:
            return TRUTH
        if name in _COUNTS or name == "indicator":
            return Held(lane=Lane.EXACT, high=max(1, _length(expr)))
        if name in _ROUNDINGS:
            return self._rounded(expr, arguments[0])
        if name in ("inserted", "removed"):
            return reduce(hull, [arguments[0], *arguments[2:]])
        if name in ("min", "max", "or_else", "clip") or name in _ELEMENTS:
            return reduce(hull, arguments)
        if name in ("abs", "number_of", "bits_of", "number"):
            return _bounded(expr, arguments)
        return Held(lane=Lane.FLOAT, cause=f"`{name}` gives a number that is not exact")

    def _rounded(self, expr: Call, argument: Held) -> Held:
        if as_number(argument).lane is Lane.EXACT:
            return Held(
                lane=Lane.EXACT,
                low=argument.low // argument.scale - 1,
                high=argument.high // argument.scale + 1,
            )
        table = self._table(expr, forced=True)
        if table is not None:
            return table
        self._found.append(FloatComparison(expr.span, argument.cause))
        return Held(lane=Lane.EXACT, low=-_ROUNDED, high=_ROUNDED)


def _is_read(expr: Expr) -> bool:
    """Whether numbers are read, not computed, and are those of float64: nothing is rounded."""
    if isinstance(expr, Index):
        return _is_read(expr.base)
    if not isinstance(expr, Const):
        return False
    values = expr.value if isinstance(expr.value, tuple) else (expr.value,)
    return all(_is_a_float(value) for value in values)


def _is_a_float(value: object) -> bool:
    """Whether a number is one that float64 has."""
    try:
        return isinstance(value, int | float | Fraction) and float(value) == value
    except OverflowError:
        return False


def _element(of: Type) -> Type:
    if isinstance(of, ArrayType):
        return of.element
    return getattr(of, "element", IntType())


def _inexact(expr: Expr) -> str:
    """Why a tabulated expression is not exact."""
    if isinstance(expr, Call):
        return f"`{expr.function}` gives a number that is not exact"
    return next((found for child in children(expr) if (found := _inexact(child))), "")


def _bounded(expr: Call, arguments: list[Held]) -> Held:
    """``abs``, ``number_of``, ``bits_of``, ``number``."""
    first = as_number(arguments[0])
    if first.lane is Lane.FLOAT:
        return first
    match expr.function:
        case "abs":
            return attrs.evolve(first, low=0, high=max(abs(first.low), abs(first.high)))
        case "number_of":
            return add(first, integer(1))
        case "bits_of":
            return Held(lane=Lane.EXACT, low=0, high=2)
    base, length = arguments[1].high, _length(expr)
    weight = sum(base**place for place in range(length))
    return exactly(min(first.low, 0) * weight, max(first.high, 0) * weight, 1, ())


def _length(expr: Call) -> int:
    """The number of elements of the first argument."""
    of = expr.arguments[0].type
    return of.size if isinstance(of, ArrayType) else getattr(of, "max_length", 1)
