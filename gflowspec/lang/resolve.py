"""Top-level names: symbol tables, duplicates, imported names, ``extends`` and ``of``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag
from gflowspec.lang import ast
from gflowspec.lang.bodies import check_bodies
from gflowspec.lang.cycles import cycles
from gflowspec.lang.messages import names as messages
from gflowspec.lang.modules import LoadedModule, Program
from gflowspec.lang.symbols import Kind, Symbol, SymbolTable, Tables, declared


def resolve(program: Program) -> tuple[Tables, tuple[Diagnostic, ...]]:
    """Symbol tables of all files of a program, and everything that is wrong with their names."""
    bag = DiagnosticBag()
    own = {key: _own(module, bag) for key, module in program.modules.items()}
    tables = Tables({})
    # Imported files come first, so a name that is passed on is known when it is asked for.
    for key, module in program.modules.items():
        known = {**tables.by_module, key: own[key]}
        table = _with_imports(module, own[key], known, bag)
        tables = Tables({**tables.by_module, key: table})
    for key, module in program.modules.items():
        _check_module(key, module, tables, bag)
    return tables, bag.sorted()


def _check_module(key: str, module: LoadedModule, tables: Tables, bag: DiagnosticBag) -> None:
    edges = check_bodies(module.tree, key, tables, bag)
    for item in module.tree.items:
        if isinstance(item, ast.Experiment) and item.base is not None:
            target = _reference(item.base, Kind.EXPERIMENT, key, tables, bag)
            if target is not None:
                edges.setdefault(id(item), set()).add(id(target.node))
        if isinstance(item, ast.Sweep):
            _reference(item.base, Kind.EXPERIMENT, key, tables, bag)
    symbols = [
        symbol
        for symbol in tables.of(key).symbols.values()
        if symbol.module == key and symbol.kind is not Kind.MEMBER
    ]
    bag.extend(cycles(symbols, edges))


def _own(module: LoadedModule, bag: DiagnosticBag) -> SymbolTable:
    """What a file declares itself; of two equal names the first one stays."""
    symbols: dict[str, Symbol] = {}
    for item in module.tree.items:
        for symbol in declared(item, module.key):
            _enter(symbol, symbols, bag)
    return SymbolTable(module.key, symbols)


def _enter(symbol: Symbol, symbols: dict[str, Symbol], bag: DiagnosticBag) -> None:
    first = symbols.setdefault(symbol.name, symbol)
    if first is not symbol:
        bag.add(messages.duplicate(symbol.span, symbol.name, first.span, "this file"))


def _with_imports(
    module: LoadedModule,
    own: SymbolTable,
    known: Mapping[str, SymbolTable],
    bag: DiagnosticBag,
) -> SymbolTable:
    symbols = dict(own.symbols)
    broken = set(module.broken)
    for item in module.tree.items:
        if not isinstance(item, ast.ImportModule | ast.ImportNames):
            continue
        names = (item.alias,) if isinstance(item, ast.ImportModule) else item.names
        key = module.imports.get(item.path.value)
        if key is None:
            broken.update(name.text for name in names)
        elif isinstance(item, ast.ImportModule):
            symbol = Symbol(item.alias.text, Kind.MODULE, item, key, item.alias.span)
            _import(item.alias, symbol, symbols, bag)
        else:
            broken |= _import_names(item, known[key], symbols, bag)
    return SymbolTable(own.module, symbols, frozenset(broken) - symbols.keys())


def _import_names(
    item: ast.ImportNames, table: SymbolTable, symbols: dict[str, Symbol], bag: DiagnosticBag
) -> set[str]:
    """Enter the imported names; returns those that the file does not have."""
    missing = set()
    for name in item.names:
        found = table.get(name.text)
        if found is not None:
            _import(name, found, symbols, bag)
            continue
        missing.add(name.text)
        if name.text not in table.broken:
            what = f'name in "{item.path.value}":'
            bag.add(messages.unknown_choice(name.span, what, name.text, table.names()))
    return missing


def _import(name: ast.Name, symbol: Symbol, symbols: dict[str, Symbol], bag: DiagnosticBag) -> None:
    first = symbols.setdefault(name.text, symbol)
    if first is not symbol:
        bag.add(messages.duplicate(name.span, name.text, first.span, "this file"))


def _reference(
    name: ast.Dotted, kind: Kind, key: str, tables: Tables, bag: DiagnosticBag
) -> Symbol | None:
    symbol = tables.find(key, tuple(part.text for part in name.parts))
    if symbol is None:
        if name.parts[0].text in tables.of(key).broken:
            return None
        candidates: Iterable[str] = tables.of(key).names(kind)
        bag.add(messages.undefined(name.span, kind.value, name.text, candidates))
        return None
    if symbol.kind is not kind:
        bag.add(messages.wrong_kind(name.span, name.text, symbol.kind.value, kind.value))
        return None
    return symbol
