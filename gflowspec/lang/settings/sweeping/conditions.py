"""``skip when``: a condition over the settings of a point.

A path stands for the value of that setting, ``is`` tests which constructor it has. Where the
constructor in force has no such setting, every comparison with it is false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NoReturn

import attrs

from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag
from gflowspec.core.schema import Vocabulary
from gflowspec.ir.config import Setting
from gflowspec.lang import ast
from gflowspec.lang.messages import sweeps as messages
from gflowspec.lang.messages.settings import kind_word
from gflowspec.lang.scopes import dotted
from gflowspec.lang.settings.sweeping.literals import literal, spelled
from gflowspec.lang.settings.sweeping.paths import candidates, known_paths, target_parameters
from gflowspec.lang.settings.targets import KINDS
from gflowspec.lang.settings.values import Constants
from gflowspec.lang.symbols import Tables


class _Reported(Exception):
    """The condition was reported."""


class _Absent:
    """The value of a setting that the constructor in force does not have."""


_ABSENT = _Absent()


@attrs.frozen(kw_only=True)
class Conditions:
    """Reads conditions of one sweep.

    Attributes:
        module: The file whose names they see.
        tables: Names of all files.
        vocabulary: Which settings and constructors there are.
        constants: Evaluates what is no path.
        bag: Where findings go.
    """

    module: str
    tables: Tables
    vocabulary: Vocabulary
    constants: Constants
    bag: DiagnosticBag

    def holds(self, node: ast.Expr, settings: Mapping[str, Setting]) -> bool:
        """Whether the condition is true at a point; false where it was reported."""
        try:
            return _At(self, settings).truth(node)
        except _Reported:
            return False


@attrs.frozen
class _At:
    """The conditions at one point."""

    of: Conditions
    settings: Mapping[str, Setting]

    def truth(self, node: ast.Expr) -> bool:
        match node:
            case ast.Group(inner=inner):
                return self.truth(inner)
            case ast.Unary(op="not", operand=operand):
                return not self.truth(operand)
            case ast.Binary(op="and", left=left, right=right):
                return self.truth(left) and self.truth(right)
            case ast.Binary(op="or", left=left, right=right):
                return self.truth(left) or self.truth(right)
            case ast.Binary(op="=>", left=left, right=right):
                return not self.truth(left) or self.truth(right)
            case ast.Conditional(test=test, then=then, otherwise=otherwise):
                return self.truth(then if self.truth(test) else otherwise)
            case ast.Comparison():
                pairs = zip(pairwise(node.operands), node.operators, strict=True)
                return all(self.compare(left, op, right) for (left, right), op in pairs)
        value = self.value(node)
        if value is _ABSENT:
            return False
        if not isinstance(value, bool):
            self.refuse(messages.no_condition(node.span))
        return bool(value)

    def compare(self, left: ast.Expr, op: str, right: ast.Expr) -> bool:
        if op in ("is", "is not"):
            return self.constructor(left, right) == (op == "is")
        a, b = self.pair(left, right)
        if a is _ABSENT or b is _ABSENT:
            return op in ("!=", "not in")
        match op:
            case "==":
                return bool(a == b)
            case "!=":
                return bool(a != b)
            case "in" | "not in":
                if not isinstance(b, tuple | frozenset | range):
                    self.refuse(messages.no_list(right.span))
                return (a in b) == (op == "in")
        if _is_number(a) != _is_number(b) or not (_is_number(a) or isinstance(a, str)):
            whole = left.span.to(right.span)
            self.refuse(messages.not_comparable(whole, spelled(left), spelled(right)))
        order = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}
        return bool(order[op])

    def constructor(self, left: ast.Expr, right: ast.Expr) -> bool:
        """Whether a setting has the constructor that is named to the right."""
        path, named = dotted(_inner(left)), dotted(_inner(right))
        if path is None or named is None:
            self.refuse(messages.no_constructor_test(left.span.to(right.span)))
        self.check_constructor(".".join(path), ".".join(named), left, right)
        found = self.settings.get(".".join(path))
        return found is not None and found.value == ".".join(named)

    def check_constructor(self, path: str, name: str, left: ast.Expr, right: ast.Expr) -> None:
        """Report a name that no constructor of the setting has, or a setting that has none."""
        if path in KINDS:
            what, known = path, set(self.of.tables.of(self.of.module).names(KINDS[path]))
        else:
            found = candidates(_names(_inner(left)), self.of.vocabulary)
            kinds = {item.kind for item in found if item.kind is not None}
            if not kinds:
                if not found:
                    self.unknown(left)
                self.refuse(messages.no_constructor_test(left.span.to(right.span)))
            what = kind_word(min(kinds))
            known = {name for kind in kinds for name in self.of.vocabulary.names(kind)}
        if name not in known and "." not in name:
            self.refuse(messages.unknown_constructor(right.span, what, name, known))

    def pair(self, left: ast.Expr, right: ast.Expr) -> tuple[Any, Any]:
        """Both sides of a comparison; a bare word beside the value of a setting is a word."""
        if self.is_path(left):
            a = self.value(left)
            return a, self.value(right, words=isinstance(a, str))
        if self.is_path(right):
            b = self.value(right)
            return self.value(left, words=isinstance(b, str)), b
        return self.value(left), self.value(right)

    def value(self, node: ast.Expr, *, words: bool = False) -> Any:
        """The value of an expression; with ``words`` a bare name means itself."""
        inner = _inner(node)
        if words and isinstance(inner, ast.Var):
            return inner.name
        if words and isinstance(inner, ast.ListExpr):
            return tuple(self.value(item, words=True) for item in inner.items)
        if isinstance(inner, ast.Var) and inner.name == "none":
            return None
        if self.is_path(inner):
            found = self.settings.get(".".join(dotted(inner) or ()))
            return _ABSENT if found is None else found.value
        replaced = self.replaced(inner)
        if replaced is None:
            return _ABSENT
        constant = self.of.constants(replaced, self.of.module)
        if constant is None:
            raise _Reported
        return constant[0]

    def replaced(self, node: ast.Expr) -> ast.Expr | None:
        """The expression with values for the paths in it; None if one of them is absent."""
        values = {id(path): self.value(path) for path in self.paths_in(node)}
        if any(value is _ABSENT for value in values.values()):
            return None
        found: ast.Expr = _substituted(node, values)
        return found

    def paths_in(self, node: ast.Node) -> Iterator[ast.Expr]:
        if isinstance(node, ast.Expr) and self.is_path(node):
            yield node
            return
        for child in _children(node):
            yield from self.paths_in(child)

    def is_path(self, node: ast.Expr) -> bool:
        """Whether an expression names a setting that some point can have."""
        parts = dotted(_inner(node))
        if parts is None:
            return False
        if ".".join(parts) in self.settings:
            return True
        if parts[0] in KINDS:
            known = target_parameters(KINDS[parts[0]], self.of.module, self.of.tables)
            if len(parts) == 2 and parts[1] not in known:
                self.unknown(node)
            return True
        if candidates(_names(_inner(node)), self.of.vocabulary):
            return True
        if len(parts) > 1 and self.of.tables.find(self.of.module, parts) is None:
            self.unknown(node)
        return False

    def unknown(self, node: ast.Expr) -> NoReturn:
        known = known_paths(self.of.vocabulary) | set(self.settings)
        self.refuse(messages.unknown_in_condition(node.span, spelled(node), known))

    def refuse(self, problem: Diagnostic) -> NoReturn:
        self.of.bag.add(problem)
        raise _Reported


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool | str) and hasattr(value, "__float__")


def _inner(node: ast.Expr) -> ast.Expr:
    while isinstance(node, ast.Group):
        node = node.inner
    return node


def _names(node: ast.Expr) -> tuple[ast.Name, ...]:
    """The parts of a dotted expression as names."""
    if isinstance(node, ast.Attribute):
        return (*_names(node.base), node.name)
    return (ast.Name(text=node.name, span=node.span),) if isinstance(node, ast.Var) else ()


def _children(node: ast.Node) -> Iterator[ast.Node]:
    for field in attrs.fields(type(node)):
        value = getattr(node, field.name)
        for child in value if isinstance(value, tuple) else (value,):
            if isinstance(child, ast.Node):
                yield child


def _substituted(node: Any, values: Mapping[int, Any]) -> Any:
    """A tree in which the nodes with these ids are the literals of their values."""
    if id(node) in values:
        return literal(values[id(node)], node.span)
    if isinstance(node, tuple):
        return tuple(_substituted(item, values) for item in node)
    if not isinstance(node, ast.Node):
        return node
    names = [field.name for field in attrs.fields(type(node)) if field.name != "span"]
    return attrs.evolve(node, **{n: _substituted(getattr(node, n), values) for n in names})
