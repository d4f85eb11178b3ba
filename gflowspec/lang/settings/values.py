"""Values of settings: from expressions to plain values, checked against what is declared."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, Protocol

import attrs

from gflowspec.core.diagnostics import DiagnosticBag
from gflowspec.core.frozen import Frozen
from gflowspec.core.schema import Parameter, Vocabulary, shown_number
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.literals import BYTES, SECONDS, number, quantity
from gflowspec.lang.messages import settings as messages
from gflowspec.lang.messages.names import listing, unknown_choice
from gflowspec.lang.messages.settings import kind_word
from gflowspec.lang.scopes import dotted


class Constants(Protocol):
    """Evaluates a constant expression of a file."""

    def __call__(self, node: ast.Expr, module: str, takes: str = "") -> tuple[Any] | None:
        """The value in a tuple of one (``core.types`` lists values); None if it was reported.

        ``takes`` says what may stand there, for whoever writes a name that does not exist.
        """


@attrs.frozen(eq=False, repr=False)
class Constructor(Frozen):
    """A component that is named, with its arguments as they are written."""

    name: str
    arguments: tuple[ast.Argument, ...] = ()


@attrs.frozen(eq=False, repr=False)
class Reader(Frozen):
    """Reads values of settings and reports what is wrong with them."""

    vocabulary: Vocabulary
    constants: Constants
    bag: DiagnosticBag

    def read(self, parameter: Parameter, node: ast.Expr, path: str, module: str) -> Any:
        """The value of a setting; ``INVALID`` if it was reported.

        Components come back as ``Constructor``; lists of components as tuples of expressions.
        """
        node = _inner(node)
        if parameter.optional and isinstance(node, ast.Var) and node.name == "none":
            return None
        match parameter.type:
            case "component":
                return self._constructor(parameter, node, path)
            case "list" if parameter.item == "component":
                return self._constructors(parameter, node, path)
            case "list":
                return self._list(parameter, node, path, module)
            case "choice":
                return self._choice(parameter, node, path)
            case "time" | "interval":
                return self._time(parameter, node, path, module)
            case "size":
                return self._size(parameter, node, path)
            case "map":
                self.bag.add(messages.wrong_value(node.span, path, 'keys: `key = "value"`'))
                return INVALID
            case _:
                return self._plain(parameter.type, parameter, node, path, module)

    # ---- components -------------------------------------------------------------------------

    def _constructor(self, parameter: Parameter, node: ast.Expr, path: str) -> Any:
        kind = parameter.kind or ""
        if parameter.shorthand is not None and _is_number(node):
            argument = ast.Argument(name=None, value=node, span=node.span)
            return Constructor(parameter.shorthand, (argument,))
        call = node if isinstance(node, ast.Apply) else None
        parts = dotted(call.function if call is not None else node)
        if parts is None or len(parts) != 1:
            wanted = f"{_article(kind)}, such as {listing(self.vocabulary.names(kind))}"
            self.bag.add(messages.wrong_value(node.span, path, wanted))
            return INVALID
        span = call.function.span if call is not None else node.span
        if self.vocabulary.find(kind, parts[0]) is None:
            self.bag.add(
                unknown_choice(span, kind_word(kind), parts[0], self.vocabulary.names(kind))
            )
            return INVALID
        return Constructor(parts[0], call.arguments if call is not None else ())

    def _constructors(self, parameter: Parameter, node: ast.Expr, path: str) -> Any:
        if not isinstance(node, ast.ListExpr):
            wanted = f"a list of {parameter.kind}s"
            helps = (f"write `[{node.span.text}]`",)
            self.bag.add(messages.wrong_value(node.span, path, wanted, helps))
            return INVALID
        return tuple(_inner(item) for item in node.items)

    # ---- plain values -----------------------------------------------------------------------

    def _list(self, parameter: Parameter, node: ast.Expr, path: str, module: str) -> Any:
        if isinstance(node, ast.ListExpr | ast.TupleExpr):
            items = [
                self._plain(parameter.item, parameter, _inner(item), path, module)
                for item in node.items
            ]
            return INVALID if any(item is INVALID for item in items) else tuple(items)
        found = self._constant(node, module, _takes(parameter, path))
        if found is INVALID:
            return INVALID
        if not isinstance(found, tuple):
            helps = (f"write `[{node.span.text}]`",)
            self.bag.add(messages.wrong_value(node.span, path, "a list", helps))
            return INVALID
        items = [self._typed(parameter.item, parameter, item, node.span, path) for item in found]
        return INVALID if any(item is INVALID for item in items) else tuple(items)

    def _choice(self, parameter: Parameter, node: ast.Expr, path: str) -> Any:
        word = node.name if isinstance(node, ast.Var) else None
        if isinstance(node, ast.String):
            word = node.value
        if (
            isinstance(node, ast.Apply)
            and not node.arguments
            and isinstance(node.function, ast.Var)
        ):
            word = node.function.name
        if word is None:
            wanted = f"one of {listing(parameter.choices)}"
            self.bag.add(messages.wrong_value(node.span, path, wanted))
            return INVALID
        if word not in parameter.choices:
            self.bag.add(messages.unknown_word(node.span, path, word, parameter.choices))
            return INVALID
        return word

    def _time(self, parameter: Parameter, node: ast.Expr, path: str, module: str) -> Any:
        """Seconds as a float; a bare count stays an int where one is accepted."""
        if not isinstance(node, ast.Quantity):
            if parameter.type == "interval":
                return self._plain(int, parameter, node, path, module)
            helps = ("write a unit, as in `90s`, `30min` or `2h`",)
            self.bag.add(messages.wrong_unit(node.span, path, "a time with a unit", helps))
            return INVALID
        amount, unit = quantity(node.text)
        if unit not in SECONDS:
            helps = (f"units of time are {listing(SECONDS)}",)
            wanted = f"a time, but `{unit}` is a size"
            self.bag.add(messages.wrong_unit(node.span, path, wanted, helps))
            return INVALID
        return self._in_range(parameter, float, amount * SECONDS[unit], node.span, path)

    def _size(self, parameter: Parameter, node: ast.Expr, path: str) -> Any:
        """Bytes as an int."""
        amount, unit = quantity(node.text) if isinstance(node, ast.Quantity) else (0, "")
        if unit not in BYTES:
            helps = ("write a unit, as in `512MiB` or `4GiB`",)
            self.bag.add(messages.wrong_unit(node.span, path, "a size with a unit", helps))
            return INVALID
        return self._in_range(parameter, int, int(amount * BYTES[unit]), node.span, path)

    def _plain(self, of: Any, parameter: Parameter, node: ast.Expr, path: str, module: str) -> Any:
        if isinstance(node, ast.Quantity):
            helps = (f"write `{quantity(node.text)[0]}`",)
            self.bag.add(messages.wrong_unit(node.span, path, "a number without a unit", helps))
            return INVALID
        if of is str and isinstance(node, ast.Var):
            return node.name
        found = self._constant(node, module, _takes(parameter, path))
        return found if found is INVALID else self._typed(of, parameter, found, node.span, path)

    def _constant(self, node: ast.Expr, module: str, takes: str) -> Any:
        if isinstance(node, ast.Number):
            value = number(node.text)
            if value is not None:
                return value
        found = self.constants(node, module, takes)
        return INVALID if found is None else found[0]

    def _typed(self, of: Any, parameter: Parameter, value: Any, span: Span, path: str) -> Any:
        number_given = isinstance(value, int | Fraction | float) and not isinstance(value, bool)
        if of is int and number_given:
            if value != int(value):
                near = (f"write `{int(value)}` or `{int(value) + 1}`",)
                self.bag.add(messages.wrong_value(span, path, "an integer", near))
                return INVALID
            return self._in_range(parameter, int, value, span, path)
        if of is float and number_given:
            return self._in_range(parameter, float, value, span, path)
        if of in (bool, str) and isinstance(value, of):
            return value
        helps = _default(parameter)
        if isinstance(value, str) and of in (int, float):
            helps = ("write the number without quotes", *helps)
        elif of is str:
            helps = (f'write `"{span.text}"`',)
        kind = _WORDS.get(of, _WORDS[str])
        self.bag.add(messages.wrong_value(span, path, kind, helps))
        return INVALID

    def _in_range(
        self, parameter: Parameter, of: type[int | float], exact: Any, span: Span, path: str
    ) -> Any:
        """The number as it is kept: it and what was written have to lie in the range."""
        value, allowed = _kept(of, exact), parameter.range
        if value is not None and (
            allowed is None or (allowed.contains(exact) and allowed.contains(value))
        ):
            return value
        if allowed is None or (value is None and allowed.contains(exact)):
            shown, within = span.text, of.__name__ + "64"
        else:
            shown, within = span.text if value == 0 else shown_number(exact), str(allowed)
        self.bag.add(messages.outside(span, path, shown, within, _default(parameter)))
        return INVALID


def _kept(of: type[int | float], exact: Any) -> int | float | None:
    """A number as it is kept, in 64 bits; None if that is no number."""
    if of is int:
        whole = int(exact)
        return whole if -(1 << 63) <= whole < 1 << 63 else None
    try:
        return float(exact) if math.isfinite(exact) else None
    except OverflowError:
        return None


def _default(parameter: Parameter) -> tuple[str, ...]:
    """What stands there if nobody writes anything, where that is one plain value."""
    default = parameter.default
    if isinstance(default, bool):
        return (f"the default is `{str(default).lower()}`",)
    if isinstance(default, int | float):
        shown = f"{default:_}" if isinstance(default, int) else shown_number(default)
        timed = parameter.type in ("time", "interval") and isinstance(default, float)
        return (f"the default is `{shown}{'s' if timed else ''}`",)
    return ()


_WORDS = {
    int: "an integer",
    float: "a number",
    bool: "`true` or `false`",
    str: "a string in quotes",
    "interval": "a number of iterations, or a time such as `5min`,",
}


def _takes(parameter: Parameter, path: str) -> str:
    """``train.batch takes an integer in 1.. (the default is 16)``."""
    listed = parameter.type == "list"
    of = parameter.item if listed else parameter.type
    words = _WORDS.get(of, "a constant")
    if parameter.range is not None:
        words += f" in {parameter.range}"
    words += " or `none`" if parameter.optional else ""
    default = "".join(f" ({said})" for said in _default(parameter))
    return f"`{path}` takes {'a list, each item ' if listed else ''}{words}{default}"


class _Invalid:
    def __repr__(self) -> str:
        return "INVALID"


#: Stands for a value that was reported.
INVALID: Any = _Invalid()


def _article(kind: str) -> str:
    words = kind_word(kind)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _inner(node: ast.Expr) -> ast.Expr:
    while isinstance(node, ast.Group):
        node = node.inner
    return node


def _is_number(node: ast.Expr) -> bool:
    if isinstance(node, ast.Unary):
        return _is_number(node.operand)
    return isinstance(node, ast.Number | ast.Binary)
