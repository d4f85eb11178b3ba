"""Between constant values and expressions: what a sweep lists, and how a value is spelled."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from gflowspec.core.diagnostics import DiagnosticBag
from gflowspec.core.errors import InternalError
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.formatting.comments import Comments
from gflowspec.lang.formatting.document import render
from gflowspec.lang.formatting.expressions import expression
from gflowspec.lang.messages import sweeps as messages
from gflowspec.lang.settings.values import Constants


def elements(
    node: ast.Expr, module: str, constants: Constants, bag: DiagnosticBag
) -> tuple[ast.Expr, ...] | None:
    """The values that a list, a range or another constant collection holds; None if reported.

    What is written in brackets stays as it is written: it may be constructors.
    """
    while isinstance(node, ast.Group):
        node = node.inner
    if isinstance(node, ast.ListExpr):
        return node.items
    found = constants(node, module)
    if found is None:
        return None
    if not isinstance(found[0], tuple | range):
        bag.add(messages.no_list(node.span))
        return None
    return tuple(literal(item, node.span) for item in found[0])


def literal(value: Any, span: Span) -> ast.Expr:
    """The expression that a constant is spelled as; ``span`` says where it came from."""
    match value:
        case bool():
            return ast.Bool(value=value, span=span)
        case str():
            text = "".join(_escaped(character) for character in value)
            return ast.String(text=f'"{text}"', value=value, span=span)
        case tuple():
            return ast.ListExpr(items=tuple(literal(item, span) for item in value), span=span)
        case float():
            return literal(Fraction(repr(value)), span)
        case int() | Fraction():
            number = str(abs(value)) if isinstance(value, int) else _decimal(abs(value))
            if number is None:
                parts = [literal(part, span) for part in value.as_integer_ratio()]
                return ast.Binary(op="/", left=parts[0], right=parts[1], span=span)
            node = ast.Number(text=number, span=span)
            return ast.Unary(op="-", operand=node, span=span) if value < 0 else node
    message = f"{value!r} has no spelling"
    raise InternalError(message)


def _escaped(character: str) -> str:
    if character in '\\"':
        return f"\\{character}"
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"


def _decimal(value: Fraction) -> str | None:
    """A decimal with a point or an exponent; None if it is not finite or too long."""
    decimal = Decimal(value.numerator) / Decimal(value.denominator)
    if Fraction(decimal) != value or len(decimal.as_tuple().digits) > 17:
        return None
    text = f"{decimal:f}"
    if abs(decimal.adjusted()) > 4:
        text = f"{decimal.normalize():e}".replace("e+", "e")
    return text if set(text) & set(".e") else f"{text}.0"


def spelled(node: ast.Expr) -> str:
    """The text of an expression, on one line, in the layout of the formatter."""
    text = render((expression(node, Comments(node.span.file, [])), ""))
    return " ".join(text.split())
