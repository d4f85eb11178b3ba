"""Operators: arithmetic, comparisons, logic and the conditional."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from gflowspec.compiler.elaborate import intervals, messages, sequences
from gflowspec.compiler.elaborate.elements import equal, in_table, member, same_sets
from gflowspec.compiler.elaborate.intervals import Interval
from gflowspec.compiler.elaborate.session import (
    ERROR,
    MAX_ELEMENTS,
    Context,
    any_error,
    constant,
    is_error,
)
from gflowspec.compiler.elaborate.types import (
    as_element,
    is_number,
    join,
    matrix_of,
    number_type,
)
from gflowspec.core.source import Span
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    ListType,
    RealType,
    SeqType,
    SetType,
    SlotType,
    StringType,
    TupleType,
    Type,
)
from gflowspec.ir.expr import (
    Binary,
    Compare,
    Conditional,
    Const,
    Expr,
    Logic,
    Range,
    Unary,
)
from gflowspec.lang import ast

_INTERVALS: Mapping[str, Callable[[Interval, Interval], Interval]] = {
    "+": intervals.add,
    "-": intervals.subtract,
    "*": intervals.multiply,
    "/": intervals.divide,
    "//": intervals.floor_divide,
    "%": intervals.remainder,
    "^": intervals.power,
}


def unary(node: ast.Unary, context: Context) -> Expr:
    """``-x`` and ``not c``."""
    if node.op == "not":
        operand = condition(node.operand, context)
        if is_error(operand):
            return ERROR
        return Unary(type=BoolType(), op="not", operand=operand, span=node.span)
    operand = number(node.operand, context)
    if is_error(operand):
        return ERROR
    of = number_type((operand,), intervals.negate(context.facts.interval(operand)))
    return Unary(type=of, op="-", operand=operand, span=node.span)


def binary(node: ast.Binary, context: Context) -> Expr:
    """Arithmetic, logic, implication and ranges."""
    if node.op in ("and", "or"):
        return logic(node.op, (node.left, node.right), node, context)
    if node.op == "=>":
        return _implies(node, context)
    if node.op == "..":
        return _range(node, context)
    left, right = number(node.left, context), number(node.right, context)
    if any_error((left, right)):
        return ERROR
    return arithmetic(node.op, left, right, node, context)


def arithmetic(op: str, left: Expr, right: Expr, node: ast.Node, context: Context) -> Expr:
    """``left op right`` of two numbers, with its interval as type."""
    facts = context.facts
    if op in ("/", "//", "%") and not facts.is_nonzero(right):
        certain = isinstance(right, Const)
        return context.report(messages.division_by_zero(right.span, certain=certain))
    first, second = facts.interval(left), facts.interval(right)
    if op in ("/", "//", "%"):
        second = _without_zero(second)
    whole = op != "^" or isinstance(right.type, IntType)
    values = _INTERVALS[op](first, second) if whole else intervals.real_power(first, second)
    of = _arithmetic_type(op, left, right, values, second)
    return Binary(type=of, op=op, left=left, right=right, span=node.span)


def _without_zero(divisor: Interval) -> Interval:
    """What is left of the interval of a divisor that is known not to be 0."""
    if divisor.lo == 0:
        return attrs.evolve(divisor, lo_open=True)
    return divisor


def _arithmetic_type(op: str, left: Expr, right: Expr, values: Interval, second: Interval) -> Type:
    parts = (left, right)
    if op == "/":
        return number_type(parts, values, integer=False)
    if op == "//":
        return number_type(parts, values, integer=True)
    if op == "^":
        whole = isinstance(right.type, IntType)
        integer = isinstance(left.type, IntType) and whole and (second.lo or 0) >= 0
        of = number_type(parts, values, integer=integer and second.lo is not None)
        if isinstance(of, RealType) and not whole:
            return attrs.evolve(of, exact=False)
        return of
    return number_type(parts, values)


def _implies(node: ast.Binary, context: Context) -> Expr:
    left = condition(node.left, context)
    if isinstance(left, Const) and left.value is False:
        return constant(BoolType(), True, node.span)
    right = condition(node.right, context.given(left))
    if any_error((left, right)):
        return ERROR
    if isinstance(left, Const):
        return right
    negated = Unary(type=BoolType(), op="not", operand=left, span=left.span)
    return Logic(type=BoolType(), op="or", operands=(negated, right), span=node.span)


def logic(op: str, operands: tuple[ast.Expr, ...], node: ast.Node, context: Context) -> Expr:
    """``and`` / ``or``; operands that are constant are decided here, with what they decide."""
    found: list[Expr] = []
    inside = context
    failed = False
    for operand in _flatten(op, operands):
        item = condition(operand, inside)
        if is_error(item):
            failed = True
            continue
        if isinstance(item, Const):
            if item.value is (op == "or"):
                return item if not failed else ERROR
            continue
        inside = inside.given(item) if op == "and" else inside.unless(item)
        found.extend(item.operands if isinstance(item, Logic) and item.op == op else (item,))
    if failed:
        return ERROR
    if not found:
        return constant(BoolType(), op == "and", node.span)
    if len(found) == 1:
        return found[0]
    return Logic(type=BoolType(), op=op, operands=tuple(found), span=node.span)


def _flatten(op: str, operands: tuple[ast.Expr, ...]) -> list[ast.Expr]:
    found: list[ast.Expr] = []
    for operand in operands:
        if isinstance(operand, ast.Binary) and operand.op == op:
            found += _flatten(op, (operand.left, operand.right))
        else:
            found.append(operand)
    return found


def _range(node: ast.Binary, context: Context) -> Expr:
    lower, upper = integer(node.left, context), integer(node.right, context)
    if any_error((lower, upper)):
        return ERROR
    first, last = context.facts.interval(lower), context.facts.interval(upper)
    if first.lo is None or last.hi is None:
        message = "the range has no bound that is known before a run"
        return context.report(messages.error("GFS307", message, node.span))
    length = max(0, int(last.hi) - int(first.lo) + 1)
    if length > MAX_ELEMENTS:
        message = f"the range has {length:,} elements; {MAX_ELEMENTS:,} are allowed"
        return context.report(messages.too_costly(node.span, message))
    of = ListType(IntType(int(first.lo), int(last.hi)), length)
    return Range(type=of, lower=lower, upper=upper, span=node.span)


def comparison(node: ast.Comparison, context: Context) -> Expr:
    """A chain of comparisons; each operand is elaborated once."""
    operands = [context.of(operand) for operand in node.operands]
    if any_error(operands):
        return ERROR
    found = []
    for i, op in enumerate(node.operators):
        span = node.operands[i].span.to(node.operands[i + 1].span)
        found.append(_compare(op, operands[i], operands[i + 1], span, context))
    if any_error(found):
        return ERROR
    if len(found) == 1:
        return found[0]
    return Logic(type=BoolType(), op="and", operands=tuple(found), span=node.span)


def _compare(op: str, left: Expr, right: Expr, span: Span, context: Context) -> Expr:
    op = "not_in" if op == "not in" else op
    if op in ("is", "is not"):
        message = f"`{op}` tests constructors in sweeps only; `==` compares values"
        return context.report(messages.error("GFS120", message, span))
    if op in ("in", "not_in"):
        return _membership(op, left, right, span, context)
    if op in ("==", "!=") and sequences.comparable(left.type, right.type):
        return sequences.equal(op, left, right, span, context)
    if op in ("==", "!="):
        if not _equatable(left.type, right.type):
            return context.report(messages.no_operation(span, op, left.type, right.type))
        left, right = matrix_of(left), matrix_of(right)
        if isinstance(left.type, SetType | TupleType):
            return _structural(op, left, right, span, context)
    else:
        left, right = as_element(left, context), as_element(right, context)
        if any_error((left, right)):
            return ERROR
        if not _ordered(left.type, right.type):
            return context.report(messages.no_operation(span, op, left.type, right.type))
    return Compare(type=BoolType(), op=op, left=left, right=right, span=span)


def _structural(op: str, left: Expr, right: Expr, span: Span, context: Context) -> Expr:
    """Equality of sets, element by element, and of tuples, part by part."""
    if isinstance(left, Const) and isinstance(right, Const):
        return Compare(type=BoolType(), op=op, left=left, right=right, span=span)
    if isinstance(left.type, TupleType):
        found: Expr | None = equal(left, right, span)
    else:
        found = same_sets(left, right, span, context)
    if found is None:
        return ERROR
    return _unless(op == "!=", found, span)


def _unless(negated: bool, found: Expr, span: Span) -> Expr:
    return Unary(type=BoolType(), op="not", operand=found, span=span) if negated else found


def _equatable(left: Type, right: Type) -> bool:
    if isinstance(left, ListType) or isinstance(right, ListType):
        pair = tuple(t.element for t in (left, right) if isinstance(t, ListType | ArrayType))
        return len(pair) == 2 and join(*pair) is not None
    return join(left, right) is not None


def _ordered(left: Type, right: Type) -> bool:
    if is_number(left) and is_number(right):
        return True
    return isinstance(left, EnumType) and left == right


def _membership(op: str, left: Expr, right: Expr, span: Span, context: Context) -> Expr:
    of = right.type
    if not isinstance(of, ArrayType | ListType | SetType | SeqType):
        message = f"`in` needs a list, array or range on its right, not {messages.named(of)}"
        return context.report(messages.error("GFS120", message, span))
    element = of.element
    if isinstance(of, ArrayType) and len(of.shape) > 1:
        element = ArrayType(of.shape[1:], of.element)
    if not _equatable(left.type, element):
        shown = "in" if op == "in" else "not in"
        return context.report(messages.no_operation(span, shown, left.type, of))
    if isinstance(of, SeqType):
        return sequences.contains(op, left, right, span)
    if isinstance(left.type, SlotType) and not isinstance(element, SlotType):
        left = as_element(left, context)
        if is_error(left):
            return ERROR
    if isinstance(right, Const) and isinstance(element, TupleType) and not isinstance(left, Const):
        return _unless(op == "not_in", in_table(left, right.value, span, context), span)
    if isinstance(of, SetType) and not isinstance(right, Const):
        return _unless(op == "not_in", member(left, right, span, context), span)
    return Compare(type=BoolType(), op=op, left=left, right=right, span=span)


def conditional(node: ast.Conditional, context: Context) -> Expr:
    """``a if c else b``; each branch is checked where it is taken."""
    test = condition(node.test, context)
    if isinstance(test, Const) and not is_error(test):
        return context.of(node.then if test.value else node.otherwise)
    then = context.given(test).of(node.then)
    otherwise = context.unless(test).of(node.otherwise)
    if any_error((test, then, otherwise)):
        return ERROR
    of = join(then.type, otherwise.type)
    if of is None:
        return context.report(messages.no_operation(node.span, "if", then.type, otherwise.type))
    return Conditional(type=of, test=test, then=then, otherwise=otherwise, span=node.span)


def condition(node: ast.Expr, context: Context) -> Expr:
    """An expression that must be a bool."""
    found = context.of(node)
    if is_error(found) or isinstance(found.type, BoolType):
        return found
    if isinstance(found.type, SlotType) and isinstance(found.type.element, BoolType):
        return as_element(found, context)
    helps = ("compare it, as in `x != 0`",) if is_number(found.type) else ()
    return context.report(messages.mismatch(node.span, found.type, "a condition", helps))


def number(node: ast.Expr, context: Context) -> Expr:
    """An expression that must be a number; a slot is read as its element."""
    found = as_element(context.of(node), context)
    if is_error(found) or is_number(found.type):
        return found
    helps: tuple[str, ...] = ()
    if isinstance(found.type, BoolType):
        helps = ("`indicator(c)` turns a condition into 0 or 1",)
    elif isinstance(found.type, EnumType):
        helps = ("`number_of(e)` is the position of a member, from 1",)
    elif isinstance(found.type, StringType):
        helps = ("remove the quotes",)
    return context.report(messages.mismatch(node.span, found.type, "a number", helps))


def integer(node: ast.Expr, context: Context) -> Expr:
    """An expression that must be an integer."""
    found = number(node, context)
    if is_error(found) or isinstance(found.type, IntType):
        return found
    helps = ("`//` divides integers; `floor` and `ceil` round to one",)
    return context.report(messages.mismatch(node.span, found.type, "an integer", helps))
