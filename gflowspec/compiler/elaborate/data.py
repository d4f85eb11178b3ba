"""``data`` declarations: a file becomes a constant."""

from __future__ import annotations

from pathlib import Path

from gflowspec.compiler.data.limits import MAX_ALL_VALUES
from gflowspec.compiler.data.problems import DataProblem, too_many_in_all
from gflowspec.compiler.data.read import Loaded, OtherHash, Selection, load
from gflowspec.compiler.elaborate import file_messages as said
from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.files import FileArguments, Lost, arguments_of_file, find_file
from gflowspec.compiler.elaborate.session import ERROR, Context
from gflowspec.compiler.elaborate.written import written_type
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    ErrorType,
    IntType,
    MapType,
    RealType,
    StringType,
    Type,
)
from gflowspec.ir.expr import Const, Expr, Table
from gflowspec.lang import ast
from gflowspec.lang.messages.hashes import other_hash
from gflowspec.lang.symbols import Symbol

#: Stands for the values of a file that is not here.
ABSENT = Const(type=ErrorType(), value=None)


def table_of(symbol: Symbol, context: Context) -> Expr:
    """The values of a ``data`` declaration, read once; poisoned where it was reported.

    The values of a file that is missing although its hash is known are poisoned too, and noted in
    ``session.unknown`` each time they are asked for: what depends on them is unknown, not wrong.
    """
    session, place = context.session, (symbol.module, symbol.name)
    if place not in session.constants:
        session.constants[place] = _read(symbol, Context(session, symbol.module))
    found = session.constants[place]
    if found is ABSENT:
        session.unknown.append(symbol.name)
    return found


def _read(symbol: Symbol, context: Context) -> Expr:
    node = symbol.node
    assert isinstance(node, ast.Data)
    declared = written_type(node.type, context)
    if isinstance(declared, ErrorType):
        return ERROR
    if not _is_tabular(declared):
        message = f"data cannot be {messages.named(declared)}"
        helps = ("it is a number, a bool, a member of an enum or text, or an array or map of them",)
        return context.report(messages.error("GFS120", message, node.type.span, helps=helps))
    if not isinstance(node.value, ast.FileRef):
        message = 'data is read from a file, as in `= file("name.csv")`'
        return context.report(messages.error("GFS120", message, node.value.span))
    arguments = arguments_of_file(node.value, context)
    path = Lost.REPORTED if arguments is None else find_file(node.value, arguments, context)
    if arguments is None or isinstance(path, Lost):
        return ABSENT if path is Lost.ABSENT else ERROR
    loaded = _load(node.value, path, declared, arguments, context)
    return ERROR if loaded is None else _constant(symbol, loaded)


def _constant(symbol: Symbol, loaded: Loaded) -> Expr:
    if isinstance(loaded.type, ArrayType | MapType):
        return Table(
            name=symbol.name,
            digest=loaded.digest,
            value=loaded.values,
            type=loaded.type,
            span=symbol.span,
        )
    return Const(type=loaded.type, value=loaded.values[0], span=symbol.span)


def _is_tabular(of: Type) -> bool:
    if isinstance(of, ArrayType):
        return isinstance(of.element, _SCALARS)
    if isinstance(of, MapType):
        return isinstance(of.value, _SCALARS)
    return isinstance(of, _SCALARS)


_SCALARS = (IntType, RealType, BoolType, EnumType, StringType)


def _load(
    ref: ast.FileRef, path: Path, declared: Type, arguments: FileArguments, context: Context
) -> Loaded | None:
    span = ref.path.span
    try:
        selection = Selection(**arguments.names, sha256=arguments.sha256)
        found = load(path, ref.path.value, declared, selection)
        context.session.table_values += len(found.values)
        if context.session.table_values > MAX_ALL_VALUES:
            raise too_many_in_all(MAX_ALL_VALUES)
    except OtherHash as other:
        written = arguments.sha256 or ""
        context.report(other_hash(arguments.sha256_span, written, str(other)))
        return None
    except DataProblem as problem:
        context.report(said.unusable(span, problem))
        return None
    if arguments.sha256 is None:
        context.report(said.not_pinned(ref, found.sha256))
    return found
