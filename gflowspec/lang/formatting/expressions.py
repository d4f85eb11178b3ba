"""Expressions -> layouts: literals and parentheses as they were written, blanks as they should be.

Operands are laid out before what holds them, with a list instead of recursion: an expression may
be deeper than Python's stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from gflowspec.core.errors import InternalError
from gflowspec.lang import ast
from gflowspec.lang.formatting.comments import Comments
from gflowspec.lang.formatting.document import (
    Align,
    Document,
    Fill,
    Group,
    IfBroken,
    Line,
    Nest,
    join,
)

#: Operators that make one chain when they stand in a row.
_CHAINS: Mapping[str, str] = {
    "+": "sum",
    "-": "sum",
    "*": "product",
    "/": "product",
    "//": "product",
    "%": "product",
    "and": "and",
    "or": "or",
}
_ATOMS = (ast.Number, ast.Quantity, ast.String, ast.Bool, ast.Empty, ast.Var, ast.WholeState)


def expression(node: ast.Expr, comments: Comments) -> Document:
    """The layout of an expression."""
    writer = _Writer(comments)
    for item in _children_first(node):
        writer.write(item)
    return writer.done[id(node)]


def _children_first(node: ast.Expr) -> Iterator[ast.Expr]:
    waiting = [node]
    found = []
    while waiting:
        item = waiting.pop()
        found.append(item)
        waiting.extend(operands(item))
    return reversed(found)


def operands(node: ast.Expr) -> tuple[ast.Expr, ...]:  # noqa: C901, PLR0911 - one case for each kind of expression
    """The expressions directly within one, in the order of the text."""
    match node:
        case ast.Attribute():
            return (node.base,)
        case ast.Index():
            return (node.base, *node.indices)
        case ast.Slice():
            return (node.base, node.lower, node.upper)
        case ast.Apply():
            return (node.function, *(item.value for item in node.arguments))
        case ast.FileRef():
            return (node.path, *(item.value for item in node.arguments))
        case ast.Generator() | ast.ListComp() | ast.SetComp():
            return (node.body, *_of_clauses(node.clauses))
        case ast.TupleExpr() | ast.ListExpr():
            return node.items
        case ast.Group():
            return (node.inner,)
        case ast.Unary():
            return (node.operand,)
        case ast.Binary():
            return (node.left, node.right)
        case ast.Comparison():
            return node.operands
        case ast.Conditional():
            return (node.then, node.test, node.otherwise)
        case _:
            return ()


def _of_clauses(clauses: Iterable[ast.CompFor]) -> Iterator[ast.Expr]:
    for clause in clauses:
        yield clause.domain
        if clause.condition is not None:
            yield clause.condition


@attrs.define
class _Writer:
    """Layouts of the nodes that were written, by identity; ``chains`` are those of operators."""

    comments: Comments
    done: dict[int, Document] = attrs.field(factory=dict)
    chains: dict[int, list[Document]] = attrs.field(factory=dict)

    def write(self, node: ast.Expr) -> None:
        """Lay out a node whose operands are done."""
        self.done[id(node)] = self._leaf(node) or self._branch(node)

    def _leaf(self, node: ast.Expr) -> Document:
        text = _leaf_text(node)
        return (*self.comments.take(node.span.start), text) if text else ""

    def _branch(self, node: ast.Expr) -> Document:
        match node:
            case ast.Binary():
                return self._binary(node)
            case ast.Comparison():
                return self._comparison(node)
            case ast.Unary(op=op):
                return (f"{op} " if op.isalpha() else op, self._of(node.operand))
            case ast.Conditional():
                return self._conditional(node)
            case ast.Group():
                return ("(", Align(self._of(node.inner)), self._close(node), ")")
            case ast.Attribute():
                # `4.x` would be a bad number.
                dot = " ." if isinstance(node.base, ast.Number | ast.Quantity) else "."
                return (self._of(node.base), dot, node.name.text)
            case ast.Slice():
                bounds = (self._of(node.lower), ":", self._of(node.upper), self._close(node))
                return (self._of(node.base), "[", *bounds, "]")
            case ast.Index():
                inner = self._items(node.indices, node)
                return (self._of(node.base), "[", inner, "]")
            case _:
                return self._container(node)

    def _container(self, node: ast.Expr) -> Document:
        match node:
            case ast.Apply():
                return (self._of(node.function), *self._call((), node.arguments, node))
            case ast.FileRef():
                return ("file", *self._call((self._of(node.path),), node.arguments, node))
            case ast.Generator():
                return self._comprehension(node.body, node.clauses)
            case ast.ListComp():
                body = self._comprehension(node.body, node.clauses)
                return ("[", body, self._close(node), "]")
            case ast.SetComp():
                body = self._comprehension(node.body, node.clauses)
                return ("{", body, self._close(node), "}")
            case ast.TupleExpr():
                comma = "," if len(node.items) == 1 else ""
                return ("(", self._items(node.items, node), comma, ")")
            case ast.ListExpr():
                return self._list(node)
        message = f"no layout for {type(node).__name__}"
        raise InternalError(message)

    def _of(self, node: ast.Expr) -> Document:
        return self.done[id(node)]

    def _close(self, node: ast.Expr) -> Document:
        """Comments in front of a closing bracket."""
        return self.comments.take(node.span.end)

    # -- operators

    def _binary(self, node: ast.Binary) -> Document:
        left, right = self._of(node.left), self._of(node.right)
        if node.op == "..":
            return (left, "..", right)
        if node.op == "^":
            return (left, " ^ ", right)
        if node.op == "=>":
            return Group(Align((left, Line(), "=> ", right), shift=-3))
        kind = _CHAINS[node.op]
        chain = [left]
        if isinstance(node.left, ast.Binary) and _CHAINS.get(node.left.op) == kind:
            chain = self.chains[id(node.left)]
        chain = [*chain, Line(), f"{node.op} ", right]
        self.chains[id(node)] = chain
        # The operands stand below each other, the operators in front of them.
        return Group(Align(tuple(chain), shift=-len(node.op) - 1))

    def _comparison(self, node: ast.Comparison) -> Document:
        parts: list[Document] = [self._of(node.operands[0])]
        for operator, operand in zip(node.operators, node.operands[1:], strict=True):
            parts += [Line(), f"{operator} ", self._of(operand)]
        return Group(Align(tuple(parts)))

    def _conditional(self, node: ast.Conditional) -> Document:
        test = (Line(), "if ", self._of(node.test))
        otherwise = (Line(), "else ", self._of(node.otherwise))
        return Group(Align((self._of(node.then), *test, *otherwise)))

    # -- brackets

    def _call(
        self, first: tuple[Document, ...], arguments: tuple[ast.Argument, ...], node: ast.Expr
    ) -> tuple[Document, ...]:
        """Everything from the opening parenthesis on."""
        items = [*first, *(self._argument(item) for item in arguments)]
        return ("(", _filled(items), self._close(node), ")")

    def _argument(self, argument: ast.Argument) -> Document:
        value = self._of(argument.value)
        return value if argument.name is None else (f"{argument.name.text} = ", value)

    def _items(self, items: tuple[ast.Expr, ...], node: ast.Expr) -> Document:
        return (_filled([self._of(item) for item in items]), self._close(node))

    def _list(self, node: ast.ListExpr) -> Document:
        """Plain values fill the lines; anything else stands on a line of its own."""
        close = self._close(node)
        items = [self._of(item) for item in node.items]
        if not items:
            return ("[", close, "]")
        if all(_is_plain(item) for item in node.items):
            body: Document = (Fill(_with_commas(items)), IfBroken(","))
        else:
            body = (join((",", Line()), items), IfBroken(","))
        return Group(("[", Nest(2, (Line(""), body, close)), Line(""), "]"))

    def _comprehension(self, body: ast.Expr, clauses: tuple[ast.CompFor, ...]) -> Document:
        return Group(
            Align((self._of(body), Line(), Fill(tuple(self._clause(item) for item in clauses))))
        )

    def _clause(self, clause: ast.CompFor) -> Document:
        names = ", ".join(name.text for name in clause.names)
        head = (f"for {names} in ", self._of(clause.domain))
        if clause.condition is None:
            return head
        return (*head, " if ", self._of(clause.condition))


def _leaf_text(node: ast.Expr) -> str:
    match node:
        case ast.Number() | ast.Quantity() | ast.String():
            return node.text
        case ast.Bool():
            return "true" if node.value else "false"
        case ast.Empty():
            return "empty"
        case ast.WholeState():
            return "state"
        case ast.Var():
            return node.name
        case _:
            return ""


def _is_plain(node: ast.Expr) -> bool:
    return isinstance(node.operand if isinstance(node, ast.Unary) else node, _ATOMS)


def _with_commas(items: list[Document]) -> tuple[Document, ...]:
    return (*((item, ",") for item in items[:-1]), *items[-1:])


def _filled(items: list[Document]) -> Document:
    """Items of a bracket, continued on further lines where they do not fit."""
    return Group(Nest(2, Fill(_with_commas(items))))
