"""What the names of a file stand for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import attrs

from gflowspec.core.frozen import Frozen
from gflowspec.core.source import Span
from gflowspec.lang import ast


class Kind(Enum):
    """Kinds of top-level name; the value is what messages call it."""

    CONSTANT = "constant"
    PARAMETER = "parameter"
    ENUM = "enum"
    MEMBER = "member of an enum"
    TYPE = "type"
    FUNCTION = "function"
    DATA = "data table"
    EXTERN = "extern function"
    ENVIRONMENT = "environment"
    REWARD = "reward"
    EXPERIMENT = "experiment"
    SWEEP = "sweep"
    MODULE = "module"


#: Kinds that can stand in an expression as values.
VALUES = frozenset({Kind.CONSTANT, Kind.PARAMETER, Kind.MEMBER, Kind.DATA, Kind.ENUM})
#: Kinds that can be called in an expression.
CALLABLE = frozenset({Kind.FUNCTION, Kind.EXTERN})


@attrs.frozen(eq=False, repr=False)
class Symbol(Frozen):
    """A declaration.

    Attributes:
        name: Its name where it is declared.
        kind: What it is.
        node: The item that declares it; for a member, its enum.
        module: Key of the file that declares it; for ``MODULE``, the key of the imported file.
        span: The name in the declaration (for a name that was imported, there too).
    """

    name: str
    kind: Kind
    node: ast.Item
    module: str
    span: Span


@attrs.frozen(eq=False, repr=False)
class SymbolTable(Frozen):
    """All top-level names of one file, imported ones included.

    Attributes:
        module: Key of the file.
        symbols: What each name stands for.
        broken: Names whose declaration or import has been reported; nothing is said about them.
    """

    module: str
    symbols: Mapping[str, Symbol]
    broken: frozenset[str] = frozenset()

    def get(self, name: str) -> Symbol | None:
        """The symbol of a plain name."""
        return self.symbols.get(name)

    def names(self, *kinds: Kind) -> tuple[str, ...]:
        """Names of these kinds, or all."""
        return tuple(n for n, s in self.symbols.items() if not kinds or s.kind in kinds)


@attrs.frozen(eq=False, repr=False)
class Tables(Frozen):
    """The symbol tables of all files of a program, by module key."""

    by_module: Mapping[str, SymbolTable]

    def of(self, module: str) -> SymbolTable:
        """The table of a file."""
        return self.by_module[module]

    def find(self, module: str, parts: tuple[str, ...]) -> Symbol | None:
        """The symbol that ``a`` or ``m.a`` means in a file."""
        symbol = self.of(module).get(parts[0])
        for part in parts[1:]:
            if symbol is None or symbol.kind is not Kind.MODULE:
                return None
            symbol = self.of(symbol.module).get(part)
        return symbol


def declared(item: ast.Item, module: str) -> tuple[Symbol, ...]:
    """The names that an item other than an import declares."""
    kinds: Mapping[type[ast.Item], Kind] = {
        ast.Const: Kind.CONSTANT,
        ast.Enumeration: Kind.ENUM,
        ast.TypeAlias: Kind.TYPE,
        ast.Function: Kind.FUNCTION,
        ast.Data: Kind.DATA,
        ast.Extern: Kind.EXTERN,
        ast.Environment: Kind.ENVIRONMENT,
        ast.EnvironmentAlias: Kind.ENVIRONMENT,
        ast.Reward: Kind.REWARD,
        ast.RewardAlias: Kind.REWARD,
        ast.Experiment: Kind.EXPERIMENT,
        ast.Sweep: Kind.SWEEP,
    }
    if isinstance(item, ast.Param):
        name = item.declaration.name
        return (Symbol(name.text, Kind.PARAMETER, item, module, name.span),)
    kind = kinds.get(type(item))
    if kind is None:
        return ()
    name = item.name  # type: ignore[attr-defined]  # every class of the table has one
    found = [Symbol(name.text, kind, item, module, name.span)]
    if isinstance(item, ast.Enumeration):
        found += [Symbol(m.text, Kind.MEMBER, item, module, m.span) for m in item.members]
    return tuple(found)
