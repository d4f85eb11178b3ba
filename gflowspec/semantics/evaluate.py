"""Expressions to Python closures: the definition of what an expression means.

An expression is compiled once. The closure takes a *frame*, which maps the name of each state
variable, and ``bound_key`` of each bound name, to its value (``core.types`` lists the values).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import singledispatch
from math import prod
from operator import add, eq, ge, gt, le, lt, mul, ne, neg, not_, sub
from typing import Any

from gflowspec.core.types import ArrayType, Type
from gflowspec.ir.environment import Environment
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
    Unknown,
    Updated,
)
from gflowspec.ir.extern import REJECTED, ExternCall
from gflowspec.semantics.arithmetic import divide, floor_divide, power, remainder
from gflowspec.semantics.errors import EvaluationError, ObjectRejected, said
from gflowspec.semantics.folds import FOLDS
from gflowspec.semantics.functions import function

Frame = dict[str, Any]
Code = Callable[[Frame], Any]

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": add,
    "-": sub,
    "*": mul,
    "/": divide,
    "//": floor_divide,
    "%": remainder,
    "^": power,
}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "in": lambda item, items: item in items,
    "not_in": lambda item, items: item not in items,
}


def evaluate(
    expr: Expr,
    environment: Environment | None = None,
    state: Sequence[Any] = (),
    bound: Mapping[str, Any] | None = None,
) -> Any:
    """The value of an expression at a state and under values of bound names.

    Args:
        expr: What to evaluate; closed expressions need no more.
        environment: Says which variables ``state`` lists.
        state: One value for each state variable, in declaration order.
        bound: Values of binders and generator variables.

    Raises:
        EvaluationError: If the expression has no value there.
    """
    names = () if environment is None else tuple(item.name for item in environment.state)
    return compile_expr(expr)(frame_of(names, state, bound))


def frame_of(
    names: Iterable[str],
    state: Sequence[Any] = (),
    bound: Mapping[str, Any] | None = None,
) -> Frame:
    """The frame a closure reads."""
    frame = dict(zip(names, state, strict=True))
    for name, value in (bound or {}).items():
        frame[bound_key(name)] = value
    return frame


def bound_key(name: str) -> str:
    """Key of a bound name in a frame; it never meets the name of a state variable."""
    return "." + name


@singledispatch
def compile_expr(expr: Expr) -> Code:
    """The closure of an expression."""
    message = f"{type(expr).__name__} cannot be evaluated"
    raise EvaluationError(message, expr.span)


@compile_expr.register
def _(expr: Const) -> Code:
    value = expr.value
    return lambda _: value


@compile_expr.register
def _(expr: Unknown) -> Code:
    def run(_: Frame) -> Any:
        names = ", ".join(f"`{name}`" for name in expr.tables)
        message = f"the value depends on {names}, whose file is not here"
        raise EvaluationError(message, expr.span, "GFS201")

    return run


@compile_expr.register
def _(expr: StateVar) -> Code:
    name = expr.name
    return lambda frame: frame[name]


@compile_expr.register
def _(expr: Bound) -> Code:
    name = bound_key(expr.name)
    return lambda frame: frame[name]


@compile_expr.register
def _(expr: Unary) -> Code:
    operand = compile_expr(expr.operand)
    operation = neg if expr.op == "-" else not_
    return lambda frame: operation(operand(frame))


@compile_expr.register
def _(expr: Binary) -> Code:
    return _operation(_BINARY[expr.op], expr.left, expr.right, expr)


@compile_expr.register
def _(expr: Compare) -> Code:
    return _operation(_COMPARE[expr.op], expr.left, expr.right, expr)


def _operation(operation: Callable[[Any, Any], Any], left: Expr, right: Expr, at: Expr) -> Code:
    first, span = compile_expr(left), at.span
    second = compile_expr(right)
    if isinstance(at, Compare) and at.op in ("in", "not_in"):
        second = _rows(second, right.type)

    def run(frame: Frame) -> Any:
        try:
            return operation(first(frame), second(frame))
        except EvaluationError as error:
            raise _placed(error, span) from None
        except (TypeError, OverflowError) as error:
            message = f"the operation has no value: {said(error)}"
            raise EvaluationError(message, span) from None

    return run


def _placed(error: EvaluationError, span: Any) -> EvaluationError:
    return error if error.span is not None else EvaluationError(error.message, span, error.code)


@compile_expr.register
def _(expr: Logic) -> Code:
    operands = tuple(compile_expr(item) for item in expr.operands)
    decisive = expr.op == "or"

    def run(frame: Frame) -> bool:
        for operand in operands:
            if operand(frame) == decisive:
                return decisive
        return not decisive

    return run


@compile_expr.register
def _(expr: Conditional) -> Code:
    test = compile_expr(expr.test)
    then, otherwise = compile_expr(expr.then), compile_expr(expr.otherwise)
    return lambda frame: then(frame) if test(frame) else otherwise(frame)


@compile_expr.register
def _(expr: Index) -> Code:
    base = compile_expr(expr.base)
    if len(expr.indices) == 1 and not _yields_row(expr):
        return _single(base, compile_expr(expr.indices[0]), expr.span)
    place = offset_code(expr.base.type, expr.indices, expr.span)
    if not _yields_row(expr):
        return lambda frame: base(frame)[place(frame)]
    width = _row_width(expr.base.type, len(expr.indices))
    return lambda frame: _row(base(frame), place(frame), width)


def _single(base: Code, place: Code, span: Any) -> Code:
    """An element of a container of one axis: most of what enumeration evaluates."""

    def element(frame: Frame) -> Any:
        items, index = base(frame), place(frame)
        if 0 <= index < len(items):
            return items[index]
        raise out_of_range(index, len(items), span)

    return element


def _yields_row(expr: Index) -> bool:
    of = expr.base.type
    return isinstance(of, ArrayType) and len(expr.indices) < len(of.shape)


def _row_width(of: Type, indices: int) -> int:
    return prod(of.shape[indices:]) if isinstance(of, ArrayType) else 1


def _row(items: Sequence[Any], index: int, width: int) -> Any:
    return items[index * width : (index + 1) * width]


def offset_code(of: Type, indices: Sequence[Expr], span: Any) -> Code:
    """The row-major place that indices name in a container of type ``of``.

    The closure raises ``EvaluationError`` for an index outside its axis (for containers whose
    length is not part of the type, only for a negative one).
    """
    lengths: Sequence[int | None] = of.shape if isinstance(of, ArrayType) else (None,)
    codes = tuple(compile_expr(index) for index in indices)
    if len(codes) == 1:
        code, length = codes[0], lengths[0]

        def single(frame: Frame) -> int:
            index: int = code(frame)
            if index < 0 or (length is not None and index >= length):
                raise out_of_range(index, length, span)
            return index

        return single

    def several(frame: Frame) -> int:
        place = 0
        for code, length in zip(codes, lengths, strict=False):
            index = code(frame)
            if not 0 <= index < (length or 0):
                raise out_of_range(index, length, span)
            place = place * (length or 0) + index
        return place

    return several


def out_of_range(index: int, length: int | None, span: Any) -> EvaluationError:
    """The error for an index that does not exist."""
    last = "" if length is None else f", the last is {length - 1}"
    return EvaluationError(f"there is no index {index}{last}", span, "GFS123")


@compile_expr.register
def _(expr: Slice) -> Code:
    base = compile_expr(expr.base)
    lower, upper = compile_expr(expr.lower), compile_expr(expr.upper)
    width = _row_width(expr.base.type, 1)
    return lambda frame: base(frame)[lower(frame) * width : (upper(frame) + 1) * width]


@compile_expr.register
def _(expr: Updated) -> Code:
    base, value = compile_expr(expr.base), compile_expr(expr.value)
    place = offset_code(expr.base.type, expr.indices, expr.span)

    def run(frame: Frame) -> Any:
        items, index = base(frame), place(frame)
        return (*items[:index], value(frame), *items[index + 1 :])

    return run


@compile_expr.register
def _(expr: Range) -> Code:
    lower, upper = compile_expr(expr.lower), compile_expr(expr.upper)
    return lambda frame: range(lower(frame), upper(frame) + 1)


@compile_expr.register
def _(expr: Collection) -> Code:
    items = tuple(compile_expr(item) for item in expr.items)
    rows = any(isinstance(item.type, ArrayType) for item in expr.items)
    if rows and isinstance(expr.type, ArrayType):
        return lambda frame: tuple(part for item in items for part in item(frame))
    return lambda frame: tuple(item(frame) for item in items)


@compile_expr.register
def _(expr: Call) -> Code:
    implementation = function(expr.function, [item.type for item in expr.arguments])
    arguments = tuple(compile_expr(item) for item in expr.arguments)
    span = expr.span

    def run(frame: Frame) -> Any:
        try:
            return implementation(*[argument(frame) for argument in arguments])
        except EvaluationError as error:
            raise _placed(error, span) from None
        except (TypeError, ValueError, OverflowError, IndexError, ZeroDivisionError) as error:
            message = f"`{expr.function}` has no value here: {said(error)}"
            raise EvaluationError(message, span) from None

    return run


@compile_expr.register
def _(expr: ExternCall) -> Code:
    arguments = tuple(compile_expr(item) for item in expr.arguments)
    door, name = expr.function.door, expr.function.name

    def run(frame: Frame) -> Any:
        (result,) = door.results([tuple(argument(frame) for argument in arguments)])
        if result is REJECTED:
            raise ObjectRejected(name)
        return result

    return run


@compile_expr.register
def _(expr: Aggregate) -> Code:
    body = compile_expr(expr.body)
    fold, span = FOLDS[expr.kind], expr.span
    if len(expr.generators) == 1:
        first = expr.generators[0]
        elements = compile_expr(first.domain) if _is_plain(expr) else _clause(first, body)
        return lambda frame: fold(elements(frame), span)
    clauses = tuple(_clause(generator, lambda _: None) for generator in expr.generators)

    def values(frame: Frame, depth: int) -> Iterable[Any]:
        for _ in clauses[depth](frame):
            if depth + 1 == len(clauses):
                yield body(frame)
            else:
                yield from values(frame, depth + 1)

    return lambda frame: fold(values(frame, 0), span)


def _is_plain(expr: Aggregate) -> bool:
    """Whether it is over the elements themselves, as ``max(v for v in d)``."""
    generator, body = expr.generators[0], expr.body
    of = generator.domain.type
    return (
        len(expr.generators) == 1
        and generator.condition is None
        and isinstance(body, Bound)
        and body.name == generator.variable
        and not (isinstance(of, ArrayType) and len(of.shape) > 1)
    )


def _clause(generator: Generator, body: Code) -> Callable[[Frame], Iterable[Any]]:
    """Binds the variable to each value in turn; yields the body where the condition holds."""
    key = bound_key(generator.variable)
    domain = _rows(compile_expr(generator.domain), generator.domain.type)
    condition = None if generator.condition is None else compile_expr(generator.condition)

    def run(frame: Frame) -> Iterable[Any]:
        for value in domain(frame):
            frame[key] = value
            if condition is None or condition(frame):
                yield body(frame)

    return run


def _rows(domain: Code, of: Type) -> Code:
    """Iterating over an array of several axes yields its rows."""
    if not isinstance(of, ArrayType) or len(of.shape) == 1:
        return domain
    width = prod(of.shape[1:])

    def run(frame: Frame) -> Any:
        items = domain(frame)
        return [items[i : i + width] for i in range(0, len(items), width)]

    return run
