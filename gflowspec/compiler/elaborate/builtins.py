"""Built-in functions: their arguments and the types of their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import floor, prod
from typing import Any

import attrs

from gflowspec.compiler.elaborate import intervals, messages
from gflowspec.compiler.elaborate.generators import aggregate, over_container
from gflowspec.compiler.elaborate.intervals import Interval, as_type
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
    check_range,
    hull,
    is_exact,
    is_number,
    join,
    number_type,
)
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    ListType,
    RealType,
    SetType,
    SlotType,
    StringType,
    Type,
)
from gflowspec.ir.expr import Call, Const, Expr, Range
from gflowspec.lang import ast
from gflowspec.lang.builtins import LEVEL_TWO, WORDS
from gflowspec.lang.messages.names import needs_level_two, not_supported, unknown_choice

_AGGREGATES = frozenset({"sum", "prod", "min", "max", "all", "any", "count", "concat"})
_GRAPH = frozenset(
    "nodes edge edge_count parents children reaches acyclic connected mask values".split()
)
#: Names of arguments, where they can be given by name; a trailing ``?`` marks an optional one.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "clip": ("x", "lo", "hi"),
    "or_else": ("s", "d"),
    "bits_of": ("v", "k"),
    "number": ("a", "base"),
    "hamming": ("a", "b"),
    "text": ("s", "alphabet"),
    "quantile": ("C", "q"),
    "draw_ints": ("shape", "low", "high", "seed", "generator?"),
}


def call_builtin(name: str, node: ast.Apply, context: Context) -> Expr:
    """``name(...)`` for a built-in function."""
    if name in LEVEL_TWO:
        return context.report(needs_level_two(node.span, f"`{name}`"))
    if name in _GRAPH:
        return context.report(not_supported(node.span, f"`{name}`"))
    plain = [a.value for a in node.arguments]
    if name in _AGGREGATES and len(plain) == 1:
        return _aggregate(name, plain[0], node, context)
    if any(isinstance(value, ast.Generator) for value in plain):
        message = f"`{name}` does not take `for`"
        return context.report(messages.error("GFS120", message, node.span))
    given = _arguments(name, node, context)
    if given is None or any_error(given):
        return ERROR
    return _TYPED[name](_Application(name, given, node, context))


@attrs.frozen
class _Application:
    """A call with elaborated arguments."""

    name: str
    arguments: tuple[Expr, ...]
    node: ast.Apply
    context: Context

    def call(self, of: Type, arguments: tuple[Expr, ...] | None = None) -> Expr:
        """The call as an expression of the IR."""
        given = self.arguments if arguments is None else arguments
        return Call(type=of, function=self.name, arguments=given, span=self.node.span)

    def refuse(self, place: int, wanted: str) -> Expr:
        """GFS120 at an argument."""
        argument = self.arguments[place]
        span = argument.span or self.node.span
        return self.context.report(messages.mismatch(span, argument.type, wanted))

    def number(self, place: int) -> Expr:
        """An argument that must be a number."""
        found = as_element(self.arguments[place], self.context)
        if is_error(found) or is_number(found.type):
            return found
        return self.refuse(place, "a number")

    def integer(self, place: int) -> Expr:
        """An argument that must be an integer."""
        found = self.number(place)
        if is_error(found) or isinstance(found.type, IntType):
            return found
        return self.refuse(place, "an integer")

    def whole_constant(self, place: int, what: str) -> int | None:
        """An argument that must be a constant integer."""
        found = self.integer(place)
        if is_error(found):
            return None
        if not isinstance(found, Const):
            self.context.report(messages.not_constant(found.span, what))
            return None
        value: int = found.value
        return value

    def interval(self, expr: Expr) -> Interval:
        """All values of a number here."""
        return self.context.facts.interval(expr)

    def container(self, place: int, *, filled: bool = True) -> Expr:
        """An argument that must be an array or list; slots must be known to be filled."""
        found = self.arguments[place]
        if filled and isinstance(found.type, ArrayType):
            found = as_element(found, self.context)
        if is_error(found) or isinstance(found.type, ArrayType | ListType):
            return found
        return self.refuse(place, "an array or list")


def _aggregate(name: str, value: ast.Expr, node: ast.Apply, context: Context) -> Expr:
    if isinstance(value, ast.Generator):
        return aggregate(name, value, node, context)
    if name == "count" and isinstance(value, ast.Var) and value.name not in context.names:
        words = WORDS["count", 0]
        if value.name in words:
            return _count_states(value, node, context)
        if context.symbol((value.name,)) is None:
            return context.report(unknown_choice(value.span, "name", value.name, words))
    found = context.of(value)
    if is_error(found):
        return ERROR
    if name == "concat":
        return found
    return over_container(name, found, node, context)


def _count_states(word: ast.Var, node: ast.Apply, context: Context) -> Expr:
    if not context.counts:
        message = f"`count({word.name})` can only be used in an `assert` of an environment"
        return context.report(messages.error("GFS120", message, node.span))
    argument = constant(StringType(), word.name, word.span)
    return Call(type=IntType(0, None), function="count", arguments=(argument,), span=node.span)


def _arguments(name: str, node: ast.Apply, context: Context) -> tuple[Expr, ...] | None:
    """Elaborated arguments in the order of the parameters; None where it was reported."""
    declared = _NAMES.get(name)
    names = tuple(item.rstrip("?") for item in declared or ())
    found: dict[int, Expr] = {}
    for place, argument in enumerate(node.arguments):
        at = place
        if argument.name is not None:
            if argument.name.text not in names:
                what = f"argument of `{name}`:"
                context.report(unknown_choice(argument.name.span, what, argument.name.text, names))
                return None
            at = names.index(argument.name.text)
        if at in found:
            message = f"argument {at + 1} of `{name}` is given twice"
            context.report(messages.error("GFS113", message, argument.span))
            return None
        found[at] = _argument(name, names[at] if at < len(names) else at, argument.value, context)
    least = sum(not item.endswith("?") for item in declared) if declared else 1
    most = len(names) if declared else (None if name in ("min", "max", "concat") else 1)
    if set(found) != set(range(len(found))) or len(found) < least:
        return _wrong_number(name, least, len(found), node, context)
    if most is not None and len(found) > most:
        return _wrong_number(name, most, len(found), node, context)
    return tuple(found[place] for place in range(len(found)))


def _wrong_number(name: str, wanted: int, given: int, node: ast.Apply, context: Context) -> None:
    plural = "argument" if wanted == 1 else "arguments"
    message = f"`{name}` takes {wanted} {plural}, not {given}"
    context.report(messages.error("GFS120", message, node.span))


def _argument(name: str, key: str | int, value: ast.Expr, context: Context) -> Expr:
    words = WORDS.get((name, key), ())
    if words and isinstance(value, ast.Var):
        if value.name in words:
            return constant(StringType(), value.name, value.span)
        return context.report(unknown_choice(value.span, str(key), value.name, words))
    return context.of(value)


# ---- numbers ------------------------------------------------------------------------------------


def _abs(a: _Application) -> Expr:
    x = a.number(0)
    if is_error(x):
        return ERROR
    return a.call(number_type((x,), intervals.absolute(a.interval(x))), (x,))


def _clip(a: _Application) -> Expr:
    parts = tuple(a.number(i) for i in range(3))
    if any_error(parts):
        return ERROR
    x, lo, hi = (a.interval(part) for part in parts)
    values = intervals.least((intervals.greatest((x, lo)), hi))
    return a.call(number_type(parts, values), parts)


def _extreme(a: _Application) -> Expr:
    parts = tuple(a.number(i) for i in range(len(a.arguments)))
    if any_error(parts):
        return ERROR
    choose = intervals.least if a.name == "min" else intervals.greatest
    return a.call(number_type(parts, choose(a.interval(part) for part in parts)), parts)


def _rounded(a: _Application) -> Expr:
    x = a.number(0)
    if is_error(x):
        return ERROR
    values = a.interval(x)
    lo = None if values.lo is None else floor(values.lo)
    hi = None if values.hi is None else -floor(-values.hi)
    return a.call(IntType(lo, hi), (x,))


_ZERO = Fraction(0)
_ONE = Fraction(1)
#: Ranges of the functions that leave the rationals; they hold for every argument.
_RANGES: Mapping[str, RealType] = {
    "exp": RealType(_ZERO, None, exact=False),
    "log": RealType(exact=False),
    "log1p": RealType(exact=False),
    "sqrt": RealType(_ZERO, None, exact=False),
    "cos": RealType(-_ONE, _ONE, exact=False),
    "sin": RealType(-_ONE, _ONE, exact=False),
    "tanh": RealType(-_ONE, _ONE, exact=False),
    "sigmoid": RealType(_ZERO, _ONE, exact=False),
    "erf": RealType(-_ONE, _ONE, exact=False),
    "normal_pdf": RealType(_ZERO, Fraction(2, 5), exact=False),
}


def _inexact(a: _Application) -> Expr:
    x = a.number(0)
    return ERROR if is_error(x) else a.call(_RANGES[a.name], (x,))


def _indicator(a: _Application) -> Expr:
    if not isinstance(a.arguments[0].type, BoolType):
        return a.refuse(0, "a condition")
    return a.call(IntType(0, 1))


def _number_of(a: _Application) -> Expr:
    found = as_element(a.arguments[0], a.context)
    if is_error(found):
        return ERROR
    if not isinstance(found.type, EnumType):
        return a.refuse(0, "a member of an enum")
    return a.call(IntType(1, len(found.type.members)), (found,))


# ---- containers ---------------------------------------------------------------------------------


def _length(a: _Application) -> int | Expr:
    """The constant length of the argument, or the expression for it."""
    found = a.arguments[0]
    of = found.type
    if isinstance(of, ArrayType):
        return of.shape[0]
    if isinstance(found, Const) and isinstance(of, StringType | ListType | SetType):
        return len(found.value)
    if isinstance(of, ListType | SetType):
        most = of.max_length if isinstance(of, ListType) else of.hi
        return Call(
            type=IntType(0, most), function="len", arguments=(found,), span=a.node.span
        )
    return a.refuse(0, "an array, list or string")


def _len(a: _Application) -> Expr:
    found = _length(a)
    if isinstance(found, int):
        return constant(IntType(found, found), found, a.node.span)
    return found


def _index(a: _Application) -> Expr:
    found = _length(a)
    if not isinstance(found, int):
        if is_error(found):
            return ERROR
        return a.refuse(0, "an array or list of known length")
    span = a.node.span
    lower = constant(IntType(0, 0), 0, span)
    upper = constant(IntType(found - 1, found - 1), found - 1, span)
    of = ListType(IntType(0, found - 1), found)
    return Range(type=of, lower=lower, upper=upper, span=span)


def _filled(a: _Application) -> Expr:
    of = a.arguments[0].type
    slots = isinstance(of, SlotType) or (
        isinstance(of, ArrayType) and isinstance(of.element, SlotType)
    )
    if not slots:
        return a.refuse(0, "a slot or an array of slots")
    if a.name == "filled":
        return a.call(BoolType())
    return a.call(IntType(0, of.size if isinstance(of, ArrayType) else 1))


def _distinct(a: _Application) -> Expr:
    found = a.container(0, filled=False)
    return ERROR if is_error(found) else a.call(BoolType(), (found,))


def _or_else(a: _Application) -> Expr:
    slot, default = a.arguments
    if not isinstance(slot.type, SlotType):
        return a.refuse(0, "a slot")
    of = join(slot.type.element, default.type)
    if of is None or isinstance(default.type, SlotType):
        return a.refuse(1, messages.named(slot.type.element))
    return a.call(of)


def _same_shape(a: _Application) -> Expr:
    found = a.container(0)
    return ERROR if is_error(found) else a.call(found.type, (found,))


def _concat(a: _Application) -> Expr:
    parts = tuple(a.container(i) for i in range(len(a.arguments)))
    if any_error(parts):
        return ERROR
    length, element = 0, None
    for place, part in enumerate(parts):
        of = part.type
        if not isinstance(of, ArrayType) or len(of.shape) != 1:
            return a.refuse(place, "an array of fixed length")
        length += of.shape[0]
        element = of.element if element is None else join(element, of.element)
        if element is None:
            return a.refuse(place, messages.named(parts[0].type))
    assert element is not None
    return a.call(ArrayType((length,), element), parts)


def _bits_of(a: _Application) -> Expr:
    value, width = a.integer(0), a.whole_constant(1, "the number of bits")
    if is_error(value) or width is None:
        return ERROR
    if not 0 < width <= 64:
        message = f"`bits_of` gives 1 to 64 bits, not {width}"
        return a.context.report(messages.error("GFS121", message, a.arguments[1].span))
    checked = check_range(value, IntType(0, 2**width - 1), a.context)
    if is_error(checked):
        return ERROR
    return a.call(ArrayType((width,), IntType(0, 1)), (checked, a.arguments[1]))


def _number(a: _Application) -> Expr:
    digits, base = a.container(0), a.whole_constant(1, "the base")
    if is_error(digits) or base is None:
        return ERROR
    of = digits.type
    if not isinstance(of, ArrayType) or not isinstance(of.element, IntType):
        return a.refuse(0, "an array of integers of fixed length")
    if base < 2:
        message = f"the base must be at least 2, not {base}"
        return a.context.report(messages.error("GFS121", message, a.arguments[1].span))
    if of.size * base.bit_length() > 512:
        message = f"the number may have more than {of.size * base.bit_length()} bits"
        return a.context.report(messages.too_costly(a.node.span, message))
    lo, hi = of.element.lo, of.element.hi
    reach = (base**of.size - 1) // (base - 1)
    bounds = IntType(None if lo is None else lo * reach, None if hi is None else hi * reach)
    return a.call(bounds, (digits, a.arguments[1]))


def _hamming(a: _Application) -> Expr:
    left, right = a.container(0), a.container(1)
    if any_error((left, right)):
        return ERROR
    one, other = left.type, right.type
    if not isinstance(one, ArrayType):
        return a.refuse(0, "an array")
    if not isinstance(other, ArrayType) or one.shape != other.shape:
        return a.refuse(1, f"an array of {one.size} elements")
    if join(one.element, other.element) is None:
        return a.refuse(1, messages.named(one))
    return a.call(IntType(0, one.size), (left, right))


def _text(a: _Application) -> Expr:
    found, alphabet = a.container(0), a.arguments[1]
    if is_error(found):
        return ERROR
    if not isinstance(alphabet.type, StringType) or not isinstance(alphabet, Const):
        return a.refuse(1, "a constant string")
    element = found.type.element if isinstance(found.type, ArrayType | ListType) else None
    if not isinstance(element, IntType):
        return a.refuse(0, "an array of integers")
    letters = IntType(0, len(alphabet.value) - 1)
    if not intervals.of_type(element).within(intervals.of_type(letters)):
        shown = messages.show_interval(element)
        return a.context.report(
            messages.out_of_range(found.span, shown, letters, certain=False)
        )
    return a.call(StringType(), (found, alphabet))


def _statistic(a: _Application) -> Expr:
    found = a.container(0)
    if is_error(found):
        return ERROR
    if not isinstance(found, Const):
        return a.context.report(messages.not_constant(found.span, f"the data of `{a.name}`"))
    element = found.type.element if isinstance(found.type, ArrayType | ListType) else None
    if element is None or not is_number(element) or not found.value:
        return a.refuse(0, "a list of numbers that is not empty")
    of = as_type(hull((element,)), integer=False, exact=is_exact(element))
    if a.name == "mean":
        return a.call(of, (found,))
    share = a.number(1)
    if is_error(share):
        return ERROR
    if is_error(check_range(share, RealType(_ZERO, _ONE), a.context)):
        return ERROR
    return a.call(of, (found, share))


def _draw_ints(a: _Application) -> Expr:
    shape = _shape(a.arguments[0])
    if shape is None:
        return a.refuse(0, "a constant length or tuple of lengths")
    if prod(shape) > MAX_ELEMENTS:
        message = f"{prod(shape):,} numbers are drawn; {MAX_ELEMENTS:,} are allowed"
        return a.context.report(messages.too_costly(a.node.span, message))
    numbers = [a.whole_constant(i, "an argument of `draw_ints`") for i in (1, 2, 3)]
    if None in numbers:
        return ERROR
    low, high, seed = (value for value in numbers if value is not None)
    if low > high:
        message = f"there is no integer from {low} to {high}"
        return a.context.report(messages.error("GFS121", message, a.arguments[2].span))
    if not 0 <= seed < 2**32:
        return a.context.report(
            messages.out_of_range(
                a.arguments[3].span, f"`{seed}`", IntType(0, 2**32 - 1), certain=True
            )
        )
    return a.call(ArrayType(shape, IntType(low, high)))


def _shape(expr: Expr) -> tuple[int, ...] | None:
    if not isinstance(expr, Const):
        return None
    lengths: Sequence[Any] = expr.value if isinstance(expr.value, tuple) else (expr.value,)
    if not lengths or not all(type(length) is int and length > 0 for length in lengths):
        return None
    return tuple(lengths)


_TYPED: Mapping[str, Callable[[_Application], Expr]] = {
    "abs": _abs,
    "clip": _clip,
    "min": _extreme,
    "max": _extreme,
    "floor": _rounded,
    "ceil": _rounded,
    "round": _rounded,
    **dict.fromkeys(_RANGES, _inexact),
    "indicator": _indicator,
    "number_of": _number_of,
    "len": _len,
    "index": _index,
    "filled": _filled,
    "count_filled": _filled,
    "distinct": _distinct,
    "or_else": _or_else,
    "reverse": _same_shape,
    "sorted": _same_shape,
    "concat": _concat,
    "bits_of": _bits_of,
    "number": _number,
    "hamming": _hamming,
    "text": _text,
    "quantile": _statistic,
    "mean": _statistic,
    "draw_ints": _draw_ints,
    **dict.fromkeys(("sum", "prod", "all", "any", "count"), lambda a: _too_many(a)),
}


def _too_many(a: _Application) -> Expr:
    message = f"`{a.name}` takes one generator or container, not {len(a.arguments)} arguments"
    return a.context.report(messages.error("GFS120", message, a.node.span))
