"""Expressions by hand, typed just well enough for the interpreter."""

from fractions import Fraction

from gflowspec.core.types import (
    ArrayType,
    BoolType,
    IntType,
    ListType,
    RealType,
    SlotType,
    StringType,
)
from gflowspec.ir.expr import (
    Aggregate,
    Binary,
    Bound,
    Call,
    Compare,
    Const,
    Generator,
    Index,
    Logic,
    Range,
    StateVar,
    Unary,
)

INT, REAL, BOOL = IntType(), RealType(), BoolType()
SLOTS = ArrayType((3,), SlotType(IntType(0, 2)))
GRID = ArrayType((2, 3), IntType(0, 9))


def const(value):
    if isinstance(value, bool):
        return Const(value, type=BOOL)
    if isinstance(value, int):
        return Const(value, type=INT)
    if isinstance(value, Fraction | float):
        return Const(value, type=RealType(exact=isinstance(value, Fraction)))
    if isinstance(value, str):
        return Const(value, type=StringType())
    if value is None:
        return Const(None, type=SlotType(INT))
    return Const(value, type=ListType(INT, len(value)))


def wrap(value):
    return value if hasattr(value, "type") else const(value)


def binary(op, left, right):
    left, right = wrap(left), wrap(right)
    kind = REAL if op == "/" or REAL in (left.type, right.type) else INT
    return Binary(op, left, right, type=kind)


def compare(op, left, right):
    return Compare(op, wrap(left), wrap(right), type=BOOL)


def call(name, *arguments, of=INT):
    return Call(name, tuple(wrap(item) for item in arguments), type=of)


def both(*operands):
    return Logic("and", tuple(wrap(item) for item in operands), type=BOOL)


def either(*operands):
    return Logic("or", tuple(wrap(item) for item in operands), type=BOOL)


def no(operand):
    return Unary("not", wrap(operand), type=BOOL)


def var(name, of=INT):
    return StateVar(name, type=of)


def bound(name, lo=None, hi=None):
    return Bound(name, type=IntType(lo, hi))


def at(base, *indices):
    of = base.type
    return Index(base, tuple(wrap(item) for item in indices), type=of.element)


def over(name, last, condition=None):
    domain = Range(const(0), const(last), type=ListType(INT, last + 1))
    return Generator(name, domain, tuple(range(last + 1)), condition)


def aggregate(kind, body, *generators):
    body = wrap(body)
    of = {"all": BOOL, "any": BOOL, "count": INT}.get(kind)
    if of is None:
        of = INT if isinstance(body.type, IntType) else body.type
    return Aggregate(kind, body, tuple(generators), type=of)
