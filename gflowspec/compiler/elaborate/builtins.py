"""Built-in functions: from a call to its arguments, and to the rule that types it."""

from __future__ import annotations

from collections.abc import Mapping

from gflowspec.compiler.elaborate import digraphs, messages
from gflowspec.compiler.elaborate.application import Application, Rule
from gflowspec.compiler.elaborate.collective import COLLECTIVE
from gflowspec.compiler.elaborate.generators import aggregate, over_container
from gflowspec.compiler.elaborate.numeric import NUMERIC
from gflowspec.compiler.elaborate.session import ERROR, Context, any_error, constant, is_error
from gflowspec.core.types import IntType, StringType
from gflowspec.ir.expr import Call, Expr
from gflowspec.lang import ast
from gflowspec.lang.builtins import LEVEL_TWO, WORDS
from gflowspec.lang.messages.names import needs_level_two, unknown_choice

_AGGREGATES = frozenset({"sum", "prod", "min", "max", "all", "any", "count", "concat"})
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
    **digraphs.ARGUMENTS,
}


def call_builtin(name: str, node: ast.Apply, context: Context) -> Expr:
    """``name(...)`` for a built-in function."""
    if name in LEVEL_TWO:
        return _not_yet(name, node, context)
    plain = [a.value for a in node.arguments]
    if name in _AGGREGATES and len(plain) == 1:
        return _aggregate(name, plain[0], node, context)
    if any(isinstance(value, ast.Generator) for value in plain):
        message = f"`{name}` does not take `for`"
        return context.report(messages.error("GFS120", message, node.span))
    given = _arguments(name, node, context)
    if given is None or any_error(given):
        return ERROR
    return _RULES[name](Application(name, given, node, context))


def _not_yet(name: str, node: ast.Apply, context: Context) -> Expr:
    """A function that this version lacks; nothing is said where its argument was reported."""
    if any_error([context.of(argument.value) for argument in node.arguments]):
        return ERROR
    return context.report(needs_level_two(node.span, f"`{name}`"))


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
        _wrong_number(name, least, len(found), node, context)
        return None
    if most is not None and len(found) > most:
        _wrong_number(name, most, len(found), node, context)
        return None
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


def _too_many(a: Application) -> Expr:
    message = f"`{a.name}` takes one generator or container, not {len(a.arguments)} arguments"
    return a.context.report(messages.error("GFS120", message, a.node.span))


_RULES: Mapping[str, Rule] = {
    **NUMERIC,
    **COLLECTIVE,
    **digraphs.DIGRAPHS,
    **dict.fromkeys(("sum", "prod", "all", "any", "count"), _too_many),
}
