"""The settings ``environment`` and ``reward``: calls of declarations of the file."""

from __future__ import annotations

import attrs

from gflowspec.core.diagnostics import DiagnosticBag
from gflowspec.core.frozen import Frozen
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.messages import names as name_messages
from gflowspec.lang.messages import settings as messages
from gflowspec.lang.scopes import dotted
from gflowspec.lang.settings.entries import COMMAND_LINE, Assignment
from gflowspec.lang.symbols import Kind, Symbol, Tables

KINDS = {"environment": Kind.ENVIRONMENT, "reward": Kind.REWARD}


@attrs.frozen(eq=False, repr=False)
class GivenArgument(Frozen):
    """An argument of the call in force."""

    value: ast.Expr
    name_span: Span
    source: str
    module: str


@attrs.define
class Target:
    """The call that ``environment`` or ``reward`` is set to.

    Attributes:
        kind: Which of the two.
        symbol: What is called; None while it is not set, or if it was reported.
        source: Where it was set.
        span: The call.
        arguments: Arguments by name; later layers replace single ones.
        reported: Whether the call itself was reported.
    """

    kind: Kind
    symbol: Symbol | None = None
    source: str = "default"
    span: Span | None = None
    arguments: dict[str, GivenArgument] = attrs.field(factory=dict)
    reported: bool = False
    _seen: dict[tuple[int, str], Span] = attrs.field(factory=dict)

    def assign(
        self, item: Assignment, layer: int, tables: Tables, bag: DiagnosticBag, *, once: bool
    ) -> None:
        """Apply ``environment = call`` or ``environment.name = value``."""
        if once:
            first = self._seen.setdefault((layer, item.text), item.span)
            if first is not item.span:
                bag.add(messages.set_twice(item.span, item.text, first))
                return
        if item.append:
            bag.add(messages.not_a_list(item.span, item.text))
        elif len(item.path) == 1:
            self._call(item, tables, bag)
        elif len(item.path) == 2:
            name = item.path[1]
            self.arguments[name.text] = GivenArgument(
                item.value, name.span, item.source, item.module
            )
        else:
            what = f"parameter `{item.path[1].text}`"
            extra = item.path[2]
            bag.add(messages.unknown_setting(extra.span, extra.text, what, ()))

    def _call(self, item: Assignment, tables: Tables, bag: DiagnosticBag) -> None:
        node = item.value
        while isinstance(node, ast.Group):
            node = node.inner
        call = node if isinstance(node, ast.Apply) else None
        place = call.function if call is not None else node
        parts = dotted(place)
        self.symbol, self.arguments, self.reported = None, {}, True
        self.source, self.span = item.source, node.span
        if parts is None:
            wanted = f"a call of {_article(self.kind)}"
            there = sorted(tables.of(item.module).names(self.kind))
            helps = tuple(f"write `{item.text} = {name}(...)`" for name in there[:1])
            bag.add(messages.wrong_value(node.span, item.text, wanted, helps))
            return
        symbol = tables.find(item.module, parts)
        if symbol is None:
            table = tables.of(item.module)
            if parts[0] not in table.broken:
                known = table.names(self.kind)
                name = ".".join(parts)
                bag.add(name_messages.undefined(place.span, self.kind.value, name, known))
            return
        if symbol.kind is not self.kind:
            found, wanted = symbol.kind.value, self.kind.value
            bag.add(name_messages.wrong_kind(place.span, ".".join(parts), found, wanted))
            return
        self.symbol, self.reported = symbol, False
        for argument in call.arguments if call is not None else ():
            self._argument(argument, item, bag)

    def _argument(self, argument: ast.Argument, item: Assignment, bag: DiagnosticBag) -> None:
        if argument.name is None:
            helps = (f"write `name = {argument.value.span.text}`",)
            wanted = "arguments by name"
            bag.add(messages.wrong_value(argument.span, item.text, wanted, helps))
            return
        name = argument.name.text
        if name in self.arguments:
            path = f"{item.text}.{name}"
            bag.add(messages.set_twice(argument.name.span, path, self.arguments[name].name_span))
            return
        source = item.source if item.source == COMMAND_LINE else str(argument.name.span)
        self.arguments[name] = GivenArgument(
            argument.value, argument.name.span, source, item.module
        )


def _article(kind: Kind) -> str:
    return f"{'an' if kind.value[0] in 'aeiou' else 'a'} {kind.value}"
