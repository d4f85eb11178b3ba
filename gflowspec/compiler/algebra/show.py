"""Expressions as text, in the notation of the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gflowspec.compiler.algebra.declared import declared_form
from gflowspec.core.types import ArrayType, EnumType, IntType, SlotType, TupleType, Type
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
)

# How tightly an operator binds; a looser one inside a tighter one is put in parentheses.
_CONDITIONAL, _OR, _AND, _NOT, _COMPARE, _RANGE, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(11)
_BINARY: Mapping[str, int] = {
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "//": _PRODUCT,
    "%": _PRODUCT,
    "^": _POWER,
}


def show(expr: Expr) -> str:
    """The text of an expression; binders and variables by the part of their names users wrote.

    Collections read as they were declared.
    """
    return _text(declared_form(expr))


def _text(expr: Expr) -> str:
    return _show(expr)[0]


def _show(expr: Expr) -> tuple[str, int]:
    match expr:
        case Const(value=value):
            return _constant(value, expr.type)
        case StateVar(name=name) | Bound(name=name):
            return _plain_name(name), _ATOM
        case Binary(op, left, right):
            return _infix(op, left, right, _BINARY[op])
        case Compare(op, left, right):
            return _infix(op.replace("not_in", "not in"), left, right, _COMPARE)
        case Logic(op, operands):
            level = _AND if op == "and" else _OR
            return f" {op} ".join(_inside(item, level + 1) for item in operands), level
        case Unary(op, operand):
            if op == "not":
                return f"not {_inside(operand, _NOT)}", _NOT
            return f"-{_inside(operand, _SIGN)}", _SIGN
        case _:
            return _show_more(expr)


def _show_more(expr: Expr) -> tuple[str, int]:
    match expr:
        case Conditional(test, then, otherwise):
            shown = f"{_inside(then, _OR)} if {_inside(test, _OR)} else {_inside(otherwise, _OR)}"
            return shown, _CONDITIONAL
        case Index(base, indices):
            return f"{_inside(base, _ATOM)}[{_listed(indices)}]", _ATOM
        case Slice(base, lower, upper):
            return f"{_inside(base, _ATOM)}[{_text(lower)}:{_text(upper)}]", _ATOM
        case Updated(base, indices, value):
            # No notation of the language: the array after one write.
            return f"{_inside(base, _ATOM)} with [{_listed(indices)}] = {_text(value)}", _COMPARE
        case Range(lower, upper):
            return _infix("..", lower, upper, _RANGE)
        case Collection(items):
            brackets = "()" if isinstance(expr.type, TupleType) else "[]"
            return f"{brackets[0]}{_listed(items)}{brackets[1]}", _ATOM
        case Call("count_filled", (sequence,)) if _is_sequence(sequence):
            return f"len({_text(sequence)})", _ATOM
        case Call(function, arguments):
            return f"{function}({_listed(arguments)})", _ATOM
        case Aggregate(kind, body, generators):
            clauses = " ".join(_clause(item) for item in generators)
            return f"{kind}({_text(body)} {clauses})", _ATOM
        case _:
            return type(expr).__name__, _ATOM


def _is_sequence(expr: Expr) -> bool:
    return isinstance(expr.type, ArrayType) and expr.type.prefix


def _plain_name(name: str) -> str:
    """Names that elaboration made unique carry a suffix after a character no name can have."""
    for position, character in enumerate(name):
        if not (character.isalnum() or character == "_"):
            return name[:position] or name
    return name


def _infix(op: str, left: Expr, right: Expr, level: int) -> tuple[str, int]:
    space = "" if op in ("..", "^") else " "
    return f"{_inside(left, level)}{space}{op}{space}{_inside(right, level + 1)}", level


def _inside(expr: Expr, level: int) -> str:
    text, own = _show(expr)
    return text if own >= level else f"({text})"


def _listed(items: Sequence[Expr]) -> str:
    return ", ".join(_text(item) for item in items)


def _clause(generator: Generator) -> str:
    condition = "" if generator.condition is None else f" if {_text(generator.condition)}"
    return f"for {_plain_name(generator.variable)} in {_domain(generator.domain)}{condition}"


def _domain(domain: Expr) -> str:
    """What is gone through; integers without gaps as a range."""
    values = domain.value if isinstance(domain, Const) else ()
    if isinstance(values, tuple) and len(values) > 1 and all(type(v) is int for v in values):
        inner = getattr(domain.type, "element", domain.type)
        if isinstance(inner, IntType) and values == tuple(range(values[0], values[-1] + 1)):
            return f"{values[0]}..{values[-1]}"
    return _text(domain)


def _constant(value: Any, of: Type) -> tuple[str, int]:
    if value is None:
        return "empty", _ATOM
    if isinstance(value, bool):
        return ("true" if value else "false"), _ATOM
    inner = of.element if isinstance(of, SlotType) else of
    if isinstance(inner, EnumType) and isinstance(value, int):
        return inner.members[value], _ATOM
    if isinstance(value, range):
        return f"{value.start}..{value.stop - 1}", _RANGE
    if isinstance(value, tuple) and isinstance(of, TupleType):
        parts = [_constant(item, kind)[0] for item, kind in zip(value, of.items, strict=True)]
        return f"({', '.join(parts)})", _ATOM
    if isinstance(value, tuple | frozenset):
        element = getattr(of, "element", of)
        shown = [_constant(item, element)[0] for item in list(value)[:8]]
        more = [", ..."] if len(value) > 8 else []
        return f"[{', '.join(shown)}{''.join(more)}]", _ATOM
    return str(value), _SIGN if str(value).startswith("-") else _ATOM
