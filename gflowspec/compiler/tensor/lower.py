"""Expressions of the IR to tensor programs.

Each bound variable in scope is a dimension of its own, so one program evaluates an expression for
all states of a batch and all values of its binders at once; an aggregation reduces the dimension
of its variable. Of the three lanes of exactness, tables come from ``tables``, int64 and float64
from ``arithmetic``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import prod

import attrs
import torch

from gflowspec.compiler.exactness.atoms import Abstracted, Atom
from gflowspec.compiler.tensor import aggregates, arithmetic, calls, choice, externs, insertions
from gflowspec.compiler.tensor.builder import Builder
from gflowspec.compiler.tensor.constants import encode
from gflowspec.compiler.tensor.layout import Layout, decoded
from gflowspec.compiler.tensor.lengths import test_of_place
from gflowspec.compiler.tensor.membership import contains, number_of_elements
from gflowspec.compiler.tensor.messages import data_missing, not_lowered
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.representation import (
    align,
    common,
    constant,
    exact,
    integer,
    lift,
    reals,
    settled,
)
from gflowspec.compiler.tensor.scope import Scope
from gflowspec.compiler.tensor.tables import Tables
from gflowspec.compiler.tensor.values import Kind, Value
from gflowspec.core.errors import InternalError
from gflowspec.core.source import Span
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
    Index,
    Logic,
    Slice,
    StateVar,
    Unary,
    Unknown,
    Updated,
)
from gflowspec.ir.extern import ExternCall

_BINARY: dict[str, Callable[[Builder, Value, Value], Value]] = {
    "+": arithmetic.add,
    "-": arithmetic.subtract,
    "*": arithmetic.multiply,
    "/": arithmetic.divide,
    "//": arithmetic.floor_divide,
    "%": arithmetic.remainder,
    "^": arithmetic.power,
}
# Results that a rounding error can change altogether: a table is tried before float64.
_DISCRETE_FUNCTIONS = frozenset({"floor", "ceil", "round"})


class Lowering:
    """Lowers the expressions of one program.

    Attributes:
        builder: Where instructions go.
        scope: Bound variables.
        layout: Where state variables stand.
    """

    def __init__(
        self,
        builder: Builder,
        layout: Layout,
        tables: Tables,
        float_comparisons: list[Span | None],
    ) -> None:
        self.builder = builder
        self.scope = Scope(builder)
        self._float_comparisons = float_comparisons
        self.layout = layout
        self._tables = tables
        self.table_limit = tables.limit

    def lower(self, expr: Expr) -> Value:
        """The value of an expression.

        Raises:
            SpecInvalid: If the expression has no tensor form (GFS141).
        """
        if isinstance(expr, Const | StateVar | Bound):
            return self._operations(expr)
        expr = test_of_place(expr) or expr
        table = self._table(expr, forced=False)
        return table if table is not None else self._operations(expr)

    def _operations(self, expr: Expr) -> Value:  # noqa: C901, PLR0911, PLR0912 - one case a node
        match expr:
            case Const():
                return self._constant(expr)
            case Unknown(tables=tables):
                raise data_missing(expr, tables)
            case StateVar(name=name):
                return self._variable(name)
            case Bound(name=name):
                return self.scope[name].value
            case Unary(op=op, operand=operand):
                operation = arithmetic.negate if op == "-" else choice.negation
                return operation(self.builder, self.lower(operand))
            case Binary():
                return self._binary(expr)
            case Compare():
                return self._compare(expr)
            case Logic(op=op, operands=operands):
                operation2 = choice.both if op == "and" else choice.either
                values = [self.lower(operand) for operand in operands]
                return reduce(lambda a, b: operation2(self.builder, a, b), values)
            case Conditional(test=test, then=then, otherwise=otherwise):
                return self._conditional(test, then, otherwise)
            case Index():
                return self._index(expr)
            case Slice():
                return self._slice(expr)
            case Updated():
                return self._updated(expr)
            case Collection(items=items):
                return self.stack([self.lower(item) for item in items])
            case Aggregate():
                return aggregates.aggregate(self, expr)
            case Call(function="inserted"):
                return insertions.inserted(self, expr)
            case Call(function="removed"):
                return insertions.removed(self, expr)
            case Call(function=function, arguments=arguments):
                return self._call(expr, function, arguments)
            case ExternCall():
                return externs.call(self, expr)
            case _:
                raise not_lowered(expr)

    # Leaves

    def _constant(self, expr: Const) -> Value:
        encoded = encode([expr.value], expr.type)
        if encoded is None:
            raise not_lowered(expr)
        return constant(self.builder, encoded)

    def _variable(self, name: str) -> Value:
        location = self.layout.location(name)
        stop = location.offset + prod(location.shape)
        codes = self.builder.emit(
            Op.SPAN, (self.builder.state,), location.offset, stop, location.shape
        )
        return decoded(self.builder, codes, location.element, depth=0)

    # Tables

    def _table(self, expr: Expr, *, forced: bool) -> Value | None:
        """The expression as a look-up, where that is possible and (unless forced) of use."""
        abstracted = self._tables.abstract(expr, self.scope.domains)
        if abstracted is None or not (forced or self._tables.wanted(expr, abstracted)):
            return None
        table = self._tables.table(abstracted)
        if table is None:
            return None
        place = self._place(abstracted)
        rows = self.builder.constant(table.tensor)
        return Value(
            register=self.builder.emit(Op.TAKE, (rows, place.register)),
            kind=table.kind,
            depth=place.depth,
            scale=table.scale,
            low=table.low,
            high=table.high,
            empty=table.empty,
        )

    def _place(self, abstracted: Abstracted) -> Value:
        """The row of a table: its atoms as digits, the last one varying fastest."""
        place = integer(self.builder, 0)
        for atom in abstracted.atoms:
            size = integer(self.builder, len(atom.domain))
            scaled = arithmetic.multiply(self.builder, place, size)
            place = arithmetic.add(self.builder, scaled, self._digit(atom))
        return settled(self.builder, place)

    def _digit(self, atom: Atom) -> Value:
        """The place of the value of an atom in its domain."""
        if isinstance(atom.source, Bound):
            return self.scope[atom.source.name].position
        value = exact(self.builder, self._operations(atom.source))
        digits = attrs.evolve(
            value, shift=value.shift - value.low, low=0, high=value.high - value.low, empty=None
        )
        return digits if not digits.array else self._as_number(digits)

    def _as_number(self, digits: Value) -> Value:
        """The digits of an array as one number, the last one varying fastest."""
        base, count = digits.high + 1, prod(digits.array)
        radices = torch.tensor([[base**i for i in reversed(range(count))]], dtype=torch.int64)
        weights = radices.reshape(1, *digits.array)
        register = self.builder.constant(weights)
        weighted = self.builder.emit(Op.MUL, (settled(self.builder, digits).register, register))
        dims = tuple(range(1, 1 + len(digits.array)))
        total = self.builder.emit(Op.SUM, (weighted,), dims)
        return Value(register=total, kind=Kind.EXACT, depth=0, low=0, high=base**count - 1)

    # Operators

    def _binary(self, expr: Binary) -> Value:
        left, right = self.lower(expr.left), self.lower(expr.right)
        if expr.op in ("//", "%") and common(self.builder, left, right) is None:
            table = self._table(expr, forced=True)
            if table is not None:
                return table
        return _BINARY[expr.op](self.builder, left, right)

    def _compare(self, expr: Compare) -> Value:
        if expr.op in ("in", "not_in"):
            found = contains(self, expr.left, expr.right)
            return found if expr.op == "in" else choice.negation(self.builder, found)
        left, right = self.lower(expr.left), self.lower(expr.right)
        kinds = {left.kind, right.kind}
        if kinds != {Kind.BOOL} and common(self.builder, left, right) is None:
            table = self._table(expr, forced=True)
            if table is not None:
                return table
            self._float_comparisons.append(expr.span)
        if expr.op not in ("==", "!="):
            return choice.compare(self.builder, expr.op, left, right)
        if not left.array and not right.array:
            return choice.equal(self.builder, left, right, op=expr.op)
        equal = self.reduce(Op.ALL, choice.equal(self.builder, left, right))
        return equal if expr.op == "==" else choice.negation(self.builder, equal)

    def _conditional(self, test: Expr, then: Expr, otherwise: Expr) -> Value:
        condition = self.lower(test)
        known = condition.register.constant
        if known is not None and bool((known == known.reshape(-1)[0]).all()):
            return self.lower(then if bool(known.reshape(-1)[0]) else otherwise)
        return choice.choose(self.builder, condition, self.lower(then), self.lower(otherwise))

    def _call(self, expr: Expr, function: str, arguments: tuple[Expr, ...]) -> Value:
        if function == "len" and isinstance(arguments[0], Aggregate):
            return number_of_elements(self, arguments[0])
        values = [self.lower(argument) for argument in arguments]
        if function in _DISCRETE_FUNCTIONS and values[0].kind is Kind.FLOAT:
            table = self._table(expr, forced=True)
            if table is not None:
                return table
            self._float_comparisons.append(expr.span)
        result = calls.call(self, function, values)
        if result is None:
            raise not_lowered(expr)
        return result

    # Arrays

    def reduce(self, op: Op, value: Value) -> Value:
        """A reduction over all array dimensions of a BOOL value (ALL, ANY)."""
        dims = tuple(range(1 + value.depth, 1 + value.depth + len(value.array)))
        return attrs.evolve(value, register=self.builder.emit(op, (value.register,), dims))

    def stack(self, items: list[Value]) -> Value:
        """Scalars or arrays of one shape as an array with one dimension more in front."""
        unified = self.unified(items)
        depth = unified[0].depth
        register = self.builder.emit(Op.STACK, tuple(item.register for item in unified), 1 + depth)
        low, high = min(item.low for item in unified), max(item.high for item in unified)
        return attrs.evolve(unified[0], register=register, low=low, high=high)

    def unified(self, items: list[Value]) -> list[Value]:
        """The values aligned, of one kind, denominator, shift and number for ``empty``."""
        if all(item.kind is Kind.BOOL for item in items):
            return list(align(self.builder, *items))
        for _ in range(2):
            for i in range(1, len(items)):
                items[0], items[i] = choice.same_empty(self.builder, items[0], items[i])
        numbers = common(self.builder, *items)
        if numbers is None:
            return list(reals(self.builder, *items))
        return [settled(self.builder, number) for number in numbers]

    def _index(self, expr: Index) -> Value:
        indices = [self.lower(index) for index in expr.indices]
        if isinstance(expr.base, StateVar):
            location = self.layout.location(expr.base.name)
            if len(indices) == len(location.shape) and all(index.constant for index in indices):
                return self._columns(expr.base.name, indices)
        return self.element(self.lower(expr.base), indices)

    def _columns(self, name: str, indices: list[Value]) -> Value:
        """Components of the state at addresses that are known when the program is built."""
        location = self.layout.location(name)
        place = self.flat_place(indices, location.shape)
        known = place.register.constant
        if known is None:
            message = "an address of constants is a constant"
            raise InternalError(message)
        columns = known[0] + location.offset
        start, count = int(columns.reshape(-1)[0]), columns.numel()
        consecutive = torch.arange(start, start + count, device=columns.device)
        if torch.equal(columns.reshape(-1), consecutive):
            shape = tuple(columns.shape)
            codes = self.builder.emit(Op.SPAN, (self.builder.state,), start, start + count, shape)
        else:
            codes = self.builder.emit(Op.COLUMNS, (self.builder.state,), columns)
        return decoded(self.builder, codes, location.element, place.depth)

    def flat_place(self, indices: list[Value], shape: tuple[int, ...]) -> Value:
        """The row-major place of an address, forced into the array.

        An address outside is never used: something before it in the expression excludes it.
        """
        place = integer(self.builder, 0)
        for index, length in zip(indices, shape, strict=False):
            inside = self._clamped(index, length)
            scaled = arithmetic.multiply(self.builder, place, integer(self.builder, length))
            place = arithmetic.add(self.builder, scaled, inside)
        return settled(self.builder, place)

    def _clamped(self, index: Value, length: int) -> Value:
        if index.low >= 0 and index.high < length:
            return attrs.evolve(index, empty=None)
        number = settled(self.builder, index)
        register = self.builder.emit(Op.CLAMP, (number.register,), 0, length - 1)
        return attrs.evolve(number, register=register, low=0, high=length - 1, empty=None)

    def element(self, base: Value, indices: list[Value]) -> Value:
        """``base[indices]``: an element, or a row if there are fewer indices than dimensions."""
        shape, rest = base.array[: len(indices)], base.array[len(indices) :]
        place = self.flat_place(indices, shape)
        if base.constant and base.depth == 0:
            rows = self.builder.flatten(base.register, 0, len(shape))
            register = self.builder.emit(Op.TAKE, (rows, place.register))
            return attrs.evolve(base, register=register, depth=place.depth)
        depth = max(base.depth, place.depth)
        base, place = lift(self.builder, base, depth), lift(self.builder, place, depth)
        flat = self.builder.flatten(base.register, 1 + depth, depth + len(shape))
        if rest:
            flat = self.builder.flatten(flat, 2 + depth, 1 + depth + len(rest))
        else:
            flat = self.builder.emit(Op.UNSQUEEZE, (flat,), (2 + depth,))
        register = self.builder.emit(Op.TAKE_ALONG, (flat, place.register))
        if rest:
            register = self.builder.emit(Op.UNFLATTEN, (register,), 1 + depth, rest)
        else:
            register = self.builder.emit(Op.SQUEEZE, (register,), (1 + depth,))
        return attrs.evolve(base, register=register, depth=depth)

    def _slice(self, expr: Slice) -> Value:
        base, lower, upper = (self.lower(part) for part in (expr.base, expr.lower, expr.upper))
        if not (lower.constant and upper.constant):
            raise not_lowered(expr)
        if lower.low != lower.high or upper.low != upper.high:
            raise not_lowered(expr)
        length = max(0, upper.low - lower.low + 1)
        register = self.builder.emit(Op.NARROW, (base.register,), 1 + base.depth, lower.low, length)
        return attrs.evolve(base, register=register)

    def _updated(self, expr: Updated) -> Value:
        base, value = self.lower(expr.base), self.lower(expr.value)
        indices = [self.lower(index) for index in expr.indices]
        shape = base.array
        place = self.flat_place(indices, shape)
        places = torch.arange(prod(shape)).reshape(1, *shape)
        every = Value(
            register=self.builder.constant(places),
            kind=Kind.EXACT,
            depth=0,
            low=0,
            high=max(0, prod(shape) - 1),
        )
        here = choice.compare(self.builder, "==", every, place)
        return choice.choose(self.builder, here, value, base)
