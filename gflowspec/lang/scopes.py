"""Names inside declarations, and small questions about the syntax tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from gflowspec.core.frozen import Frozen
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.symbols import Symbol, Tables


@attrs.frozen(eq=False, repr=False)
class Local(Frozen):
    """A name that is not top-level: a parameter, state variable, let, binder or loop variable.

    Attributes:
        what: What messages call it.
        span: Its declaration.
        let: The let it is, if it is one.
    """

    what: str
    span: Span
    let: ast.Let | None = None

    @property
    def takes_arguments(self) -> bool:
        """Whether it is called rather than read."""
        return self.let is not None and self.let.arguments is not None


Locals = Mapping[str, Local]


def environment_names(item: ast.Environment) -> Iterator[tuple[str, Local]]:
    """Names that stand for values in an environment, in order."""
    for param in item.params:
        yield param.name.text, Local("parameter", param.name.span)
    for member in item.members:
        if isinstance(member, ast.State):
            for variable in member.variables:
                yield variable.name.text, Local("state variable", variable.name.span)
        elif isinstance(member, ast.Let):
            yield member.name.text, Local("let", member.name.span, member)


def reward_names(item: ast.Reward) -> Iterator[tuple[str, Local]]:
    """Names that a reward declares itself, in order."""
    for param in item.params:
        yield param.name.text, Local("parameter", param.name.span)
    for member in item.members:
        if isinstance(member, ast.Let):
            yield member.name.text, Local("let", member.name.span, member)


def value_names(members: Iterable[ast.Member]) -> Locals:
    """``R`` or ``logR``, which ``mode when`` can read."""
    return {
        member.key: Local("value", member.span)
        for member in members
        if isinstance(member, ast.RewardValue) and member.key in ("R", "logR")
    }


def environment_node(symbol: Symbol, tables: Tables) -> ast.Environment | None:
    """The declaration behind an environment, through aliases; None in a cycle of aliases."""
    seen: set[int] = set()
    current: Symbol | None = symbol
    while current is not None and id(current.node) not in seen:
        if isinstance(current.node, ast.Environment):
            return current.node
        seen.add(id(current.node))
        if not isinstance(current.node, ast.EnvironmentAlias):
            return None
        parts = dotted(current.node.call.function)
        current = None if parts is None else tables.find(current.module, parts)
    return None


def dotted(node: ast.Expr) -> tuple[str, ...] | None:
    """The parts of ``a.b.c`` where it is written as an expression; None for anything else."""
    if isinstance(node, ast.Var):
        return (node.name,)
    if isinstance(node, ast.Attribute):
        base = dotted(node.base)
        return None if base is None else (*base, node.name.text)
    return None


def child_nodes(node: ast.Node) -> Iterator[ast.Node]:
    """Direct children of a node, in order, names and paths excluded."""
    for field in attrs.fields(type(node)):
        value = getattr(node, field.name)
        for child in value if isinstance(value, tuple) else (value,):
            if isinstance(child, ast.Node) and not isinstance(child, ast.Name | ast.Dotted):
                yield child
